"""The lines that are written to the CLI's stdin, and its calls of the client's tools (pure; see PROTOCOL.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from cmappy.backends.claude.events import ControlRequest
from cmappy.backends.claude.launch import SERVERS
from cmappy.backends.claude.schema import draft7
from cmappy.turn import Message, Tool, ToolResult, Turn

END_OF_TEXT, RESULTS = "end of text", "results"  # names of hooks
# The discard port of this machine, where nothing listens. With TLS, because where the user's network has a proxy, the
# CLI sends it whatever goes to a plain address: the whole conversation and the login.
NOWHERE = "https://127.0.0.1:9"
LISTED = "sonnet"  # an alias that every CLI lists; `set_model` checks any other name by a request of its own
_SERVER_INFO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "client", "version": "1"},
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the client's tool that the CLI waits for: the ids of the control request and of the JSON-RPC one."""

    tool_use_id: str
    request_id: str
    rpc_id: Any


def control(id: str, request: Mapping[str, Any]) -> bytes:
    """Return a control request; the CLI does one after the other, and all before any message that follows."""
    return _encode({"type": "control_request", "request_id": id, "request": request})


def initialize(turn: Turn | None = None) -> dict[str, Any]:
    """Return the request that opens a conversation; without a turn it only asks the CLI who it is."""
    request: dict[str, Any] = {"subtype": "initialize", "systemPrompt": [turn.system] if turn and turn.system else []}
    if turn:
        request["hooks"] = _hooks(structured=bool(turn.schema))
    if turn and turn.schema:
        request["jsonSchema"] = draft7(orjson.loads(turn.schema))
    if turn and turn.tools:
        server = SERVERS[0]
        tools = {"tools": declarations(turn.tools)}
        request["sdkMcpServers"] = [server]
        request["sdkMcpServerManifests"] = {server: {"initializeResult": _SERVER_INFO, "toolsListResult": tools}}
    return request


def apply(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that changes some settings of a running process."""
    return {"subtype": "apply_flag_settings", "settings": values}


def settings(turn: Turn) -> dict[str, Any]:
    """Return all settings that a turn needs: `model`, `effortLevel`, and the variables under `env`."""
    body = _body(turn)
    # The API does not think when forced. Without thinking of its own, the CLI lets the API's default be.
    no_thinking = turn.effort == "none" or turn.tool_choice in {"any", "tool"} or not turn.adaptive
    return {
        # Not `set_model`: that sends a request of its own to check an id the CLI does not list.
        "model": turn.model,
        "effortLevel": None if turn.effort == "none" else turn.effort,
        "env": {
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(turn.max_tokens or ""),
            "CLAUDE_CODE_DISABLE_THINKING": "1" if no_thinking else "",
            "CLAUDE_CODE_EXTRA_BODY": orjson.dumps(body).decode() if body else "",
            "ANTHROPIC_BETAS": ",".join(turn.betas),
            "DISABLE_PROMPT_CACHING": "1" if turn.own_marks else "",
        },
    }


def changes(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the settings that are not as wanted; a variable that was never set counts as empty."""
    env = {name: value for name, value in wanted["env"].items() if now.get("env", {}).get(name, "") != value}
    changed = {name: value for name, value in wanted.items() if name != "env" and now.get(name) != value}
    return changed | ({"env": env} if env else {})


def another_prompt(system: str) -> dict[str, Any]:
    """Return the request for another system prompt, which holds from the next conversation on."""
    return {"subtype": "set_model", "model": LISTED, "system_prompt": system}


def offer(server: str) -> dict[str, Any]:
    """Return the request by which a server of ours becomes the only one; without a name none is left."""
    servers = {server: {"type": "sdk", "name": server}} if server else {}
    return {"subtype": "mcp_set_servers", "servers": servers}


def rewind(target: str, last: str) -> dict[str, Any]:
    """Return the request to forget the user message `target` and all after it; `last` is the newest of ours."""
    return {
        "subtype": "rewind_conversation",
        "target_message_uuid": target,
        "last_seen_user_message_uuid": last,
    }


def cancel(id: str) -> bytes:
    """Return the line that takes a control request back."""
    return _encode({"type": "control_cancel_request", "request_id": id})


def permission(hook: ControlRequest) -> bytes:
    """Return the answer to a hook, for which the CLI has waited."""
    body = {"subtype": "success", "request_id": hook.request_id, "response": {}}
    return _encode({"type": "control_response", "response": body})


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


def serve(request: ControlRequest, tools: Iterable[Tool]) -> bytes:
    """Return the answer of the tools' server to a request that is no call."""
    message = request.message
    results: dict[str, dict[str, Any]] = {"initialize": _SERVER_INFO}
    method = str(message.get("method"))
    if method.startswith("notifications/"):
        results[method] = {}
    if method == "tools/list":
        results[method] = {"tools": declarations(tools)}
    rpc: dict[str, Any] = {"jsonrpc": "2.0", "id": message.get("id")}
    if method in results:
        return _rpc(request.request_id, rpc | {"result": results[method]})
    return _rpc(request.request_id, rpc | {"error": {"code": -32601, "message": "not offered"}})


def declarations(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return the tools as their server lists them."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": orjson.loads(tool.schema),
            "annotations": {"readOnlyHint": True},  # else the CLI makes one call at a time
            "_meta": {"anthropic/maxResultSizeChars": 500_000},  # else it writes longer results to a file
        }
        for tool in tools
    ]


def user(message: Message, uuid: str, *, query: bool, mark: Mapping[str, Any] | None = None) -> bytes:
    """Return the line of a user message; `client_composed` keeps the CLI from reading anything into its text.

    `mark` is put on its last block that the prompt cache can end at, unless the client has set marks of its own.
    """
    said = message.api()
    if mark:
        markable = [block for block in said["content"] if block["type"] in {"text", "document", "tool_result"}]
        if markable and markable[-1] is said["content"][-1] and not _is_empty(markable[-1]):
            markable[-1].setdefault("cache_control", mark)
    line = {
        "type": "user",
        "message": said,
        "parent_tool_use_id": None,
        "session_id": "",
        "client_composed": True,
        "uuid": uuid,
    }
    return _encode(line if query else {**line, "shouldQuery": False})


def assistant(message: Message, model: str) -> bytes:
    """Return the line of an assistant message; its thinking is kept only if `model` is the one that is asked now."""
    said = message.api()
    if any(block["type"] in {"thinking", "redacted_thinking"} for block in said["content"]):
        said["model"] = model
    return _encode({"type": "assistant", "message": said})


def _is_empty(block: Mapping[str, Any]) -> bool:
    return block["type"] == "text" and not block["text"].strip()  # the API takes no mark on nothing


def _hooks(*, structured: bool) -> dict[str, Any]:
    """Return the hooks at which the CLI waits for an answer, so that whatever it is told there is never too late."""
    # Before the results of calls go to the API, the CLI's own for wrong calls among them.
    hooks = {"PostToolBatch": [{"matcher": None, "hookCallbackIds": [RESULTS]}]}
    if not structured:  # after each text, before the CLI tells why the model stopped and acts on that
        hooks["MessageDisplay"] = [{"matcher": None, "hookCallbackIds": [END_OF_TEXT]}]
    return hooks


def _body(turn: Turn) -> dict[str, Any]:
    """Return the fields that the CLI has no setting for, and merges into the API request."""
    body: dict[str, Any] = dict(turn.sampling)
    # The API refuses stop sequences of white space only; the interpreter cuts those by itself.
    if stops := [sequence for sequence in turn.stop if sequence.strip()]:
        body["stop_sequences"] = stops
    if turn.tools and (turn.tool_choice != "auto" or not turn.parallel_tools):
        body["tool_choice"] = {"type": turn.tool_choice}
        if turn.tool_choice == "tool":
            body["tool_choice"]["name"] = turn.tool_name
        if not turn.parallel_tools and turn.tool_choice != "none":
            body["tool_choice"]["disable_parallel_tool_use"] = True
    return body | (orjson.loads(turn.extra) if turn.extra else {})


def _rpc(request_id: str, response: dict[str, Any]) -> bytes:
    body = {"subtype": "success", "request_id": request_id, "response": {"mcp_response": response}}
    return _encode({"type": "control_response", "response": body})


def _encode(line: Mapping[str, Any]) -> bytes:
    return orjson.dumps(line) + b"\n"
