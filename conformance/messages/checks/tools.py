"""Tool use (API reference, "Tool use"; SDK: ToolUseBlock, InputJSONDelta)."""

from __future__ import annotations

import json
from typing import Any

from conformance.common.exchange import is_json_object, is_text, pick
from conformance.common.registry import MUST, check
from conformance.messages.subjects.answer import Plain
from conformance.messages.subjects.stream import Stream


@check("messages.tools.called", MUST, "has-calls")
def called(answer: Plain) -> None:
    """The calls that the model made arrive, all of them, in order, under the client's own names."""
    assert [call.name for call in answer.expect.calls] == [pick(call, "name") for call in answer.calls]


@check("messages.tools.ids-differ", MUST, "has-calls")
def ids_differ(answer: Plain) -> None:
    """Results are told apart by the id of their call alone."""
    ids = [pick(call, "id") for call in answer.calls]

    assert [] == [id for id in ids if not is_text(id)]
    assert sorted(set(ids)) == sorted(ids)


@check("messages.tools.input", MUST, "has-calls")
def arguments(answer: Plain) -> None:
    """SDK: a call's `input` is an object, never JSON as text, and the model's own."""
    assert [call.arguments for call in answer.expect.calls] == [pick(call, "input") for call in answer.calls]


@check("messages.tools.stream-called", MUST, "has-calls")
def stream_called(stream: Stream) -> None:
    """The id and the name of a call stand in the start of its block."""
    calls = _started(stream)

    assert [call.name for call in stream.expect.calls] == [pick(call, "name") for call in calls]
    assert [] == [call for call in calls if not is_text(pick(call, "id"))]


@check("messages.tools.stream-input", MUST, "ends-tool_use")
def stream_input(stream: Stream) -> None:
    """API reference: the pieces of `partial_json` add up to one JSON object; without arguments there may be none."""
    wanted = [call.arguments for call in stream.expect.calls]
    told = [_parsed(text) for text in _pieces(stream)]

    assert wanted == told or (not wanted and all(isinstance(each, dict) for each in told)), f"the inputs are {told!r}"


def _started(stream: Stream) -> list[Any]:
    blocks = [pick(event, "content_block") for event in stream.of("content_block_start")]
    return [block for block in blocks if pick(block, "type") == "tool_use"]


def _pieces(stream: Stream) -> list[str]:
    """Return the text of each call's input."""
    calls = {repr(at): "" for at, event in stream.block_events if pick(event, "content_block", "type") == "tool_use"}
    for at, event in stream.block_events:
        if repr(at) in calls:
            calls[repr(at)] += str(pick(event, "delta", "partial_json") or "")
    return list(calls.values())


def _parsed(text: str) -> Any:
    return json.loads(text) if is_json_object(text) else text or {}
