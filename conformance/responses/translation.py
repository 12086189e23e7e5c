"""Scenarios that are written as chat completions, as requests for responses: the same turn, and so the same answer.

What the Responses API has no word for (stop sequences, the old functions) is left out, scenario by scenario. How an
answer ends is `completed`, or the reason why it is incomplete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.common import scenarios
from conformance.common.exchange import Json
from conformance.common.scenarios import Expected, Scenario

API = "responses"
_ENDINGS = {"stop": "completed", "tool_calls": "completed", "length": "max_output_tokens"}
_COUNTS = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "prompt_tokens_details": "input_tokens_details",
    "completion_tokens_details": "output_tokens_details",
}


class _NoWord(Exception):
    """The Responses API cannot say this."""


def load(folder: Path) -> list[Scenario]:
    """Return the scenarios of a folder, and those in its folder `responses`; a ValueError tells what is wrong."""
    own = folder / API
    known = scenarios.load(folder) + (scenarios.load(own) if own.is_dir() else [])
    return [scenario for each in known if (scenario := _translated(each))]


def _translated(scenario: Scenario) -> Scenario | None:
    if "input" in scenario.request:
        return scenario
    try:
        return replace(scenario, request=request(scenario.request), expect=_expected(scenario.expect))
    except _NoWord:
        return None


def request(chat: Json) -> Json:
    """Return a request for a chat completion as a request for a response."""
    told: Json = {}
    for name, value in chat.items():
        if name not in _FIELDS:
            raise _NoWord(name)
        told |= _FIELDS[name](value)
    return told


def _items(messages: list[Json]) -> Iterator[Json]:
    for message in messages:
        role, content = message["role"], message.get("content")
        if role == "tool":
            output = content if isinstance(content, str) else [_part(part) for part in content or ()]
            yield {"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}
            continue
        if role not in ("system", "developer", "user", "assistant") or "function_call" in message:
            raise _NoWord(role)
        if content:
            parts = content if isinstance(content, str) else [_part(part, role) for part in content]
            yield {"type": "message", "role": role, "content": parts}
        for call in message.get("tool_calls") or ():
            yield {"type": "function_call", "call_id": call["id"], **call["function"]}


def _part(part: Json, role: str = "user") -> Json:
    match part["type"]:
        case "text":
            return {"type": "output_text" if role == "assistant" else "input_text", "text": part["text"]}
        case "image_url":
            url = part["image_url"]
            return {"type": "input_image", "image_url": url if isinstance(url, str) else url["url"]}
        case "file":
            return {"type": "input_file", **part["file"]}
    raise _NoWord(part["type"])


def _tool(tool: Json) -> Json:
    return {"type": "function", **tool["function"]}


def _choice(choice: Any) -> Any:
    return choice if isinstance(choice, str) else {"type": "function", "name": choice["function"]["name"]}


def _format(form: Json) -> Json:
    inner = form.get("json_schema", {})
    return {"text": {"format": {"type": form["type"], **inner}}}


_FIELDS: dict[str, Callable[[Any], Json]] = {
    "model": lambda model: {"model": model},
    "messages": lambda messages: {"input": list(_items(messages))},
    "tools": lambda tools: {"tools": list(map(_tool, tools))},
    "tool_choice": lambda choice: {"tool_choice": _choice(choice)},
    "parallel_tool_calls": lambda parallel: {"parallel_tool_calls": parallel},
    "max_tokens": lambda limit: {"max_output_tokens": limit},
    "max_completion_tokens": lambda limit: {"max_output_tokens": limit},
    "reasoning_effort": lambda effort: {"reasoning": {"effort": effort}},
    "response_format": _format,
}


def _expected(chat: Expected) -> Expected:
    ending = _ENDINGS.get(chat.finish_reason or "", chat.finish_reason)
    param = "input" if chat.param and chat.param.startswith("messages") else chat.param
    return replace(chat, finish_reason=ending, usage=_counts(chat.usage), param=param)


def _counts(usage: Json | None) -> Json | None:
    return usage and {_COUNTS.get(name, name): count for name, count in usage.items()}
