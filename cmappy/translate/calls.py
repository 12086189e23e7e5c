"""The model's calls as OpenAI streams them: id and name once, arguments as pieces of a JSON text, counted from 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmappy.openai.answer import FinishReason


class Calls:
    """Turns blocks of the type `tool_use` into deltas; `legacy` makes the one possible `function_call` of them."""

    def __init__(self, *, legacy: bool = False) -> None:
        self._legacy = legacy
        self._index = -1
        self._open = False
        self._empty = True

    @property
    def any(self) -> bool:
        """Whether there has been a call."""
        return self._index >= 0

    @property
    def finish_reason(self) -> FinishReason:
        """The finish reason of an answer that ends in calls."""
        return "function_call" if self._legacy else "tool_calls"

    def start(self, id: str, name: str) -> Iterator[dict[str, Any]]:
        """Yield the delta that begins a call."""
        self._index += 1
        self._open = self._empty = True
        yield from self._delta({"id": id, "type": "function"}, {"name": name, "arguments": ""})

    def feed(self, piece: str) -> Iterator[dict[str, Any]]:
        """Yield the delta for a piece of the arguments."""
        if piece:
            self._empty = False
            yield from self._delta({}, {"arguments": piece})

    def stop(self) -> Iterator[dict[str, Any]]:
        """Yield what makes the arguments a JSON text if the model gave none; does nothing after other blocks."""
        if self._open and self._empty:
            yield from self._delta({}, {"arguments": "{}"})
        self._open = False

    def _delta(self, call: dict[str, Any], function: dict[str, str]) -> Iterator[dict[str, Any]]:
        if not self._legacy:
            yield {"tool_calls": [{"index": self._index, **call, "function": function}]}
        elif self._index == 0:  # there is room for one
            yield {"function_call": function}
