"""Streams that begin well and cannot be finished: no client may take them for a short answer."""

from __future__ import annotations

import openai

from conformance.common.exchange import Missing, is_text, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.breaks import BrokenOff

_FACES = ("stream", "async-stream", "helper", "async-helper")
_FIELDS = ("code", "message", "param")


@check("responses.break.status", MUST)
def status(stream: BrokenOff) -> None:
    """The text that came before the failure is not lost: the stream has begun, with status 200."""
    assert 200 == stream.exchange.status, stream.exchange.text


@check("responses.break.content", MUST)
def content(stream: BrokenOff) -> None:
    """What the model wrote before the failure arrives, and the error message is no part of it."""
    assert stream.expect.content == stream.text()


@check("responses.break.error", MUST)
def error(stream: BrokenOff) -> None:
    """API reference, "Streaming events": `error` tells of a failure; a silent end is taken for success."""
    assert 1 == len(stream.of("error"))


@check("responses.break.error-fields", MUST)
def error_fields(stream: BrokenOff) -> None:
    """SDK: ResponseErrorEvent has a message, and code and param, each a str or null."""
    assert is_text(stream.error("message")), f"`message` is {stream.error('message')!r}"
    assert [] == [stream.error(name) for name in _FIELDS if not isinstance(stream.error(name), str | None)]


@check("responses.break.error-object", MUST)
def error_object(stream: BrokenOff) -> None:
    """openai-node and LangChain.js raise for an event that has an `error` object, and for no other."""
    assert stream.error("message") == stream.error("error", "message")


@check("responses.break.failed", MUST)
def failed(stream: BrokenOff) -> None:
    """Open Responses: an error is followed by `response.failed`; for Codex and the AI SDK it alone is a failure."""
    assert "response.failed" == stream.types[-1]


@check("responses.break.failed-response", MUST)
def failed_response(stream: BrokenOff) -> None:
    """API reference: the status of a failed response is `failed`, and its `error` has a code and a message."""
    assert "failed" == stream.failed("status")
    assert is_text(stream.failed("error", "code")), stream.failed("error")
    assert is_text(stream.failed("error", "message")), stream.failed("error")


@check("responses.break.no-end", MUST)
def no_end(stream: BrokenOff) -> None:
    """`response.completed` says that the answer is whole, `response.incomplete` that its end is known."""
    assert [] == stream.of("response.completed", "response.incomplete")


@check("responses.break.no-done", SHOULD)
def no_done(stream: BrokenOff) -> None:
    """`[DONE]` says that a stream ended well; clients that look for it alone would not see the failure."""
    assert 0 == stream.data.count("[DONE]")


@check("responses.break.numbers", MUST)
def numbers(stream: BrokenOff) -> None:
    """SDK: `sequence_number` is required, and goes on to the end."""
    assert list(range(len(stream.events))) == [event.get("sequence_number") for event in stream.events]


@check("responses.break.half-calls", MUST)
def half_calls(stream: BrokenOff) -> None:
    """Clients run what is done: a call that broke off is neither done nor in the failed response."""
    done = [event.get("item") for event in stream.of("response.output_item.done")]

    told = stream.failed("output") or ()

    assert [] == [pick(item, "type") for item in told if item not in done]


@check("responses.break.whole", MUST)
def whole(stream: BrokenOff) -> None:
    """HTML standard: a blank line ends an event; an error that it does not follow is never seen."""
    assert [] == [block.lines for block in stream.blocks if not block.whole]


@check("responses.break.not-cut", SHOULD)
def not_cut(stream: BrokenOff) -> None:
    """The server closes the body properly: what is wrong stands in the error."""
    assert not stream.exchange.cut, "the connection was cut"


@check("responses.break.sdk-raises", MUST)
def sdk_raises(stream: BrokenOff) -> None:
    """openai-python: reading the stream raises APIError, by every face, sync and async."""
    raised = {face: stream.raised(face) for face in _FACES}

    assert {} == {face: error for face, error in raised.items() if type(error) is not openai.APIError}


@check("responses.break.sdk-message", MUST)
def sdk_message(stream: BrokenOff) -> None:
    """openai-python: the exception has the server's message and code."""
    raised = stream.raised("stream")
    code = stream.error("code")

    assert str(stream.error("message")) in str(raised)
    assert isinstance(code, Missing) or code == getattr(raised, "code", None)
