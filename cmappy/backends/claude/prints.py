"""By what a message is known again: digests of what it says, so that two histories are compared in no time (pure).

Clients rewrite what does not matter: the ids of calls, marks for the prompt cache, thinking that they leave out. So
calls are compared by their place and content, and marks and thinking apart from the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from cmappy.turn import Message

_THINKING = {"thinking", "redacted_thinking"}


class Print(NamedTuple):
    """What identifies a message: digests of what it says, of its marks and of its thinking, and the ids of its calls.

    `merged` is what it says where texts that follow each other are one, which is how some APIs show an answer.
    """

    role: str
    said: bytes
    marks: bytes = b""
    thinking: bytes = b""
    calls: tuple[str, ...] = ()
    merged: bytes = b""

    def holds(self, other: Print, *, exactly: bool = True) -> bool:
        """Return whether a process that has this message has the other one too, which may come without its thinking.

        `exactly` makes marks matter.
        """
        return (
            self.role == other.role
            and other.said in {self.said, self.merged}
            and (not exactly or self.marks == other.marks)
            and other.thinking in {b"", self.thinking}
        )


def prints(messages: Iterable[Message]) -> list[Print]:
    """Return what identifies each message of a conversation."""
    found: list[Print] = []
    calls: tuple[str, ...] = ()
    for message in messages:
        found.append(of(message.role, [block.api() for block in message.content], calls))
        calls = found[-1].calls
    return found


def of(role: str, blocks: Sequence[Mapping[str, Any]], before: tuple[str, ...] = ()) -> Print:
    """Return what identifies a message of these blocks; `before` are the ids of the calls in the message before it."""
    said, marks, thinking, calls = [], [], [], []
    places = {id: place for place, id in enumerate(before)}  # a client may have other ids than we
    for at, block in enumerate(blocks):
        bare = {name: value for name, value in block.items() if name not in {"cache_control", "caller"}}
        if "cache_control" in block:
            marks.append((at, block["cache_control"]))
        match bare.get("type"):
            case "thinking" | "redacted_thinking":
                thinking.append(bare)
                continue
            case "tool_use":
                calls.append(str(bare.pop("id")))
            case "tool_result":
                bare["tool_use_id"] = places.get(bare["tool_use_id"], bare["tool_use_id"])
                bare = {name: value for name, value in bare.items() if value not in ("", [])}
        said.append(bare)
    merged = _merge(said) if role == "assistant" else said
    return Print(
        role, _digest(said), _digest(marks), _digest(thinking), tuple(calls), _digest(merged) if merged != said else b""
    )


def common(known: Sequence[Print | None], wanted: Sequence[Print], *, exactly: bool = True) -> int:
    """Return how many messages at the beginning are the same; None is one that nobody may go on from."""
    for at, (mine, theirs) in enumerate(zip(known, wanted, strict=False)):
        if mine is None or not mine.holds(theirs, exactly=exactly):
            return at
    return min(len(known), len(wanted))


def _merge(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: list[dict[str, Any]] = []
    for are_texts, run in groupby(blocks, lambda block: block.keys() == {"type", "text"}):
        alike = list(run)
        merged += [{"type": "text", "text": "".join(block["text"] for block in alike)}] if are_texts else alike
    return merged


def _digest(value: Sequence[Any]) -> bytes:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest() if value else b""
