"""What the events of a stream add up to (API reference, "Streaming messages"), nothing repaired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from conformance.common.exchange import Json, pick

DELTAS = {
    "text_delta": "text",
    "input_json_delta": "partial_json",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "citations_delta": "citation",
}


@dataclass
class Message:
    """The message so far."""

    content: list[Json] = field(default_factory=list)
    stop_reason: Any = None
    stop_sequence: Any = None
    usage: Json = field(default_factory=dict)
    more: Json = field(default_factory=dict)


def fold(events: Iterable[Any]) -> Message:
    """Return the message; of a call's input that was cut stays what is whole, and what is no JSON is the text it is."""
    message = Message()
    for event in events:
        match event:
            case {"type": "message_start", "message": dict(begun)}:
                message.usage |= begun.get("usage") or {}
            case {"type": "content_block_start", "content_block": dict(block)}:
                message.content.append(dict(block))
            case {"type": "content_block_delta", "delta": dict(delta)} if message.content:
                _add(message.content[-1], delta)
            case {"type": "content_block_stop"} if message.content:
                _finish(message.content[-1])
            case {"type": "message_delta", "delta": dict(delta)}:
                message.stop_reason, message.stop_sequence = delta.get("stop_reason"), delta.get("stop_sequence")
                message.more |= delta
                message.usage |= pick(event, "usage") or {}
    return message


def _add(block: Json, delta: Json) -> None:
    name = DELTAS.get(str(delta.get("type")), "")
    piece = delta.get(name)
    if name == "citation":
        block["citations"] = [*(block.get("citations") or []), piece]
    elif isinstance(piece, str):
        block[name] = str(block.get(name) or "") + piece


def _finish(block: Json) -> None:
    if "partial_json" in block:
        text = block.pop("partial_json")
        try:
            block["input"] = from_json(text, allow_partial=True)
        except ValueError:
            block["input"] = text
