"""What a client receives: chunks, and the completion they add up to (OpenAI API reference, "Chat completion object").

Chunks are built once per token, so they are plain tuples; each knows its exact JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import orjson

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts in OpenAI's sense: `prompt_tokens` includes what was read from and written to the cache."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    def json(self) -> dict[str, Any]:
        """Return the `usage` object."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {
                "cached_tokens": self.cached_tokens,
                "cache_write_tokens": self.cache_write_tokens,
            },
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        }


@dataclass(frozen=True)
class Head:
    """What all chunks of one answer share. `created` is in Unix seconds."""

    id: str
    created: int
    model: str

    @cached_property
    def event(self) -> bytes:
        """The beginning of each chunk's event, up to its choices: made once, not once per token."""
        chunk = {"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model}
        return b"data: " + orjson.dumps(chunk)[:-1] + b',"choices":'


class Chunk(NamedTuple):  # a dataclass that cannot be changed takes three times as long to make
    """One step of an answer: a delta, a finish reason, or (without either) the usage."""

    head: Head
    delta: dict[str, Any] | None = None
    finish_reason: FinishReason | None = None
    usage: Usage | None = None

    def encode(self, *, with_usage: bool = False) -> bytes:
        """Return the chunk as one server-sent event; `with_usage` adds the `usage` key that the client asked for."""
        choice = {"index": 0, "delta": self.delta, "logprobs": None, "finish_reason": self.finish_reason}
        choices = orjson.dumps([] if self.delta is None else [choice])
        if not with_usage:
            return self.head.event + choices + b"}\n\n"
        usage = orjson.dumps(self.usage.json() if self.usage else None)
        return self.head.event + choices + b',"usage":' + usage + b"}\n\n"
