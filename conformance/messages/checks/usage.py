"""Token counts, in plain messages and in streams (SDK: Usage, MessageDeltaUsage)."""

from __future__ import annotations

from typing import Any

from conformance.common.exchange import MISSING, is_integer, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.answer import Plain
from conformance.messages.subjects.stream import Stream

_DUE = ("input_tokens", "output_tokens")
_CACHE = ("cache_creation_input_tokens", "cache_read_input_tokens")


@check("messages.usage.counts", MUST)
def counts(answer: Plain) -> None:
    """SDK: Usage.input_tokens and output_tokens are required int; strict clients refuse a message without them."""
    assert [] == _wrong(answer.pick("usage"), _DUE)


@check("messages.usage.cache", MUST)
def cache(answer: Plain) -> None:
    """SDK: the counts of the cache are ints, null or absent; they are no part of `input_tokens`."""
    assert [] == _wrong(answer.pick("usage"), _CACHE, optional=True)


@check("messages.usage.exact", SHOULD, "has-usage")
def exact(answer: Plain) -> None:
    """All counts are the API's own: of the cache and how long it keeps what was written, the service tier, thinking."""
    assert {} == _differing(answer.expect.usage, answer.pick("usage"))


@check("messages.usage-stream.start", MUST)
def start(stream: Stream) -> None:
    """SDK: the `usage` in `message_start` has input_tokens and output_tokens, both int."""
    assert [] == _wrong(pick(stream.of("message_start"), 0, "message", "usage"), _DUE)


@check("messages.usage-stream.end", MUST)
def end(stream: Stream) -> None:
    """API reference: the `usage` of `message_delta` has output_tokens, and its counts are cumulative."""
    assert [] == _wrong(pick(stream.of("message_delta"), -1, "usage"), ("output_tokens",))


@check("messages.usage-stream.exact", SHOULD, "has-usage")
def stream_exact(stream: Stream) -> None:
    """A stream counts as the plain message does."""
    assert {} == _differing(stream.expect.usage, stream.message.usage)


def _wrong(usage: Any, names: tuple[str, ...], *, optional: bool = False) -> list[tuple[str, Any]]:
    """Return the counts that are no natural numbers."""
    found = [(name, pick(usage, name)) for name in names]
    found = [(name, count) for name, count in found if not (optional and count in (None, MISSING))]
    return [(name, count) for name, count in found if not is_integer(count) or count < 0]


def _differing(wanted: Any, usage: Any) -> dict[str, Any]:
    """Return what differs from the expected usage; more fields than expected are fine."""
    return {name: pick(usage, name) for name, value in wanted.items() if pick(usage, name) != value}
