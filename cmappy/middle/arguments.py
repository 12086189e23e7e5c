"""The arguments of a call as the API takes them back: always a JSON object (pure).

A model can be cut off in the middle of them, and a client can send what it likes. Anthropic's own advice for text that
is no object is to send it in one, under this key ("Fine-grained tool streaming"): so the model sees what it wrote.
"""

from __future__ import annotations

import orjson

UNREADABLE = "INVALID_JSON"


def as_object(text: str) -> str:
    """Return a call's arguments as the text of a JSON object, without surplus; of no arguments, an empty one."""
    if not text.strip():
        return "{}"
    try:
        read = orjson.loads(text)
        if isinstance(read, dict):
            return orjson.dumps(read).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter for what is nested too deeply
        pass
    return orjson.dumps({UNREADABLE: text}).decode()
