"""The lines that are written to the CLI's stdin, and its calls of the client's tools (pure; CLI_PROTOCOL 2, 4, 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from cmappy.backends.claude.events import ControlRequest
from cmappy.backends.claude.launch import SERVER
from cmappy.backends.claude.schema import draft7
from cmappy.turn import Message, Tool, ToolResult, Turn

END_OF_TEXT, RESULTS = "end of text", "results"  # names of hooks
# The discard port of this machine, where nothing listens. With TLS, because where the user's network has a proxy, the
# CLI sends it whatever goes to a plain address: the whole conversation and the login.
_NOWHERE = "https://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the client's tool that the CLI waits for: the ids of the control request and of the JSON-RPC one."""

    tool_use_id: str
    request_id: str
    rpc_id: Any


def opening(turn: Turn) -> list[bytes]:
    """Return what to write to a fresh process, cut where the CLI has to acknowledge something first."""
    batch = control(initialize(turn), settings(turn, first=True))
    batches = []
    *history, question = turn.messages
    for message in history:
        batch += _encode(_line(message, query=False))
        if message.role == "user":
            batches.append(batch)
            batch = b""
    return [*batches, batch + _encode(_line(question, query=True))]


def continuation(turn: Turn, answers: list[bytes], base_url: str) -> bytes:
    """Return what to write to a process that knows all but the last message: answers to its calls, or a question.

    `base_url` is where the API is; empty for the CLI's own default.
    """
    question = answers or [_encode(_line(turn.messages[-1], query=True))]
    request = settings(turn, first=False)
    request["settings"]["env"]["ANTHROPIC_BASE_URL"] = base_url  # in one request with the rest: each takes 8 ms
    return control(request) + b"".join(question)


def lock() -> bytes:
    """Return the line that lets the CLI finish the answer it receives, and send nothing to the API any more."""
    return control({"subtype": "apply_flag_settings", "settings": {"env": {"ANTHROPIC_BASE_URL": _NOWHERE}}})


def finish(hook: ControlRequest) -> bytes:
    """Return the answer to the hook at the end of a text, behind the lock, which is then in place in time."""
    return lock() + permission(hook)


def permission(hook: ControlRequest) -> bytes:
    """Return the answer to a hook, for which the CLI has waited."""
    body = {"subtype": "success", "request_id": hook.request_id, "response": {}}
    return _encode({"type": "control_response", "response": body})


def control(*requests: dict[str, Any]) -> bytes:
    """Return control requests as stdin lines; the CLI does them before any message that follows."""
    return b"".join(
        _encode({"type": "control_request", "request_id": f"cmappy-{at}", "request": request})
        for at, request in enumerate(requests)
    )


def initialize(turn: Turn | None = None) -> dict[str, Any]:
    """Return the request that opens a conversation; without a turn it only asks the CLI who it is."""
    request: dict[str, Any] = {"subtype": "initialize", "systemPrompt": [turn.system] if turn and turn.system else []}
    if turn:
        request["hooks"] = _hooks(turn)
    if turn and turn.schema:
        request["jsonSchema"] = draft7(orjson.loads(turn.schema))
    if turn and turn.tools:
        server = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}
        server["serverInfo"] = {"name": SERVER, "version": "1"}
        tools = {"tools": [_declaration(tool) for tool in turn.tools]}
        request["sdkMcpServers"] = [SERVER]
        request["sdkMcpServerManifests"] = {SERVER: {"initializeResult": server, "toolsListResult": tools}}
    return request


def settings(turn: Turn, *, first: bool) -> dict[str, Any]:
    """Return the request that fits a running process to a turn; every setting is there, so earlier ones are undone."""
    body = _body(turn)
    # The API does not think when forced. Without thinking of its own, the CLI lets the API's default be.
    no_thinking = turn.effort == "none" or turn.tool_choice in {"any", "tool"} or not turn.adaptive
    values: dict[str, Any] = {
        "effortLevel": None if turn.effort == "none" else turn.effort,
        "env": {
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(turn.max_tokens or ""),
            "CLAUDE_CODE_DISABLE_THINKING": "1" if no_thinking else "",
            "CLAUDE_CODE_EXTRA_BODY": orjson.dumps(body).decode() if body else "",
        },
    }
    if first:
        # Not `set_model`: that sends a request of its own to check an id the CLI does not list.
        values["model"] = turn.model
    return {"subtype": "apply_flag_settings", "settings": values}


def call(request: ControlRequest) -> Call | None:
    """Return the call that a control request of the CLI's is, if it is one."""
    message = request.message
    if request.subtype != "mcp_message" or message.get("method") != "tools/call":
        return None
    id = message.get("params", {}).get("_meta", {}).get("claudecode/toolUseId", "")
    return Call(id, request.request_id, message.get("id"))


def answer(call: Call, result: ToolResult) -> bytes:
    """Return the stdin line that answers a call with what the client's tool returned."""
    content = [block.api() for block in result.content]  # texts, which MCP writes in the same way
    return _rpc(call.request_id, {"jsonrpc": "2.0", "id": call.rpc_id, "result": {"content": content}})


def refusal(request: ControlRequest) -> bytes:
    """Return the stdin line for a request that is no call: there is nothing else that the CLI can ask of us."""
    error = {"code": -32601, "message": "not offered"}
    return _rpc(request.request_id, {"jsonrpc": "2.0", "id": request.message.get("id"), "error": error})


def _hooks(turn: Turn) -> dict[str, Any]:
    """Return the hooks at which the CLI waits for an answer, so that whatever it is told there is never too late."""
    hooks = {}
    if not turn.schema:  # after each text, before the CLI tells why the model stopped and acts on that
        hooks["MessageDisplay"] = [{"matcher": None, "hookCallbackIds": [END_OF_TEXT]}]
    if turn.schema or turn.tools:  # before the results of calls go to the API, the CLI's own for wrong calls among them
        hooks["PostToolBatch"] = [{"matcher": None, "hookCallbackIds": [RESULTS]}]
    return hooks


def _body(turn: Turn) -> dict[str, Any]:
    """Return the fields that the CLI has no setting for, and merges into the API request."""
    body: dict[str, Any] = dict(turn.sampling)
    # The API refuses stop sequences of white space only; the translator cuts those by itself.
    if stops := [sequence for sequence in turn.stop if sequence.strip()]:
        body["stop_sequences"] = stops
    if turn.tools and (turn.tool_choice != "auto" or not turn.parallel_tools):
        body["tool_choice"] = {"type": turn.tool_choice}
        if turn.tool_choice == "tool":
            body["tool_choice"]["name"] = turn.tool_name
        if not turn.parallel_tools and turn.tool_choice != "none":
            body["tool_choice"]["disable_parallel_tool_use"] = True
    return body


def _declaration(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": orjson.loads(tool.schema),
        "annotations": {"readOnlyHint": True},  # else the CLI makes one call at a time
        "_meta": {"anthropic/maxResultSizeChars": 500_000},  # else it writes longer results to a file
    }


def _line(message: Message, *, query: bool) -> dict[str, Any]:
    """Return the stdin line for a message; `client_composed` keeps the CLI from reading anything into its text."""
    if message.role == "assistant":
        return {"type": "assistant", "message": message.api()}
    line = {
        "type": "user",
        "message": message.api(),
        "parent_tool_use_id": None,
        "session_id": "",
        "client_composed": True,
    }
    return line if query else {**line, "shouldQuery": False}


def _rpc(request_id: str, response: dict[str, Any]) -> bytes:
    body = {"subtype": "success", "request_id": request_id, "response": {"mcp_response": response}}
    return _encode({"type": "control_response", "response": body})


def _encode(line: dict[str, Any]) -> bytes:
    return orjson.dumps(line) + b"\n"
