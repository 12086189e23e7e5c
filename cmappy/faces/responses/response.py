"""The response object, as far as it is known before the model answers: mostly an echo of the request (pure).

Its fields are those that every SDK and the public compliance suite want, with the types that they want (CONTRACT.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}


def base(body: Mapping[str, Any], *, id: str, created: int, model: str) -> dict[str, Any]:
    """Return the response to a request that was found to be well-formed; `created` is in Unix seconds."""
    reasoning = _object(body.get("reasoning"))
    effort = reasoning.get("effort")
    return {
        "id": id,
        "object": "response",
        "created_at": created,
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": _integer(body.get("max_tool_calls")),
        "model": model,
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": _text(body.get("prompt_cache_key")),
        "reasoning": {
            "effort": effort if effort in _EFFORTS else None,
            "summary": _one_of(reasoning.get("summary"), ("auto", "concise", "detailed")),
        },
        "safety_identifier": _text(body.get("safety_identifier")),
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": _number(body.get("temperature"), 1.0),
        "text": _text_options(_object(body.get("text"))),
        "tool_choice": _choice(body.get("tool_choice")),
        "tools": [_tool(tool) for tool in body.get("tools") or []],
        "top_logprobs": 0,
        "top_p": _number(body.get("top_p"), 1.0),
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "truncation": _one_of(body.get("truncation"), ("auto",)) or "disabled",
        "usage": None,
        "user": _text(body.get("user")),
        "metadata": _metadata(body.get("metadata")),
    }


def _text_options(text: Mapping[str, Any]) -> dict[str, Any]:
    form = _object(text.get("format")) or {"type": "text"}
    if form.get("type") == "json_schema":
        form = {"name": "answer", "schema": {}, "strict": None, "description": None} | form
    return {"format": form, "verbosity": _one_of(text.get("verbosity"), ("low", "high")) or "medium"}


def _choice(choice: Any) -> Any:
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        return {"mode": "auto"} | {name: value for name, value in choice.items() if value is not None}
    return "auto" if choice is None else choice


def _tool(tool: Any) -> Any:
    if isinstance(tool, dict) and tool.get("type") == "function":
        return {"description": None, "parameters": None, "strict": None} | tool
    return tool


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _metadata(value: Any) -> dict[str, str]:
    return {name: item for name, item in _object(value).items() if isinstance(item, str)}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def _one_of(value: Any, values: tuple[str, ...]) -> str | None:
    return value if value in values else None
