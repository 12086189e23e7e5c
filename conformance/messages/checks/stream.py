"""The events of a stream, in their order (API reference, "Streaming messages", "Event types")."""

from __future__ import annotations

from typing import Any

from conformance.common.exchange import MISSING, is_integer, is_text, pick, without
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.checks.answer import STOP_REASONS
from conformance.messages.fold import DELTAS, fold
from conformance.messages.subjects.answer import wanted
from conformance.messages.subjects.stream import Stream

_EVENTS = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"]
_FITTING = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "tool_use": {"input_json_delta"},
    "redacted_thinking": set[str](),
}


@check("messages.stream.known-events", SHOULD)
def known_events(stream: Stream) -> None:
    """SDK: events of other types fail its validation; new ones come with the API, and not of a server's own."""
    assert [] == without(stream.types, [*_EVENTS, "message_stop"])


@check("messages.stream.start", MUST)
def start(stream: Stream) -> None:
    """API reference: a stream begins with `message_start`, once; the SDK raises on anything before it."""
    assert ("message_start", 1) == (stream.types[0], stream.types.count("message_start"))


@check("messages.stream.start-message", MUST)
def start_message(stream: Stream) -> None:
    """SDK: `message_start` has a Message with id, type, role and model, no content and no reason to stop yet."""
    message = pick(stream.events[0], "message")
    named = [is_text(pick(message, name)) for name in ("id", "model")]

    assert (True, True, "message", "assistant") == (*named, pick(message, "type"), pick(message, "role"))
    assert [] == pick(message, "content")
    assert pick(message, "stop_reason") in (None, MISSING)


@check("messages.stream.index", MUST)
def index(stream: Stream) -> None:
    """SDK: blocks are numbered from 0 without gaps: `.stream()` raises IndexError otherwise."""
    started = [at for at, event in stream.block_events if event["type"] == "content_block_start"]

    assert list(range(len(started))) == started


@check("messages.stream.blocks-in-order", MUST)
def blocks_in_order(stream: Stream) -> None:
    """API reference: a block starts, has its deltas and stops before the next one starts; all carry its index."""
    assert [] == _out_of_order(stream)


@check("messages.stream.deltas-fit", MUST)
def deltas_fit(stream: Stream) -> None:
    """SDK: a delta is of its block's kind: `.stream()` leaves out text that comes for a call."""
    assert [] == _unfitting(stream)


@check("messages.stream.deltas-typed", MUST)
def deltas_typed(stream: Stream) -> None:
    """SDK: the pieces of text, thinking, signatures and inputs are strings."""
    deltas = [pick(event, "delta") for event in stream.of("content_block_delta")]
    known = [delta for delta in deltas if pick(delta, "type") in DELTAS and pick(delta, "type") != "citations_delta"]

    assert [] == [delta for delta in known if not isinstance(pick(delta, DELTAS[delta["type"]]), str)]


@check("messages.stream.starts-empty", MUST)
def starts_empty(stream: Stream) -> None:
    """API reference: a block starts empty; programs that add up deltas alone lose what stands in its start."""
    started = [pick(event, "content_block") for event in stream.of("content_block_start")]

    assert [] == [block for block in started if pick(block, "text") or pick(block, "thinking") or pick(block, "input")]


@check("messages.stream.signed", MUST, "has-reasoning")
def signed(stream: Stream) -> None:
    """API reference, "Extended thinking": a `signature_delta` ends a thought; without it the API refuses it later."""
    thoughts = [block for block in stream.message.content if block.get("type") == "thinking"]

    assert [] == [block for block in thoughts if not block.get("signature")]


@check("messages.stream.delta", MUST)
def delta(stream: Stream) -> None:
    """API reference: one `message_delta` with the stop reason follows the last block."""
    kinds = [kind for kind in stream.types if kind in _EVENTS]

    assert ("message_delta", 1) == (kinds[-1], kinds.count("message_delta"))


@check("messages.stream.stop-reason", MUST)
def stop_reason(stream: Stream) -> None:
    """SDK: the stop reason in `message_delta` is one of the API's names; with null a broken answer looks whole."""
    assert stream.message.stop_reason in STOP_REASONS


@check("messages.stream.stop", MUST)
def stop(stream: Stream) -> None:
    """API reference: `message_stop` comes once and last; without it clients wait, or take what came for everything."""
    assert ("message_stop", 1) == (stream.types[-1], stream.types.count("message_stop"))


@check("messages.stream.content", MUST, "has-blocks")
def content(stream: Stream) -> None:
    """The events add up to the model's answer, block for block."""
    assert list(wanted(stream).blocks or ()) == stream.message.content


@check("messages.stream.same-as-plain", MUST, "has-blocks")
def same_as_plain(stream: Stream) -> None:
    """A stream and a plain message say the same, to the last field."""
    plain: Any = stream.plain.json()
    told = fold(stream.events)

    assert [pick(plain, name) for name in ("content", "stop_reason", "stop_sequence")] == [
        told.content,
        told.stop_reason,
        told.stop_sequence,
    ]


def _out_of_order(stream: Stream) -> list[Any]:
    """Return the block events that do not belong where they stand."""
    wrong, open_block = [], None
    for at, event in stream.block_events:
        starts = event["type"] == "content_block_start"
        if starts != (open_block is None) or not is_integer(at) or (not starts and at != open_block):
            wrong.append(event)
        open_block = at if starts else None if event["type"] == "content_block_stop" else open_block
    return wrong + ([] if open_block is None else [f"block {open_block} never stops"])


def _unfitting(stream: Stream) -> list[Any]:
    kinds = {at: pick(event, "content_block", "type") for at, event in stream.block_events if "content_block" in event}
    deltas = [(kinds.get(at), pick(event, "delta", "type")) for at, event in stream.block_events if "delta" in event]
    return [(kind, delta) for kind, delta in deltas if kind in _FITTING and delta not in _FITTING[str(kind)]]
