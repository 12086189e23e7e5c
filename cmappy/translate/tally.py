"""Counts the tokens of an answer in OpenAI's sense: the prompt includes what the cache held (OPENAI_CONTRACT 3.1)."""

from __future__ import annotations

from collections import Counter

from cmappy.events import Usage as Counts
from cmappy.openai.answer import Usage


class Tally:
    """Adds up the API's counts. Within a message later counts replace earlier ones; messages add up."""

    def __init__(self) -> None:
        self._message: dict[str, int] = {}
        self._closed: Counter[str] = Counter()

    def start(self, counts: Counts) -> None:
        """Begin a message; one that began before and was not closed failed, and does not count."""
        self._message = counts.counts()

    def count(self, counts: Counts) -> None:
        """Take further counts of the message."""
        self._message |= counts.counts()

    def close(self) -> None:
        """Count the message, because another one follows it in the same answer."""
        self._closed.update(self._message)
        self._message = {}

    def total(self) -> Usage:
        """Return the counts of the whole answer."""
        read, written = self._sum("cache_read_input_tokens"), self._sum("cache_creation_input_tokens")
        return Usage(
            prompt_tokens=self._sum("input_tokens") + read + written,
            completion_tokens=self._sum("output_tokens"),
            cached_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=self._sum("thinking_tokens"),
        )

    def _sum(self, name: str) -> int:
        return self._closed[name] + self._message.get(name, 0)
