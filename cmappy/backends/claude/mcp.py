"""The tools' server that lives in our control channel: it offers the client's tools, and its calls wait (pure).

The CLI speaks MCP (JSON-RPC) with it inside `control_request` lines. Source: CLI 2.1.330, and the MCP specification
2025-11-25.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from cmappy.backends.claude.events import ControlRequest
from cmappy.backends.claude.launch import SERVERS
from cmappy.middle.schema import ALTERNATIVES
from cmappy.turn import Tool, ToolResult

_LONGEST = 100_000  # bytes
_INFO = {
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


def manifests(tools: Iterable[Tool]) -> dict[str, Any]:
    """Return the fields of `initialize` that offer the first tools of a process."""
    listed = {"initializeResult": _INFO, "toolsListResult": {"tools": _declarations(tools)}}
    return {"sdkMcpServers": [SERVERS[0]], "sdkMcpServerManifests": {SERVERS[0]: listed}}


def offer(server: str) -> dict[str, Any]:
    """Return the request by which a server of ours becomes the only one; without a name none is left."""
    servers = {server: {"type": "sdk", "name": server}} if server else {}
    return {"subtype": "mcp_set_servers", "servers": servers}


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
    return _line(call.request_id, {"jsonrpc": "2.0", "id": call.rpc_id, "result": {"content": content}})


def serve(request: ControlRequest, tools: Iterable[Tool]) -> bytes:
    """Return the answer of the tools' server to a request that is no call."""
    message = request.message
    results: dict[str, dict[str, Any]] = {"initialize": _INFO}
    method = str(message.get("method"))
    if method.startswith("notifications/"):
        results[method] = {}
    if method == "tools/list":
        results[method] = {"tools": _declarations(tools)}
    rpc: dict[str, Any] = {"jsonrpc": "2.0", "id": message.get("id")}
    if method in results:
        return _line(request.request_id, rpc | {"result": results[method]})
    return _line(request.request_id, rpc | {"error": {"code": -32601, "message": "not offered"}})


def for_api(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return the tools as the CLI tells the API of them, in its order, so that the prompt cache knows them again."""
    return [tool.api() for tool in sorted(tools, key=_collation)]


def can_be_exact(tools: Iterable[Tool]) -> bool:
    """Return whether the API can be told the tools without the CLI.

    They must fit into a variable, of which a system takes 128 kB, and be what the CLI would make of them: the API knows
    no alternatives at the root of a schema, of which the CLI makes one object.
    """
    told = [tool.api() for tool in tools]
    return len(orjson.dumps(told)) < _LONGEST and not any(ALTERNATIVES & tool["input_schema"].keys() for tool in told)


def _collation(tool: Tool) -> tuple[list[int], str]:
    """Return by what the CLI sorts: `_`, `-`, digits, letters; small ones before large ones of the same name."""
    letters = "_-0123456789abcdefghijklmnopqrstuvwxyz"
    return [letters.find(letter) for letter in tool.name.lower()], tool.name.swapcase()


def _declarations(tools: Iterable[Tool]) -> list[dict[str, Any]]:
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


def _line(request_id: str, response: dict[str, Any]) -> bytes:
    body = {"subtype": "success", "request_id": request_id, "response": {"mcp_response": response}}
    return orjson.dumps({"type": "control_response", "response": body}) + b"\n"
