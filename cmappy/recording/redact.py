"""Replaces what the user calls secret, in a turn and in the lines that answer it (pure).

A secret that is divided among the pieces of an answer is found: a block's pieces are searched as one text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import orjson

from cmappy.recording.pieces import Block, Pieces, with_text

_STRUCTURE = {"type", "id", "role", "model", "signature", "stop_reason", "subtype"}  # never what somebody said


def in_value(value: Any, replace: Callable[[str], str], key: str = "") -> Any:
    """Return a JSON value with its texts replaced; names of properties, base64 and the like stay."""
    if isinstance(value, str):
        return value if key in _STRUCTURE else replace(value)
    if isinstance(value, list):
        return [in_value(item, replace, key) for item in value]
    if isinstance(value, dict):
        if value.get("type") == "base64":
            return value
        inside = key in ("input", "arguments")  # there a property named `type` is one like any other
        return {name: in_value(item, replace, key if inside else name) for name, item in value.items()}
    return value


def in_lines(lines: Sequence[bytes], replace: Callable[[str], str]) -> list[bytes]:
    """Return the lines with all their texts replaced; a piece of which nothing is left goes."""
    done: list[bytes | None] = list(lines)
    pieces: set[int] = set()
    for block in Pieces(lines).blocks():
        pieces.update(block.at)
        for at, text in zip(block.at, _block(block, replace), strict=True):
            done[at] = with_text(lines[at], text) if text else None
    for at, line in enumerate(lines):
        if at not in pieces:
            done[at] = _line(line, replace)
    return [line for line in done if line is not None]


def is_left(turn: Any, lines: Sequence[bytes], replace: Callable[[str], str]) -> bool:
    """Return whether there is something to replace, as in what was recorded before somebody called it secret."""
    return in_value(turn, replace) != turn or in_lines(lines, replace) != in_lines(lines, str)


def _line(line: bytes, replace: Callable[[str], str]) -> bytes:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return replace(line.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    replaced = in_value(said, replace)
    return line if replaced == said else orjson.dumps(replaced)


def _block(block: Block, replace: Callable[[str], str]) -> list[str]:
    """Return the texts of a block's pieces, cut where they were cut as far as nothing was replaced."""
    whole = "".join(block.texts)
    replaced = _arguments(whole, replace) if block.kind == "input_json_delta" else replace(whole)
    if replaced == whole:
        return block.texts
    # Bounds before the first and behind the last difference stay; what is between them comes as one piece.
    start = _common(whole, replaced)
    end = min(_common(whole[::-1], replaced[::-1]), len(whole) - start, len(replaced) - start)
    pieces, at = [], 0
    for bound in accumulate(map(len, block.texts)):
        if bound > start:
            bound = bound + len(replaced) - len(whole) if bound >= len(whole) - end else start
        pieces.append(replaced[at : max(at, bound)])
        at = max(at, bound)
    return pieces


def _common(one: str, other: str) -> int:
    length = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        length += 1
    return length


def _arguments(written: str, replace: Callable[[str], str]) -> str:
    """Return a call's arguments replaced value by value, so that they stay JSON; as text where they are none."""
    try:
        said = orjson.loads(written)
    except orjson.JSONDecodeError:
        return replace(written)
    replaced = in_value(said, replace, "input")
    return written if replaced == said else orjson.dumps(replaced).decode()
