"""Finds what hardly anybody wants to publish: keys, e-mail addresses, home folders (pure).

What is found in prompts and answers is told, not replaced: only the user knows whether it is a secret, and replacing
is done by `redact`. In the CLI's own lines it is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from cmappy.recording.pieces import Pieces
from cmappy.sensitive import ADDRESS, KEY

_ASSIGNED = re.compile(
    r"""(?:api|access|secret|auth|private|client)[_-]?(?:key|token|secret)|password|passwd|token|secret""",
    re.IGNORECASE,
)
_VALUE = re.compile(r"""["']?\s{0,3}[:=]\s{0,3}["']?([^\s"',;]{8,})""")
HOME = re.compile(r"(?<![\w/.])(?:/(?:home|Users)/[\w.-]+|/root(?=/)|[A-Za-z]:\\\\?Users\\\\?[\w.-]+)[^\s\"'<>]*")

_BASE64 = {"signature", "data"}  # a name in it means nothing


class Suspect(NamedTuple):
    """Something that looks like a secret: the file's line, counted from 1, what it looks like, and how it begins."""

    line: int
    kind: str
    excerpt: str


def find(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield where in a text something begins that looks like a secret, what it is, and the whole of it."""
    for kind, pattern in (("a key", KEY), ("an e-mail address", ADDRESS), ("a home folder", HOME)):
        yield from ((found.start(), kind, found[0]) for found in pattern.finditer(text))
    for name in _ASSIGNED.finditer(text):
        value = _VALUE.match(text, name.end())
        if value and any(letter.isdigit() for letter in value[1]):
            yield value.start(1), "a secret", value[1]


def suspects(data: bytes) -> list[Suspect]:
    """Return what looks like a secret in a recording's file, in the order of its lines, each once for a line."""
    found: dict[tuple[int, str], Suspect] = {}

    def note(line: int, kind: str, whole: str) -> None:
        if "<redacted>" not in whole and "<private>" not in whole:
            found.setdefault((line, whole), Suspect(line, kind, f"{whole[:8]}…"))

    lines = data.removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(lines, 1):
        for text in texts(_json(line)):
            for _, kind, whole in find(text):
                note(number, kind, whole)
    for block in Pieces(lines).blocks():
        ends, length = [], 0
        for piece in block.texts:
            length += len(piece)
            ends.append(length)
        for start, kind, whole in find("".join(block.texts)):
            at = next(at for at, end in enumerate(ends) if start < end)
            note(block.at[at] + 1, kind, whole)
    return sorted(found.values())


def texts(value: Any, key: str = "") -> Iterator[str]:
    """Yield all texts in a JSON value but what is base64."""
    if isinstance(value, str):
        if key not in _BASE64:
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, key)


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.decode(errors="replace")
