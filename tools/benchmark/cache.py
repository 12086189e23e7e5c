"""How much of a request the prompt cache would read, by the rules that Anthropic documents ("Prompt caching").

A prefix is tools, then system, then messages. A mark (`cache_control`) on a block keeps the prefix up to there; it is
looked for there and at each of the 20 blocks before. Short prefixes are never kept. Another model begins anew; another
tool choice or thinking leaves tools and system, and begins the messages anew. Sizes are bytes of JSON, not tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

LOOK_BACK = 20  # blocks
MOST_MARKS = 4
SHORTEST = 1024 * 4  # bytes: 1,024 tokens, as with most models, of about four bytes


class PromptCache:
    """What earlier requests have left."""

    def __init__(self, shortest: int = SHORTEST) -> None:
        self._shortest = shortest
        self._kept: set[bytes] = set()

    def share(self, body: dict[str, Any]) -> float:
        """Return which part of a request is read, from 0 to 1, and keep what it marks; raises ValueError."""
        prefixes: list[tuple[bytes, int]] = []
        digest, size, marks = hashlib.sha256(), 0, []
        for at, (said, marked) in enumerate(_blocks(body)):
            digest.update(said)
            size += len(said)
            prefixes.append((digest.digest(), size))
            marks += [at] * marked
        if len(marks) > MOST_MARKS:
            raise ValueError(f"{len(marks)} marks; the API refuses more than {MOST_MARKS}")
        looked_at = {at for mark in marks for at in range(max(0, mark - LOOK_BACK), mark + 1)}
        read = max((prefixes[at][1] for at in looked_at if prefixes[at][0] in self._kept), default=0)
        self._kept |= {prefixes[at][0] for at in marks if prefixes[at][1] >= self._shortest}
        return read / size


def _blocks(body: dict[str, Any]) -> Iterator[tuple[bytes, bool]]:
    """Yield what is compared of each block, and whether it is marked."""
    yield orjson.dumps(["model", body["model"]]), False
    for tool in body.get("tools", []):
        yield _block("tool", tool)
    system = body.get("system", [])
    for block in [{"type": "text", "text": system}] if isinstance(system, str) else system:
        yield _block("system", block)
    yield orjson.dumps([body.get("tool_choice"), body.get("thinking")]), False
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            yield _block(message["role"], block)


def _block(place: str, block: dict[str, Any]) -> tuple[bytes, bool]:
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    return orjson.dumps([place, bare]), "cache_control" in block
