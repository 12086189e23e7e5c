"""What an image's first bytes tell of it: its type and its size, without decoding it (pure).

An image without a size the CLI replaces by a sentence of its own, in silence.
"""

from __future__ import annotations

from typing import NamedTuple

_MOST_SEGMENTS = 1000  # of a JPEG, fill bytes included, before the one that tells its size


class Picture(NamedTuple):
    """An image's media type and its size in pixels; 0 where the bytes end before they tell it."""

    media_type: str
    width: int = 0
    height: int = 0


def look(data: bytes) -> Picture | None:
    """Return what the first bytes tell; None if they are those of no image that the API takes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture("image/png", _big(data, 16, 4), _big(data, 20, 4))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Picture("image/gif", _little(data, 6, 2), _little(data, 8, 2))
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(data: bytes) -> Picture:
    """Go from segment to segment to the frame's header; thumbnails inside of others are no part of that."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        marker = _big(data, at, 2) & 0xFF
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return Picture("image/jpeg", _big(data, at + 7, 2), _big(data, at + 5, 2))
        else:
            at += 2 + _big(data, at + 2, 2)
    return Picture("image/jpeg")


def _webp(data: bytes) -> Picture:
    match data[12:16]:
        case b"VP8 ":
            return Picture("image/webp", _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF)
        case b"VP8L":
            size = _little(data, 21, 4)
            return Picture("image/webp", (size & 0x3FFF) + 1, (size >> 14 & 0x3FFF) + 1) if size else _UNKNOWN_WEBP
        case b"VP8X":
            width, height = _little(data, 24, 3), _little(data, 27, 3)
            return Picture("image/webp", width + 1, height + 1) if len(data) >= 30 else _UNKNOWN_WEBP
    return _UNKNOWN_WEBP


_UNKNOWN_WEBP = Picture("image/webp")


def _big(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "big") if len(data) >= at + length else 0


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little") if len(data) >= at + length else 0
