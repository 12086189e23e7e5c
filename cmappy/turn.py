"""A turn is a value: everything the model is told for one answer, and nothing else.

Blocks are the Messages API's content blocks. JSON inside a turn (a tool's schema, a call's input) is kept as
text, so that a turn is hashable and the client's own key order survives.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Role = Literal["user", "assistant"]
Effort = Literal["none", "low", "medium", "high", "xhigh", "max"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        return {"type": "text", "text": self.text}


Block = Text


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; the same role never comes twice in a row in a turn."""

    role: Role
    content: tuple[Block, ...]

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this message."""
        return {"role": self.role, "content": [block.api() for block in self.content]}


@dataclass(frozen=True, slots=True)
class Turn:
    """One question to the model, with all that leads up to it.

    `model` is what the CLI is asked for (an alias such as `sonnet`, or a full id). The last message is the user's.
    `max_tokens` bounds the answer; `stop` are the texts that end it; `effort` is how hard the model thinks.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    effort: Effort | None = None

    def canonical(self) -> dict[str, Any]:
        """Return this turn as JSON, without the fields that are at their defaults."""
        turn: dict[str, Any] = {"model": self.model, "messages": [message.api() for message in self.messages]}
        optional = {
            "system": self.system,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop),
            "effort": self.effort,
        }
        return turn | {name: value for name, value in optional.items() if value}

    def key(self) -> str:
        """Return the turn's identity: the SHA-256 of its canonical form, in hex."""
        return hashlib.sha256(orjson.dumps(self.canonical(), option=orjson.OPT_SORT_KEYS)).hexdigest()
