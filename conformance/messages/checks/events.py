"""A stream as bytes: the checks that all APIs share, and what is Anthropic's own: each event has a name."""

from __future__ import annotations

from conformance.common import framing
from conformance.common.exchange import is_text, pick
from conformance.common.registry import MUST, SHOULD, adopt, check
from conformance.common.sse import Block
from conformance.messages.subjects.stream import Stream

# What these say is OpenAI's: another header, no names, no pings, and `[DONE]`.
_OPENAIS = {f"events.{name}" for name in ("request-id", "data", "one-line", "json", "no-error", "done", "done-last")}

adopt(framing.__name__, Stream, "messages.", without=_OPENAIS)


@check("messages.events.request-id", SHOULD)
def request_id(stream: Stream) -> None:
    """API reference, "Request id": every response has a `request-id` header, streamed or not."""
    assert stream.header("request-id"), "no `request-id` header"


@check("messages.events.json", MUST)
def are_json(stream: Stream) -> None:
    """API reference, "Streaming messages": each event has a JSON object as its data."""
    assert [] == [said for said in stream.payloads if not isinstance(said, dict)]


@check("messages.events.named", MUST)
def named(stream: Stream) -> None:
    """API reference: each event has a name; without it anthropic-python yields nothing, and raises nothing."""
    names = [next((value for name, value in block.fields if name == "event"), None) for block in stream.blocks]
    data = [block.data for block in stream.blocks]
    unnamed = [text for name, text in zip(names, data, strict=True) if text and not is_text(name)]

    assert [] == unnamed[:3]


@check("messages.events.name-fits", MUST)
def name_fits(stream: Stream) -> None:
    """API reference: the name of an event is the `type` in its data; clients look at the one or the other."""
    pairs = [
        (dict(block.fields).get("event"), pick(said, "type"))
        for block, said in zip((each for each in stream.blocks if _is_json(each)), stream.payloads, strict=True)
    ]

    assert [] == [(name, kind) for name, kind in pairs if name is not None and name != kind]


@check("messages.events.one-line", SHOULD)
def on_one_line(stream: Stream) -> None:
    """The API sends each event as one `event:` and one `data:` line, and many clients split the stream by lines."""
    names = [[name for name, _ in block.fields] for block in stream.blocks]

    assert [] == [told for told in names if told.count("data") > 1]


@check("messages.events.no-error", MUST)
def no_error(stream: Stream) -> None:
    """SDK: an `error` event raises APIStatusError; a message that ended well has none."""
    assert [] == [said for said in stream.payloads if pick(said, "type") == "error"]


@check("messages.events.no-done", SHOULD)
def no_done(stream: Stream) -> None:
    """`data: [DONE]` is OpenAI's: `message_stop` ends a message."""
    assert 0 == stream.data.count("[DONE]")


def _is_json(block: Block) -> bool:
    return block.data not in (None, "[DONE]")
