"""Gives ids that differ from run to run the same names in every run, in turns and lines alike (pure).

The calls of a conversation are named `toolu_0001`, `toolu_0002`, ... in the order in which they come; signatures and
encrypted thinking become one constant each. So a conversation that is recorded again finds its recordings, whatever
ids the API has given this time.
"""

from __future__ import annotations

from typing import Any

import orjson

SIGNATURE = "cmVjb3JkZWQ="  # base64 of "recorded"
_REFERENCES = ("tool_use_id", "claudecode/toolUseId", "parent_tool_use_id")
_SAID = {"text", "thinking", "partial_json", "input", "arguments", "structured_output", "result"}


class Normal:
    """Names of the calls of one conversation: of its turn first, then of the lines that answer it."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def turn(self, turn: dict[str, Any]) -> dict[str, Any]:
        """Return a canonical turn with the normal names."""
        messages = [
            {**message, "content": [self._value(block) for block in message["content"]]} for message in turn["messages"]
        ]
        return {**turn, "messages": messages}

    def line(self, line: bytes) -> bytes:
        """Return a line with the normal names; one that holds none of their kind is returned as it is."""
        if not any(mark in line for mark in (b"tool_use", b"toolUseId", b"signature", b"redacted_thinking")):
            return line
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            return line
        normal = self._value(said)
        return line if normal == said else orjson.dumps(normal)

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("type")
        return {name: self._member(item, name, kind) for name, item in value.items()}

    def _member(self, value: Any, name: str, kind: Any) -> Any:
        if name in _SAID:
            return value
        if isinstance(value, str) and value:
            if name in _REFERENCES or (name == "id" and isinstance(kind, str) and kind.endswith("tool_use")):
                return self.names.setdefault(value, f"toolu_{len(self.names) + 1:04}")
            if name == "signature" or (name == "data" and kind == "redacted_thinking"):
                return SIGNATURE
        return self._value(value)


def distinct(lines: list[bytes], turn: dict[str, Any], recorded: dict[str, Any]) -> list[bytes]:
    """Return a recording's lines so that no new call has the id of one that the client's turn holds already.

    That happens only to conversations whose history was not made by replaying.
    """
    asked, known = Normal(), Normal()
    asked.turn(turn)
    known.turn(recorded)
    if asked.names.keys() == known.names.keys():
        return lines
    for id in asked.names.keys() - known.names.keys():
        old = orjson.dumps(id)
        new = orjson.dumps(f"{id}_again")
        lines = [line.replace(old, new) if b"tool_use" in line or b"toolUseId" in line else line for line in lines]
    return lines
