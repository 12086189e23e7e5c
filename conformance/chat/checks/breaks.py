"""Streams that begin well and cannot be finished: no client may take them for a short answer."""

from __future__ import annotations

import openai

from conformance.chat.subjects.breaks import BrokenOff
from conformance.common.exchange import Missing, is_text
from conformance.common.registry import MUST, SHOULD, check

_FACES = ("stream", "async-stream", "helper", "async-helper")


@check("break.status", MUST)
def status(stream: BrokenOff) -> None:
    """The text that came before the failure is not lost: the stream has begun, with status 200."""
    assert 200 == stream.exchange.status, stream.exchange.text


@check("break.content", MUST)
def content(stream: BrokenOff) -> None:
    """What the model wrote before the failure arrives, and the error message is no part of it."""
    assert stream.expect.content == stream.text()


@check("break.error", MUST)
def error(stream: BrokenOff) -> None:
    """SDK: an event with an `error` object tells of a failure; a silent end is taken for success."""
    assert 1 == len(stream.errors)


@check("break.message", MUST)
def message(stream: BrokenOff) -> None:
    """SDK: `error.message` becomes the exception's text."""
    assert is_text(stream.error("message")), f"`message` is {stream.error('message')!r}"


@check("break.type", SHOULD)
def kind(stream: BrokenOff) -> None:
    """OpenAI's OpenAPI document: an error object has a `type`, in a stream too."""
    assert is_text(stream.error("type")), f"`type` is {stream.error('type')!r}"


@check("break.code", MUST)
def code(stream: BrokenOff) -> None:
    """OpenAI's OpenAPI document: `code` is a string or null, in a stream too; a number breaks typed clients."""
    assert isinstance(stream.error("code"), str | None | Missing), f"`code` is {stream.error('code')!r}"


@check("break.no-finish-reason", MUST)
def no_finish_reason(stream: BrokenOff) -> None:
    """A finish reason says that the answer is whole."""
    assert [] == [choice["finish_reason"] for choice in stream.choices if choice.get("finish_reason") is not None]


@check("break.no-done", SHOULD)
def no_done(stream: BrokenOff) -> None:
    """`[DONE]` says that a stream ended well; clients that look for it alone would not see the failure."""
    assert 0 == stream.data.count("[DONE]")


@check("break.last", MUST)
def last(stream: BrokenOff) -> None:
    """Nothing follows the error: the SDK raises when it arrives."""
    assert stream.payloads[-1:] == [{"error": error} for error in stream.errors[-1:]], "the error is not the last event"


@check("break.whole", MUST)
def whole(stream: BrokenOff) -> None:
    """HTML standard: a blank line ends an event; an error that it does not follow is never seen."""
    assert [] == [block.lines for block in stream.blocks if not block.whole]


@check("break.not-cut", SHOULD)
def not_cut(stream: BrokenOff) -> None:
    """The server closes the body properly: what is wrong stands in the error."""
    assert not stream.exchange.cut, "the connection was cut"


@check("break.sdk-raises", MUST)
def sdk_raises(stream: BrokenOff) -> None:
    """openai-python: reading the stream raises APIError, by every face, sync and async."""
    raised = {face: stream.raised(face) for face in _FACES}

    assert {} == {face: error for face, error in raised.items() if type(error) is not openai.APIError}


@check("break.sdk-message", MUST)
def sdk_message(stream: BrokenOff) -> None:
    """openai-python: the exception has the server's message and code."""
    raised = stream.raised("stream")

    assert (stream.error("message"), stream.error("code")) == (str(raised), getattr(raised, "code", None))
