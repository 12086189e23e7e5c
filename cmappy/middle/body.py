"""The JSON of a request's body, also with halves of characters in it, which no other text can hold (pure).

Clients cut texts between the two escapes of an emoji. JSON allows that, and its strict readers do not.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from cmappy.errors import InvalidRequest

_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
_MOST_ESCAPES = 1_000_000  # in a body that has to be read by the slower way


def parse(body: bytes) -> Any:
    """Return what a body says; halves of characters are joined where they meet, and replaced where one is missing.

    Raises InvalidRequest for what is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        said = str(error)
    if _HALF.search(body) and body.count(b"\\") < _MOST_ESCAPES:
        try:
            return orjson.loads(_whole(body))
        except (ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are such
            pass
    raise InvalidRequest(f"The body is no valid JSON: {said}.")


def _whole(body: bytes) -> str:
    read = json.loads(body.decode("utf-8", "surrogatepass"), parse_constant=_refuse)
    text = json.dumps(read, ensure_ascii=False)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
