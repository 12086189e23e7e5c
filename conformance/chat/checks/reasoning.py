"""The model's thinking, in the field that most clients read: `reasoning_content` (DeepSeek, llama.cpp, Cline, Zed)."""

from __future__ import annotations

from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.stream import Stream
from conformance.common.exchange import MISSING, is_integer
from conformance.common.registry import MUST, SHOULD, check


@check("reasoning.whole", MUST, "has-reasoning")
def whole(answer: Plain) -> None:
    """The thinking is in the message's `reasoning_content`, whole."""
    assert answer.expect.reasoning == answer.message("reasoning_content")


@check("reasoning.apart", MUST, "has-reasoning")
def apart(answer: Plain) -> None:
    """Thinking is not the answer: `content` is free of it, and of tags around it."""
    content = str(answer.message("content"))

    assert [] == [word for word in (answer.expect.reasoning, "<think") if word and word in content]


@check("reasoning.counted", SHOULD, "has-reasoning")
def counted(answer: Plain) -> None:
    """API reference: `completion_tokens_details.reasoning_tokens` says how much of the answer was thinking.

    An answer that is cut at a stop sequence may end before anybody has counted.
    """
    told = answer.pick("usage", "completion_tokens_details", "reasoning_tokens")
    count = told if is_integer(told) else 0

    assert count > 0 or "stop" in answer.exchange.request, f"`reasoning_tokens` is {told!r}"


@check("reasoning.stream", MUST, "has-reasoning")
def stream_whole(stream: Stream) -> None:
    """The pieces of `reasoning_content` add up to the thinking."""
    assert stream.expect.reasoning == stream.text("reasoning_content")


@check("reasoning.stream-apart", MUST, "has-reasoning")
def stream_apart(stream: Stream) -> None:
    """No delta carries both, and the text is free of thinking."""
    both = [delta for delta in stream.deltas if delta.get("reasoning_content") and delta.get("content")]

    assert [] == both + [word for word in (stream.expect.reasoning, "<think") if word and word in stream.text()]


@check("reasoning.stream-first", SHOULD, "has-reasoning")
def stream_first(stream: Stream) -> None:
    """Thinking begins before the text: programs close the display of it when text arrives."""
    keys = [key for delta in stream.deltas for key in ("reasoning_content", "content") if delta.get(key)]

    assert "reasoning_content" == next(iter(keys), MISSING)
