"""One request and everything that came back, byte for byte. Nothing here judges it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Missing:
    """What stands where a value should be and is not."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Unreadable(AssertionError):
    """There is nothing to look at: every check of such an answer fails, and says this."""


@dataclass(frozen=True)
class Exchange:
    """A request and its response. Header names are lower case; `cut` says that the connection ended too early."""

    request: Json
    status: int
    headers: Mapping[str, str]
    pieces: tuple[bytes, ...]
    cut: bool = False
    url: str = field(default="/chat/completions", kw_only=True)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)

    @property
    def text(self) -> str:
        """The body as text, shortened to what fits a message."""
        return self.body.decode("utf-8", "replace")[:300]

    def json(self) -> Any:
        """Return the body as JSON; MISSING if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return MISSING


def pick(value: Any, *path: str | int) -> Any:
    """Return what stands at a path of keys and indices, or MISSING."""
    for step in path:
        try:
            value = value[step]
        except (TypeError, KeyError, IndexError):
            return MISSING
    return value


def is_integer(value: Any) -> bool:
    """Tell whether a JSON value is a whole number; neither true nor 1.0 is."""
    return type(value) is int


def is_text(value: Any) -> bool:
    """Tell whether a JSON value is a string that says something."""
    return isinstance(value, str) and bool(value)


def is_json_object(text: Any) -> bool:
    """Tell whether a value is a string that holds a JSON object."""
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict)
    except ValueError:
        return False


def without(items: Iterable[Any], allowed: Iterable[Any]) -> list[Any]:
    """Return the items that are not allowed, compared by type and value, so that 0 is not false."""
    known = [(type(item), item) for item in allowed]
    return [item for item in items if (type(item), item) not in known]
