"""A plain answer is the fold of exactly the chunks that a stream would send, so the two can never disagree (pure)."""

from __future__ import annotations

from typing import Any

from cmappy.faces.chat.chunk import Chunk, FinishReason, Head


class Fold:
    """Adds up chunks. Pieces of a text are kept in a list until the end, so that long answers take no longer each."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {"role": [], "content": [], "refusal": None, "annotations": {}}
        self._finish_reason: FinishReason | None = None
        self._usage: dict[str, Any] = {}
        self._head: Head | None = None

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        self._head = chunk.head
        self._finish_reason = chunk.finish_reason or self._finish_reason
        if chunk.usage:
            self._usage = chunk.usage.json()
        _merge(self._message, chunk.delta or {})

    def whole(self) -> dict[str, Any]:
        """Return the `chat.completion` object that the chunks of a whole answer add up to."""
        message = _joined(self._message)
        if self._finish_reason in {"tool_calls", "function_call"} or message["refusal"]:
            message["content"] = message["content"] or None
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish_reason}
        return {
            "id": self._head and self._head.id,
            "object": "chat.completion",
            "created": self._head and self._head.created,
            "model": self._head and self._head.model,
            "choices": [choice],
            "usage": self._usage,
        }


def _merge(into: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a delta: texts become lists of pieces, lists become objects by `index`, and objects are merged."""
    for name, piece in delta.items():
        match piece:
            case str():
                if into.get(name) is None:
                    into[name] = []
                into[name].append(piece)
            case dict():
                _merge(into.setdefault(name, {}), piece)
            case _:  # a list
                items = into.setdefault(name, {})
                for item in piece:
                    fields = {key: value for key, value in item.items() if key != "index"}
                    _merge(items.setdefault(item["index"], {}), fields)


def _joined(value: Any) -> Any:
    """Return what was merged as JSON again."""
    if isinstance(value, list):
        return "".join(value)
    if not isinstance(value, dict):
        return value
    if all(isinstance(key, int) for key in value):  # an empty one is the empty list
        return [_joined(item) for item in value.values()]
    return {name: _joined(item) for name, item in value.items()}
