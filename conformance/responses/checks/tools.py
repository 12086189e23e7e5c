"""Calls of tools (API reference, "Function calling"; SDK: ResponseFunctionToolCall, ResponseCustomToolCall)."""

from __future__ import annotations

from conformance.common.exchange import is_json_object, is_text, pick
from conformance.common.registry import MUST, check
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.stream import DELTAS, Stream


@check("responses.tools.called", MUST, "has-calls")
def called(answer: Plain) -> None:
    """The calls that the model made arrive, all of them, in order, under the client's own names."""
    assert [call.name for call in answer.expect.calls] == [call.get("name") for call in answer.response.calls]


@check("responses.tools.call-ids", MUST, "has-calls")
def call_ids(answer: Plain) -> None:
    """SDK: `call_id` is a required str, under which the output is sent back; each call has its own."""
    told = [call.get("call_id") for call in answer.response.calls]

    assert [] == [id for id in told if not is_text(id)]
    assert len(set(told)) == len(told), told


@check("responses.tools.status", MUST, "has-calls")
def status(answer: Plain) -> None:
    """API reference: a call that clients are to run is `completed`."""
    assert [] == [call for call in answer.response.calls if call.get("status", "completed") != "completed"]


@check("responses.tools.arguments-text", MUST, "has-calls")
def arguments_are_text(answer: Plain) -> None:
    """API reference: `arguments` is JSON as a string, never an object; without arguments it is "{}"."""
    told = [call.get("arguments") for call in answer.response.items("function_call")]

    assert [] == [arguments for arguments in told if not is_json_object(arguments)]


@check("responses.tools.arguments", MUST, "has-calls")
def arguments(answer: Plain) -> None:
    """The arguments are the model's own, and a plain-text tool gets the text itself, not JSON around it."""
    assert list(answer.expect.calls) == answer.response.told_calls


@check("responses.tools.kind", MUST, "custom_tools")
def kind(answer: Plain) -> None:
    """API reference, "Custom tools": a tool that takes a plain text is called by `custom_tool_call`."""
    custom = {tool["name"] for tool in answer.exchange.request["tools"] if tool["type"] == "custom"}
    told = {call["name"]: call["type"] == "custom_tool_call" for call in answer.response.calls}

    assert {name: name in custom for name in told} == told


@check("responses.tools.namespace", MUST, "namespaces")
def namespace(answer: Plain) -> None:
    """Codex does not know a call of a tool in a namespace unless it has the tool's own name and `namespace`."""
    spaces = [tool for tool in answer.exchange.request["tools"] if tool["type"] == "namespace"]
    wanted = {inner["name"]: space["name"] for space in spaces for inner in space["tools"]}

    assert [wanted.get(call["name"]) for call in answer.response.calls] == [
        call.get("namespace") for call in answer.response.calls
    ]


@check("responses.tools.only-allowed", MUST, "allowed_tools")
def only_allowed(answer: Plain) -> None:
    """API reference, `allowed_tools`: the model calls none but these."""
    allowed = [tool["name"] for tool in answer.exchange.request["tool_choice"]["tools"]]

    assert [] == [call["name"] for call in answer.response.calls if call["name"] not in allowed]


@check("responses.tools.stream", MUST, "has-calls")
def stream_calls(stream: Stream) -> None:
    """The calls arrive in a stream too, all of them, in order, with their arguments."""
    assert list(stream.expect.calls) == stream.response.told_calls


@check("responses.tools.stream-begin", MUST, "has-calls")
def stream_begin(stream: Stream) -> None:
    """Clients show a call when it is added: it has its name and its `call_id` by then."""
    begun = [item for item in stream.added if str(pick(item, "type")).endswith("_call")]

    assert [] == [item for item in begun if not (is_text(pick(item, "name")) and is_text(pick(item, "call_id")))]


@check("responses.tools.stream-pieces", MUST, "has-calls")
def stream_pieces(stream: Stream) -> None:
    """Home Assistant runs a call with the sum of its pieces: even without arguments there is one, such as `{}`."""
    pieces = {event.get("item_id") for event in stream.of(*DELTAS) if event.get("delta")}
    calls = stream.response.items("function_call")

    assert [] == [call.get("name") for call in calls if call.get("id") not in pieces]
