"""Token counts, in plain answers and at the end of streams (SDK: CompletionUsage)."""

from __future__ import annotations

from typing import Any

from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.stream import Counted
from conformance.common.exchange import MISSING, is_integer, pick
from conformance.common.registry import MUST, SHOULD, check

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_DETAILS = ("prompt_tokens_details", "completion_tokens_details")


@check("usage.present", SHOULD)
def present(answer: Plain) -> None:
    """API reference: `usage` tells the tokens of the request; strict clients (Zed) refuse a plain answer without it."""
    assert isinstance(answer.pick("usage"), dict), f"`usage` is {answer.pick('usage')!r}"


@check("usage.counts", MUST)
def counts(answer: Plain) -> None:
    """SDK: CompletionUsage has prompt_tokens, completion_tokens and total_tokens, all int, if there is one."""
    assert [] == _wrong_counts(answer.pick("usage"))


@check("usage.sum", SHOULD)
def total(answer: Plain) -> None:
    """API reference: `total_tokens` is the number of tokens of the request, prompt + completion."""
    assert 0 == _surplus(answer.pick("usage"))


@check("usage.details", SHOULD)
def details(answer: Plain) -> None:
    """SDK: the `*_tokens_details` hold ints, each a part of the count that they belong to."""
    assert [] == _wrong_details(answer.pick("usage"))


@check("usage.exact", SHOULD, "has-usage")
def exact(answer: Plain) -> None:
    """The prompt's tokens include what was read from a cache and written to one: clients subtract `cached_tokens`."""
    assert {} == _differing(answer.expect.usage, answer.pick("usage"))


@check("usage-stream.once", MUST)
def once(stream: Counted) -> None:
    """API reference, `stream_options`: with include_usage one additional chunk has the usage, and no other."""
    assert 1 == len(stream.usages)


@check("usage-stream.no-choices", MUST)
def no_choices(stream: Counted) -> None:
    """API reference: in the usage chunk `choices` is an empty array; with choices LangChain.js counts it twice."""
    lists = [choices for choices, usage in zip(stream.each("choices"), stream.each("usage"), strict=True) if usage]

    assert [] == [choices for choices in lists if choices != []]


@check("usage-stream.last", MUST)
def last(stream: Counted) -> None:
    """API reference: the usage chunk comes before `[DONE]`; `.stream()` takes the usage of the last chunk alone."""
    assert isinstance(stream.each("usage")[-1], dict), "the last chunk has no usage"


@check("usage-stream.null-before", SHOULD)
def null_before(stream: Counted) -> None:
    """API reference: all other chunks include a `usage` field too, with a null value."""
    assert [] == [usage for usage in stream.each("usage")[:-1] if usage is not None]


@check("usage-stream.counts", MUST)
def stream_counts(stream: Counted) -> None:
    """SDK: CompletionUsage has prompt_tokens, completion_tokens and total_tokens, all int."""
    assert [] == _wrong_counts(stream.usage)


@check("usage-stream.sum", SHOULD)
def stream_total(stream: Counted) -> None:
    """API reference: `total_tokens` is the number of tokens of the request, prompt + completion."""
    assert 0 == _surplus(stream.usage)


@check("usage-stream.details", SHOULD)
def stream_details(stream: Counted) -> None:
    """SDK: the `*_tokens_details` hold ints, each a part of the count that they belong to."""
    assert [] == _wrong_details(stream.usage)


@check("usage-stream.exact", SHOULD, "has-usage")
def stream_exact(stream: Counted) -> None:
    """A stream counts as the plain answer does."""
    assert {} == _differing(stream.expect.usage, stream.usage)


@check("usage-stream.finish-reason", MUST)
def still_finishes(stream: Counted) -> None:
    """Asking for usage changes nothing else: exactly one choice still tells why the answer ended."""
    assert 1 == sum(choice.get("finish_reason") is not None for choice in stream.choices)


def _wrong_counts(usage: Any) -> list[tuple[str, Any]]:
    """Return the counts that are no natural numbers; none if there is no usage, which is another check's business."""
    if usage in (None, MISSING):
        return []
    found = [(name, pick(usage, name)) for name in _COUNTS]
    return [(name, count) for name, count in found if not is_integer(count) or count < 0]


def _surplus(usage: Any) -> int:
    """Return by how much the total exceeds its parts; nothing if they are no numbers."""
    prompt, completion, total = (pick(usage, name) for name in _COUNTS)
    return total - prompt - completion if all(map(is_integer, (prompt, completion, total))) else 0


def _wrong_details(usage: Any) -> list[tuple[str, Any]]:
    """Return the details that are no numbers, or more than the count that they are a part of."""
    wrong: list[tuple[str, Any]] = []
    for name in _DETAILS:
        whole, parts = pick(usage, name.removesuffix("_details")), pick(usage, name)
        if isinstance(parts, dict):
            wrong += [(part, count) for part, count in parts.items() if count is not None and not _fits(count, whole)]
    return wrong


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
