"""How much one request may hold, checked before it is taken apart, and once more with what it refers to (pure)."""

from __future__ import annotations

from typing import Any

from cmappy.errors import TooLarge
from cmappy.turn import ToolResult, Turn

_CONVERSATIONS = ("messages", "input")  # a field has one of these names, whatever the API


def check(body: Any, *, messages: int, parts: int) -> Any:
    """Return the parsed body; raises TooLarge if it has more messages, or they or the system text have more parts."""
    if not isinstance(body, dict):
        return body
    for name in _CONVERSATIONS:
        if isinstance(listed := body.get(name), list):
            _bound("The request", len(listed), "messages", messages, "--max-messages", name)
            _bound("The messages", sum(map(_parts, listed)), "content parts", parts, "--max-parts", name)
    _bound("The system text", _parts(body.get("system")), "content parts", parts, "--max-parts", "system")
    return body


def check_turn(turn: Turn, *, messages: int, parts: int) -> Turn:
    """Return the turn; raises TooLarge if its conversation is longer, with all that is kept here of it."""
    blocks = [block for message in turn.messages for block in message.content]
    results = sum(len(block.content) for block in blocks if isinstance(block, ToolResult))
    _bound("The whole conversation", len(turn.messages), "messages", messages, "--max-messages")
    # A message whose content is a string, and a call, have no part and become a block.
    _bound("The whole conversation", len(blocks) + results, "content parts", messages + parts, "--max-parts")
    return turn


def _bound(whose: str, found: int, what: str, most: int, flag: str, param: str | None = None) -> None:
    if found > most:
        has = "have" if whose.endswith("s") else "has"
        raise TooLarge(
            f"{whose} {has} {found} {what}, and {most} are allowed. Send fewer, or raise `{flag}`.", param=param
        )


def _parts(value: Any) -> int:
    """Return how many parts there are in a list, or in those of an object: its content, and that of parts in it."""
    if isinstance(value, list):
        return len(value) + sum(map(_parts, value))
    return sum(_parts(value[name]) for name in ("content", "output") if name in value) if isinstance(value, dict) else 0
