"""How much one request may hold, checked before it is taken apart (pure)."""

from __future__ import annotations

from typing import Any

from cmappy.errors import TooLarge


def check(body: Any, *, messages: int, parts: int) -> Any:
    """Return the parsed body; raises TooLarge if it has more messages, or they have more parts together."""
    listed = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        return body
    if len(listed) > messages:
        raise TooLarge(
            f"The request has {len(listed)} messages, and {messages} are allowed. Send fewer, or raise "
            "`--max-messages`.",
            param="messages",
        )
    contents = (message.get("content") for message in listed if isinstance(message, dict))
    found = sum(len(content) for content in contents if isinstance(content, list))
    if found > parts:
        raise TooLarge(
            f"The messages have {found} content parts, and {parts} are allowed. Send fewer, or raise `--max-parts`.",
            param="messages",
        )
    return body
