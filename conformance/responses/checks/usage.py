"""Token counts (SDK: ResponseUsage)."""

from __future__ import annotations

from typing import Any

from conformance.common.exchange import MISSING, is_integer, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.stream import Stream

_COUNTS = ("input_tokens", "output_tokens", "total_tokens")
_DETAILS = (
    ("input_tokens", "cached_tokens"),
    ("input_tokens", "cache_write_tokens"),
    ("output_tokens", "reasoning_tokens"),
)


@check("responses.usage.present", SHOULD)
def present(answer: Plain) -> None:
    """API reference: `usage` tells the tokens of a response; Codex decides by it when to compact."""
    assert isinstance(answer.pick("usage"), dict), f"`usage` is {answer.pick('usage')!r}"


@check("responses.usage.counts", MUST)
def counts(answer: Plain) -> None:
    """SDK: ResponseUsage has input_tokens, output_tokens and total_tokens, all int, if there is one."""
    usage = answer.pick("usage")
    found = [(name, pick(usage, name)) for name in _COUNTS if usage not in (None, MISSING)]

    assert [] == [(name, count) for name, count in found if not is_integer(count) or count < 0]


@check("responses.usage.sum", SHOULD)
def total(answer: Plain) -> None:
    """API reference: `total_tokens` is the number of tokens used, input + output."""
    read, written, both = (answer.pick("usage", name) for name in _COUNTS)

    assert not all(map(is_integer, (read, written, both))) or both == read + written


@check("responses.usage.details", MUST)
def details(answer: Plain) -> None:
    """SDK: the details are required, with cached, written and reasoning tokens, each a part of its count."""
    usage = answer.pick("usage")
    found = [(part, pick(usage, f"{whole}_details", part), pick(usage, whole)) for whole, part in _DETAILS]

    assert [] == [each for each in found if isinstance(usage, dict) and not _fits(each[1], each[2])]


@check("responses.usage.exact", SHOULD, "has-usage")
def exact(answer: Plain) -> None:
    """The input's tokens include what was read from a cache and written to one: clients subtract both."""
    assert {} == _differing(answer.expect.usage, answer.pick("usage"))


@check("responses.usage.stream", SHOULD)
def at_the_end(stream: Stream) -> None:
    """API reference, example: `usage` is null until the end, and told with it."""
    begun = [pick(event, "response", "usage") for event in stream.of("response.created", "response.in_progress")]

    assert [] == [usage for usage in begun if usage not in (None, MISSING)]
    assert isinstance(stream.response.pick("usage"), dict), f"`usage` is {stream.response.pick('usage')!r}"


def _fits(count: Any, whole: Any) -> bool:
    return is_integer(count) and count >= 0 and not (is_integer(whole) and count > whole)


def _differing(wanted: Any, usage: Any) -> dict[str, Any]:
    """Return what differs from the expected usage; more fields than expected are fine."""
    differing: dict[str, Any] = {}
    for name, value in wanted.items():
        told = pick(usage, name)
        if isinstance(value, dict):
            differing |= _differing(value, told)
        elif told != value:
            differing[name] = told
    return differing
