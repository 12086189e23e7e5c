"""The exact bytes of an answer as a text to review: what differs each time is replaced."""

from __future__ import annotations

import re

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from conformance.common.exchange import Exchange

_SHOWN = ("content-type", "cache-control", "x-accel-buffering", "retry-after", "x-should-retry", "x-cmappy-ignored")


class Wire(SingleFileSnapshotExtension):
    """One text file for each answer."""

    file_extension = "http"
    _write_mode = WriteMode.TEXT


def readable(exchange: Exchange, replaced: dict[str, str]) -> str:
    """Return status, headers and body; `replaced` has what to put for each match of a pattern in the body."""
    headers = "".join(f"{name}: {exchange.headers[name]}\n" for name in _SHOWN if name in exchange.headers)
    body = exchange.body.decode()
    for pattern, text in replaced.items():
        body = re.sub(pattern, text, body)
    return f"{exchange.status}\n{headers}\n{body}"
