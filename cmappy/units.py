"""Times and sizes as people write them: `15m`, `1h30m`, `64MB`; a bare number is seconds, or bytes (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_BYTES = {"GB": 1 << 30, "MB": 1 << 20, "KB": 1 << 10, "B": 1}
_NUMBER = r"(\d+(?:\.\d+)?)"
_TIME = re.compile(rf"(?:{_NUMBER}d)?(?:{_NUMBER}h)?(?:{_NUMBER}m(?:in)?)?(?:{_NUMBER}s(?:ec)?)?(?:{_NUMBER}ms)?")
_SIZE = re.compile(rf"{_NUMBER}([KMG]?)I?B?")


@dataclass(frozen=True, slots=True)
class Unit:
    """How a number is shown, and what a flag's value is called in `--help`."""

    metavar: str
    show: Callable[[float], str]


def read_seconds(value: Any) -> Any:
    """Return seconds for a text as `1h30m`, a number as it is; raises ValueError."""
    text = _text(value).lower()
    if not text:
        return value
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("must be a time, e.g. 90, 15m or 1h30m")
    return sum(float(part) * size for part, size in zip(found.groups("0"), _MILLISECONDS.values(), strict=True)) / 1000


def read_bytes(value: Any) -> Any:
    """Return bytes for a text as `64MB` (1 MB is 1024 KB), a number as it is; raises ValueError."""
    text = _text(value).upper()
    if not text:
        return value
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError("must be a size, e.g. 64MB or 500KB")
    return int(float(found[1]) * _BYTES[f"{found[2]}B"])


def show_seconds(value: float) -> str:
    """Return a time as `read_seconds` reads it, in whole numbers of ever smaller units."""
    rest, shown = round(value * 1000), ""
    if not rest:
        return f"{value:g}s"
    for name, size in _MILLISECONDS.items():
        count, rest = divmod(rest, size)
        shown += f"{count}{name}" if count else ""
    return shown


def show_bytes(value: float) -> str:
    """Return a size as `read_bytes` reads it, in the largest unit that leaves a whole number."""
    name, size = next((name, size) for name, size in _BYTES.items() if not value % size and (value or size == 1))
    return f"{int(value) // size}{name}"


def _text(value: Any) -> str:
    """Return the text that has to be read, without blanks; nothing for a number, or for what looks like one."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    return "" if re.fullmatch(r"[-+]?\d*\.?\d*", text) else text


Seconds = Annotated[float, BeforeValidator(read_seconds), Unit("TIME", show_seconds)]
Bytes = Annotated[int, BeforeValidator(read_bytes), Unit("SIZE", show_bytes)]
