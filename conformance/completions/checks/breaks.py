"""Streams that begin well and cannot be finished: no client may take them for a short answer."""

from __future__ import annotations

import openai

from conformance.common.exchange import is_text, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.completions.checks.answer import told
from conformance.completions.subjects.stream import BrokenOff


@check("completions.break.content", MUST)
def content(stream: BrokenOff) -> None:
    """What the model wrote before the failure arrives, and the error message is no part of it."""
    assert stream.expect.content == stream.text


@check("completions.break.error", MUST)
def error(stream: BrokenOff) -> None:
    """SDK: an event with an `error` object tells of a failure, and comes last; a silent end is taken for success."""
    assert is_text(pick(stream.payloads, -1, "error", "message")), f"the last event is {pick(stream.payloads, -1)!r}"


@check("completions.break.no-finish-reason", MUST)
def no_finish_reason(stream: BrokenOff) -> None:
    """A finish reason says that the answer is whole."""
    assert [] == [reason for reason in stream.finish_reasons if told(reason)]


@check("completions.break.no-done", SHOULD)
def no_done(stream: BrokenOff) -> None:
    """`[DONE]` says that a stream ended well; clients that look for it alone would not see the failure."""
    assert 0 == stream.data.count("[DONE]")


@check("completions.break.sdk-raises", MUST)
def sdk_raises(stream: BrokenOff) -> None:
    """openai-python: reading the stream raises APIError, sync and async."""
    raised = [stream.raised(face) for face in ("stream", "async-stream")]

    assert [openai.APIError] * 2 == [type(each) for each in raised], raised
