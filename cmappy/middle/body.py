"""The JSON of a request's body, also with halves of characters in it, which no other text can hold (pure).

Clients cut texts between the two escapes of an emoji. JSON allows that, and its strict readers do not.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import orjson

from cmappy.errors import InvalidRequest
from cmappy.middle.characters import whole

# A pair of halves, one of them without the other, and any other escape: a backslash may be escaped itself.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_RAW = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_MOST_ESCAPES = 1_000_000  # in a body with halves: each takes a moment


def parse(body: bytes) -> Any:
    """Return what a body says; halves of characters are joined where they meet, and replaced where one is missing.

    Raises InvalidRequest for what is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        said = str(error)
    if body.count(b"\\") < _MOST_ESCAPES and (repaired := _whole(body)) != body:
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(repaired)
    raise InvalidRequest(f"The body is no valid JSON: {said}.")


def _whole(body: bytes) -> bytes:
    """Return a body without halves; it is searched, never read by a slower reader, which nothing could interrupt."""
    return _RAW.sub(_joined, _ESCAPE.sub(_kept, body))


def _kept(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]


def _joined(halves: re.Match[bytes]) -> bytes:
    return whole(halves[0].decode(errors="surrogatepass")).encode()
