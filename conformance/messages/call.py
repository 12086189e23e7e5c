"""Calls `POST /messages` through the SDK, so that its own headers are sent, and keeps what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.common import capture
from conformance.common.door import Door
from conformance.common.exchange import Exchange, Json
from conformance.messages.client import opened
from conformance.messages.faces import arguments

URL = "/messages"


def create(door: Door, request: Json) -> Exchange:
    """Ask for a message; `stream` is part of the request."""
    with opened(door) as client:
        call: Any = client.messages.with_streaming_response
        return capture.keep(request, URL, call.create(**arguments(request), **_streamed(request)))


@contextmanager
def abandoned(door: Door, request: Json) -> Iterator[bytes]:
    """Ask for a stream and leave after its first piece, which is the value."""
    with opened(door) as client:
        call: Any = client.messages.with_streaming_response
        with call.create(**arguments(request), stream=True) as response:
            yield next(iter(response.iter_bytes()), b"")


def _streamed(request: Json) -> Json:
    return {"stream": True} if request.get("stream") else {}
