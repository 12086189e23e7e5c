"""A stream as bytes: the checks that all APIs share, and what is the Responses API's own."""

from __future__ import annotations

from conformance.common import framing
from conformance.common.registry import MUST, SHOULD, adopt, check
from conformance.responses.subjects.stream import Stream

# Each event has its type in a line of its own, and OpenAI's streams do not end in `[DONE]`.
adopt(framing.__name__, Stream, "responses.", without={"events.one-line", "events.done", "events.done-last"})


@check("responses.events.named", SHOULD)
def named(stream: Stream) -> None:
    """Open Responses, "Streaming": the field `event` is the `type` of the data."""
    names = [dict(block.fields).get("event") for block in stream.blocks if block.data not in (None, "[DONE]")]

    assert stream.types == names


@check("responses.events.nothing-after-the-end", MUST)
def nothing_after_the_end(stream: Stream) -> None:
    """Where a stream ends in `[DONE]`, nothing follows it: clients read no further."""
    assert [] == ["[DONE]" for text in stream.data[:-1] if text == "[DONE]"]
