"""A plain answer is the fold of exactly the chunks that a stream would send, so the two can never disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cmappy.openai.answer import Chunk


def collect(chunks: Sequence[Chunk]) -> dict[str, Any]:
    """Return the `chat.completion` object that the chunks of a whole answer add up to."""
    message: dict[str, Any] = {"role": "", "content": "", "refusal": None, "annotations": []}
    finish_reason = None
    usage: dict[str, Any] = {}
    for chunk in chunks:
        finish_reason = chunk.finish_reason or finish_reason
        if chunk.usage:
            usage = chunk.usage.json()
        _merge(message, chunk.delta or {})
    if finish_reason in {"tool_calls", "function_call"} or message["refusal"]:
        message["content"] = message["content"] or None
    head = chunks[0].head
    return {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}],
        "usage": usage,
    }


def _merge(into: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a delta: texts are joined, objects merged, and the items of lists are told apart by their `index`."""
    for name, piece in delta.items():
        match piece:
            case str():
                into[name] = (into.get(name) or "") + piece
            case dict():
                _merge(into.setdefault(name, {}), piece)
            case _:  # a list
                items = into.setdefault(name, [])
                for item in piece:
                    if item["index"] == len(items):
                        items.append({})
                    _merge(items[item["index"]], {key: value for key, value in item.items() if key != "index"})
