"""A plain answer is the fold of exactly the chunks that a stream would send, so the two can never disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cmappy.openai.answer import Chunk


def collect(chunks: Sequence[Chunk]) -> dict[str, Any]:
    """Return the `chat.completion` object that the chunks of a whole answer add up to."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    finish_reason = None
    usage: dict[str, Any] = {}
    for chunk in chunks:
        finish_reason = chunk.finish_reason or finish_reason
        if chunk.usage:
            usage = chunk.usage.json()
        for name, piece in (chunk.delta or {}).items():
            if name != "role":
                message[name] = (message.get(name) or "") + piece
    head = chunks[0].head
    return {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}],
        "usage": usage,
    }
