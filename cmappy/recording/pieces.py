"""The pieces of an answer in lines: which of them hold the text of one block, so that it is read as a whole (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

_TEXT_OF = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


@dataclass(slots=True)
class Block:
    """The pieces of one block: `at` are the indices of their lines, `kind` the type of their deltas."""

    kind: str
    at: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Pieces:
    """The pieces in a sequence of lines."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks that came in pieces."""
        block: Block | None = None
        for at, line in enumerate(self._lines):
            if b'"content_block' not in line:
                continue
            event = stream_event(line)
            if event is None:
                continue
            kind, text = piece(event)
            if text is None:
                if block and event.get("type") != "content_block_delta":
                    yield block
                    block = None
                continue
            if block is None or block.kind != kind:
                if block:
                    yield block
                block = Block(kind)
            block.at.append(at)
            block.texts.append(text)
        if block:
            yield block


def stream_event(line: bytes) -> dict[str, Any] | None:
    """Return the event of the Messages API that a line passes on, if it does."""
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    event = said.get("event") if isinstance(said, dict) and said.get("type") == "stream_event" else None
    return event if isinstance(event, dict) else None


def piece(event: dict[str, Any]) -> tuple[str, str | None]:
    """Return the type of an event's delta and its text, None if it has none."""
    delta = event.get("delta")
    if event.get("type") != "content_block_delta" or not isinstance(delta, dict):
        return "", None
    kind = str(delta.get("type"))
    text = delta.get(_TEXT_OF.get(kind, ""))
    return kind, text if isinstance(text, str) else None


def with_text(line: bytes, text: str) -> bytes:
    """Return a piece's line with another text."""
    said = orjson.loads(line)
    delta = said["event"]["delta"]
    delta[_TEXT_OF[delta["type"]]] = text
    return orjson.dumps(said)
