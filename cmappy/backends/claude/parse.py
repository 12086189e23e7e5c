"""One line of the CLI's stdout becomes one typed event. It knows the CLI's lines and nothing of OpenAI (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from cmappy.backends.claude import events
from cmappy.backends.claude.events import AnyEvent
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed
from cmappy.status import Model

# An escape in a JSON string: a whole pair of surrogates, half of one (which no text can hold), or any other.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)


def read(line: Line) -> AnyEvent:
    """Return the event that a line stands for, which is parsed once, by whoever reads it first; raises CliFailed."""
    if line.event is None:
        line.event = parse(line.raw)
    event: AnyEvent = line.event
    return event


def is_piece(line: bytes) -> bool:
    """Return whether a line is a piece of the answer, which needs no look inside; there is one per token."""
    return line.startswith(b'{"type":"stream_event"') and b'"type":"content_block_delta"' in line[:80]


def parse(line: bytes) -> AnyEvent:
    """Return the event that a line of the CLI's stdout stands for.

    Raises CliFailed for a line that begins as a JSON object and is none, because text would be lost in silence.
    """
    if not line.lstrip().startswith(b"{"):
        return events.Unknown()  # something wrote to stdout past the CLI, a wrapper script for instance
    try:
        said = _loads(line)
        match said.get("type"):
            case "stream_event":
                return _stream_event(said["event"])
            case "assistant":
                return events.AssistantMessage.model_validate(said["message"])
            case "user":
                return events.UserMessage()
            case "result":
                return events.Result.model_validate(_without_nulls(said))
            case "control_request":
                return events.ControlRequest.model_validate({**said["request"], "request_id": said["request_id"]})
            case "rate_limit_event":
                return events.RateLimit.model_validate(_without_nulls(said["rate_limit_info"]))
            case "control_response":
                return events.ControlResponse.model_validate(_without_nulls(said["response"]))
            case "system" if said.get("subtype") == "init":
                return events.Setup.model_validate(said)
            case "system" if said.get("subtype") == "api_retry":
                return events.ApiRetry.model_validate(said)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise CliFailed(
            "The Claude Code CLI wrote a line that cannot be read. Try again; if that does not help, upgrade cmappy."
        ) from error
    return events.Unknown()


def _loads(line: bytes) -> Any:
    """Return what a line says; half a character at the edge of a piece is kept, anywhere else it is replaced."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        text = line.decode(errors="replace")
    if '"content_block_delta"' in text[:80]:
        return json.loads(text)  # which keeps the half
    return orjson.loads(_ESCAPE.sub(_whole, text.encode()))


def _whole(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]


def _stream_event(event: dict[str, Any]) -> AnyEvent:
    match event.get("type"):
        case "content_block_delta":
            return _delta(event["delta"])
        case "content_block_start":
            return events.BlockStart.model_validate({**event["content_block"], "block": event["content_block"]})
        case "content_block_stop":
            return events.BlockStop()
        case "message_start":
            return events.MessageStart.model_validate(event["message"])
        case "message_delta":
            return _message_delta(event["delta"], event.get("usage") or {})
        case "message_stop" if "abandoned_blocks" in event:
            return events.Abandoned.model_validate(event["abandoned_blocks"])
    return events.Unknown()


def _delta(delta: dict[str, Any]) -> AnyEvent:
    match delta:
        case {"type": "text_delta", "text": str(text)}:
            return events.TextDelta(text)
        case {"type": "input_json_delta", "partial_json": str(piece)}:
            return events.ArgumentsDelta(piece)
        case {"type": "thinking_delta", "thinking": str(thinking)}:
            return events.ThinkingDelta(thinking)
        case {"type": "signature_delta", "signature": str(signature)}:
            return events.SignatureDelta(signature)
        case {"type": "text_delta" | "input_json_delta" | "thinking_delta" | "signature_delta"}:
            raise TypeError("a piece of the answer is no text")
        case dict():
            return events.OtherDelta(delta)
    raise TypeError("a piece of the answer is no object")


def _message_delta(delta: dict[str, Any], usage: dict[str, Any]) -> events.MessageDelta:
    details = {
        name: value
        for name, value in delta.items()
        if name not in {"stop_reason", "stop_sequence"} and value is not None
    }
    known = {name: delta.get(name) for name in ("stop_reason", "stop_sequence")}
    return events.MessageDelta.model_validate({**known, "usage": usage, "details": details})


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def listed(lines: Iterable[bytes]) -> tuple[Model, ...]:
    """Return the models that the CLI lists in its answer to `initialize`, from the lines that hold it."""
    for line in lines:
        match parse(line):
            case events.ControlResponse(response=response) if "models" in response:
                return tuple(model.model() for model in events.Initialized.model_validate(response).models)
    return ()
