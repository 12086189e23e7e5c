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
ToolChoice = Literal["auto", "none", "any", "tool"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class Media:
    """An image or a document. `data` is base64, plain text (media type `text/plain`), or a URL if there is no type."""

    type: Literal["image", "document"]
    media_type: str
    data: str
    title: str = ""

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        if not self.media_type:
            source = {"type": "url", "url": self.data}
        else:
            kind = "text" if self.media_type == "text/plain" else "base64"
            source = {"type": kind, "media_type": self.media_type, "data": self.data}
        return {"type": self.type, "source": source} | ({"title": self.title} if self.title else {})


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call that the model made; `input` is a JSON object as text."""

    id: str
    name: str
    input: str

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        return {"type": "tool_use", "id": self.id, "name": self.name, "input": orjson.loads(self.input)}


@dataclass(frozen=True, slots=True)
class Thinking:
    """What the model thought in an earlier answer, with the signature by which the API knows it again."""

    thinking: str
    signature: str

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        return {"type": "thinking", "thinking": self.thinking, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Opaque:
    """A block of any other kind, or with more fields: the Messages API's own JSON, as text."""

    json: str

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        block: dict[str, Any] = orjson.loads(self.json)
        return block


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the client's tool returned for a call, or the error that it ended in.

    `cache_control` is the client's own mark for the prompt cache, as JSON text.
    """

    tool_use_id: str
    content: tuple[Text | Media | Opaque, ...]
    is_error: bool = False
    cache_control: str = ""

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this block."""
        content = [block.api() for block in self.content]
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": self.tool_use_id, "content": content or ""}
        if self.is_error:
            block["is_error"] = True
        if self.cache_control:
            block["cache_control"] = orjson.loads(self.cache_control)
        return block


Block = Text | Media | ToolUse | ToolResult | Thinking | Opaque


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; the same role never comes twice in a row in a turn."""

    role: Role
    content: tuple[Block, ...]

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this message."""
        return {"role": self.role, "content": [block.api() for block in self.content]}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of the client's that the model may call; `schema` is a JSON Schema as text."""

    name: str
    description: str
    schema: str

    def api(self) -> dict[str, Any]:
        """Return the Messages API's form of this tool."""
        return {"name": self.name, "description": self.description, "input_schema": orjson.loads(self.schema)}


@dataclass(frozen=True, slots=True)
class Turn:
    """One question to the model, with all that leads up to it.

    `model` is what the CLI is asked for (an alias such as `sonnet`, or a full id). The last message is the user's.
    `tool_choice` is the API's: `tool` forces the tool named `tool_name`. `schema` is the JSON Schema of the answer.
    `max_tokens` bounds the answer; `stop` are the texts that end it; `effort` is how hard the model thinks; where it is
    not `adaptive`, the model thinks only if `extra` says so, instead of where it sees fit;
    `sampling` are further fields for the API, as pairs of name and number; `extra` are those that only a client of the
    Messages API can name (`thinking`, `tools` in their exact form, `output_config`), a JSON object as text: never
    `messages`, `system`, `model` or `metadata`. `betas` are further ones of the API's to switch on. `own_marks` says
    that the client marks by itself what the prompt cache shall keep, so that nobody else does.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"
    tool_name: str = ""
    parallel_tools: bool = True
    schema: str = ""
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    effort: Effort | None = None
    adaptive: bool = True
    sampling: tuple[tuple[str, float], ...] = ()
    extra: str = ""
    betas: tuple[str, ...] = ()
    own_marks: bool = False

    def canonical(self) -> dict[str, Any]:
        """Return this turn as JSON, without the fields that are at their defaults."""
        turn: dict[str, Any] = {"model": self.model, "messages": [message.api() for message in self.messages]}
        optional = {
            "system": self.system,
            "tools": [tool.api() for tool in self.tools],
            "tool_choice": "" if self.tool_choice == "auto" else self.tool_choice,
            "tool_name": self.tool_name,
            "single_tool": not self.parallel_tools,
            "schema": orjson.loads(self.schema) if self.schema else None,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop),
            "effort": self.effort,
            "not_adaptive": not self.adaptive,
            "sampling": dict(self.sampling),
            "extra": orjson.loads(self.extra) if self.extra else None,
            "betas": list(self.betas),
            "own_marks": self.own_marks,
        }
        return turn | {name: value for name, value in optional.items() if value}

    def key(self) -> str:
        """Return the turn's identity: the SHA-256 of its canonical form, in hex."""
        return hashlib.sha256(orjson.dumps(self.canonical(), option=orjson.OPT_SORT_KEYS)).hexdigest()
