"""The lines that are written to the CLI's stdin (pure; see PROTOCOL.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from cmappy.backends.claude import mcp
from cmappy.backends.claude.events import ControlRequest
from cmappy.backends.claude.schema import draft7
from cmappy.turn import Message, Turn

END_OF_TEXT, RESULTS = "end of text", "results"  # names of hooks
# The discard port of this machine, where nothing listens. With TLS, because where the user's network has a proxy, the
# CLI sends it whatever goes to a plain address: the whole conversation and the login.
NOWHERE = "https://127.0.0.1:9"
LISTED = "sonnet"  # an alias that every CLI lists; `set_model` checks any other name by a request of its own


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
        request |= mcp.manifests(turn.tools)
    return request


def apply(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that changes some settings of a running process."""
    return {"subtype": "apply_flag_settings", "settings": values}


def settings(turn: Turn, *, exact_tools: bool = False) -> dict[str, Any]:
    """Return all settings that a turn needs: `model`, `effortLevel`, and the variables under `env`.

    With `exact_tools` the API is told the turn's tools by them, whatever the CLI takes for their definitions.
    """
    body = ({"tools": mcp.for_api(turn.tools)} if exact_tools else {}) | _body(turn)
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


def _encode(line: Mapping[str, Any]) -> bytes:
    return orjson.dumps(line) + b"\n"
