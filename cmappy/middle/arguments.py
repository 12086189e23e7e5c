"""The arguments of a call as the API takes them back: always a JSON object (pure).

A model can be cut off in the middle of them, and a client can send what it likes. Anthropic's own advice for text that
is no object is to send it in one, under this key ("Fine-grained tool streaming"): so the model sees what it wrote.
"""

from __future__ import annotations

import orjson

from cmappy.middle.weight import depth_and_size

UNREADABLE = "INVALID_JSON"
_DEEPEST = 128  # levels; the JSON writer takes 254, of which a turn needs some


def as_object(text: str) -> str:
    """Return a call's arguments as the text of a JSON object, without surplus; of no arguments, an empty one."""
    if not text.strip():
        return "{}"
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = None
    if isinstance(read, dict) and (text.count("{") + text.count("[") < _DEEPEST or depth_and_size(read)[0] < _DEEPEST):
        return orjson.dumps(read).decode()
    return orjson.dumps({UNREADABLE: text}).decode()
