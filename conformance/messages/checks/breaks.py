"""Streams that begin well and cannot be finished: no client may take them for a short message."""

from __future__ import annotations

import anthropic

from conformance.common.exchange import is_text, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.breaks import BrokenOff

_FACES = ("stream", "async-stream", "helper", "async-helper")


@check("messages.break.status", MUST)
def status(stream: BrokenOff) -> None:
    """The text that came before the failure is not lost: the stream has begun, with status 200."""
    assert 200 == stream.exchange.status, stream.exchange.text


@check("messages.break.content", MUST)
def content(stream: BrokenOff) -> None:
    """What the model wrote before the failure arrives, and the error message is no part of it."""
    assert stream.expect.content == "".join(str(block.get("text", "")) for block in stream.message.content)


@check("messages.break.error", MUST)
def error(stream: BrokenOff) -> None:
    """API reference, "Error events": an event named `error` tells of a failure; a silent end looks like success."""
    named = [block for block in stream.blocks if dict(block.fields).get("event") == "error"]

    assert (1, 1) == (len(stream.errors), len(named))


@check("messages.break.envelope", MUST)
def envelope(stream: BrokenOff) -> None:
    """API reference: its data is the envelope of all errors, with a type and a message."""
    told = pick(stream.payloads, -1)

    assert "error" == pick(told, "type")
    assert is_text(pick(told, "error", "type")), f"`error.type` is {pick(told, 'error', 'type')!r}"
    assert is_text(pick(told, "error", "message")), f"`error.message` is {pick(told, 'error', 'message')!r}"


@check("messages.break.no-stop", MUST)
def no_stop(stream: BrokenOff) -> None:
    """`message_stop` says that the message is whole, and so does a stop reason."""
    assert 0 == stream.types.count("message_stop")
    assert stream.message.stop_reason is None


@check("messages.break.last", MUST)
def last(stream: BrokenOff) -> None:
    """Nothing follows the error: the SDK raises when it arrives."""
    assert pick(stream.payloads, -1, "error"), f"the last event is {pick(stream.payloads, -1)!r}"


@check("messages.break.not-cut", SHOULD)
def not_cut(stream: BrokenOff) -> None:
    """The server closes the body properly: what is wrong stands in the error."""
    assert not stream.exchange.cut, "the connection was cut"


@check("messages.break.sdk-raises", MUST)
def sdk_raises(stream: BrokenOff) -> None:
    """anthropic-python: reading the stream raises APIStatusError, by every face, sync and async."""
    raised = {face: stream.raised(face) for face in _FACES}

    assert {} == {face: told for face, told in raised.items() if not isinstance(told, anthropic.APIStatusError)}
