"""A custom tool takes plain text, a function takes JSON: the text travels as `{"input": "..."}` (pure).

The model's pieces may end anywhere, in the middle of an escape too; what cannot be read yet waits.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
    "additionalProperties": False,
}
HINT = "Give the whole input of this tool as the string `input`."

_BEGINNING = re.compile(r'\s*\{\s*"input"\s*:\s*"')
_CHARACTERS = re.compile(  # whole ones; the low half of a surrogate pair comes with its high half
    r'(?:[^"\\]++|\\["\\/bfnrt]|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4})*'
)


def wrap(text: str) -> str:
    """Return the JSON object that stands for a plain text."""
    return orjson.dumps({"input": text}).decode()


class Freeform:
    """Takes the pieces of the JSON text apart; `text` is the plain text so far."""

    def __init__(self) -> None:
        self._json = ""
        self._read: int | None = None  # how much of the JSON text has been read, once the string has begun
        self.text = ""

    def feed(self, piece: str) -> str:
        """Return what a piece adds to the plain text."""
        self._json += piece
        if self._read is None:
            begun = _BEGINNING.match(self._json)
            if not begun:
                return ""
            self._read = begun.end()
        found = _CHARACTERS.match(self._json, self._read)
        return self._add(self._json[self._read : found.end()] if found else "")

    def close(self) -> str:
        """Return what is still missing once all pieces are there: everything, if they are no such object."""
        whole = _only_text(self._json)
        missing = whole[len(self.text) :] if whole.startswith(self.text) else ""
        self.text += missing
        return missing

    def _add(self, escaped: str) -> str:
        self._read = (self._read or 0) + len(escaped)
        added = _unescape(escaped) if escaped else ""
        self.text += added
        return added


def _unescape(escaped: str) -> str:
    """Return what stands between the quotes; a line end is taken as it is, although JSON wants it escaped."""
    text: str = json.loads(f'"{escaped}"', strict=False)
    return text.encode(errors="replace").decode()  # half a surrogate pair has no bytes


def _only_text(given: str) -> str:
    """Return the input of an object whose keys stand in another order, or the JSON text itself."""
    try:
        value: Any = orjson.loads(given)
    except orjson.JSONDecodeError:
        return given
    text = value.get("input") if isinstance(value, dict) else None
    return text if isinstance(text, str) else given
