"""A custom tool takes plain text, a function takes JSON: the text travels as `{"input": "..."}` (pure).

The model's pieces may end anywhere, in the middle of an escape too; what cannot be read yet waits.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from cmappy.middle.characters import whole

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
_REST = re.compile(r'(?:[^"\\]++|\\.)*', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_MEANT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


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
        """Return what is still missing once all pieces are there: everything, if they are no such object.

        Of a string that JSON does not allow, what it can mean: half a character, or a backslash that nobody escaped.
        """
        if self._read is None:
            self.text = _only_text(self._json)
            return self.text
        found = _REST.match(self._json, self._read)
        return self._add(found[0] if found else "")

    def _add(self, escaped: str) -> str:
        self._read = (self._read or 0) + len(escaped)
        added = _unescape(escaped)
        self.text += added
        return added


def _unescape(escaped: str) -> str:
    """Return what stands between the quotes; a line end is taken as it is, although JSON wants it escaped."""
    return whole(_ESCAPE.sub(_meant, escaped)) if "\\" in escaped else escaped


def _meant(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _MEANT.get(escape[2], escape[0])


def _only_text(given: str) -> str:
    """Return the input of an object whose keys stand in another order, or the JSON text itself."""
    try:
        value: Any = orjson.loads(given)
    except orjson.JSONDecodeError:
        return given
    text = value.get("input") if isinstance(value, dict) else None
    return text if isinstance(text, str) else given
