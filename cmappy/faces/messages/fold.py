"""The plain message is exactly what the events of a stream add up to, so the two can never disagree (pure)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
from pydantic_core import from_json, to_json

_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


class Fold:
    """Adds up wire events, in time linear in all of them."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._block: dict[str, Any] = {}
        self._pieces: dict[str, list[str]] = {}

    def add(self, event: dict[str, Any]) -> None:
        """Add the next event of the stream."""
        match event["type"]:
            case "content_block_delta":
                self._add_delta(event["delta"])
            case "content_block_start":
                self._block, self._pieces = dict(event["content_block"]), {}
                self._message["content"].append(self._block)
            case "content_block_stop":
                self._finish_block()
            case "message_start":
                self._message = {**event["message"], "content": []}
            case "message_delta":
                self._message |= event["delta"]
                self._message["usage"] = self._message["usage"] | event["usage"]

    def whole(self) -> dict[str, Any]:
        """Return the message."""
        return self._message

    def _add_delta(self, delta: dict[str, Any]) -> None:
        match delta:
            case {"type": "input_json_delta", "partial_json": str(piece)}:
                self._pieces.setdefault("input", []).append(piece)
            case {"type": "citations_delta", "citation": citation}:
                if not self._block.get("citations"):
                    self._block["citations"] = []
                self._block["citations"].append(citation)
            case {"type": kind} if kind in _TEXTS:
                self._pieces.setdefault(_TEXTS[kind], []).append(delta[_TEXTS[kind]])

    def _finish_block(self) -> None:
        for name, pieces in self._pieces.items():
            text = "".join(pieces)
            if name == "input":
                self._block[name] = _input(text)
            else:
                self._block[name] = self._block.get(name, "") + text


def _input(text: str) -> Any:
    """Return a call's input: an object; of one that was cut off by the limit of tokens, what is whole of it."""
    with suppress(ValueError):
        return orjson.loads(text)
    try:
        read = orjson.loads(to_json(from_json(text, allow_partial=True)))  # an integer may have any length in between
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
