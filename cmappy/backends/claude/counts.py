"""Counts the tokens of an answer, which may take several messages of the API (pure)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from cmappy.answer import Usage
from cmappy.backends.claude.events import Usage as Told

_COUNTED = [name for name in Usage._fields if name != "more"]


class Counts:
    """Adds up the API's counts. Within a message later counts replace earlier ones; messages add up.

    What else the API tells of a message, such as its service tier, is that of the last one.
    """

    def __init__(self) -> None:
        self._message: dict[str, int] = {}
        self._closed: Counter[str] = Counter()
        self._more: dict[str, Any] = {}

    def start(self, told: Told) -> None:
        """Begin a message; one that began before and was not closed failed, and does not count."""
        self._message, self._more = told.counts(), told.more()

    def update(self, told: Told) -> None:
        """Take further counts of the message."""
        self._message |= told.counts()
        self._more |= told.more()

    def close(self) -> None:
        """Count the message, because another one follows it in the same answer."""
        self._closed.update(self._message)
        self._message = {}

    def total(self) -> Usage:
        """Return the counts of the whole answer."""
        counts = {name: self._closed[name] + self._message.get(name, 0) for name in _COUNTED}
        return Usage(**counts, more=orjson.dumps(self._more).decode() if self._more else "")
