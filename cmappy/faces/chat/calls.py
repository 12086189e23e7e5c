"""The model's calls as OpenAI streams them: id and name once, arguments as pieces of a JSON text, counted from 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmappy.faces.chat.chunk import FinishReason


class Calls:
    """Turns calls into deltas; `legacy` makes the one possible `function_call` of them."""

    def __init__(self, *, legacy: bool = False) -> None:
        self._legacy = legacy
        self._index = -1

    @property
    def finish_reason(self) -> FinishReason:
        """The finish reason of an answer that ends in calls."""
        return "function_call" if self._legacy else "tool_calls"

    def start(self, id: str, name: str) -> Iterator[dict[str, Any]]:
        """Yield the delta that begins a call."""
        self._index += 1
        yield from self._delta({"id": id, "type": "function"}, {"name": name, "arguments": ""})

    def feed(self, piece: str) -> Iterator[dict[str, Any]]:
        """Yield the delta for a piece of the arguments."""
        yield from self._delta({}, {"arguments": piece})

    def _delta(self, call: dict[str, Any], function: dict[str, str]) -> Iterator[dict[str, Any]]:
        if not self._legacy:
            yield {"tool_calls": [{"index": self._index, **call, "function": function}]}
        elif self._index == 0:  # there is room for one
            yield {"function_call": function}
