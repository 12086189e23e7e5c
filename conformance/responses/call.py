"""Calls `POST /responses` through the SDK, so that its own headers are sent, and keeps what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.common import capture
from conformance.common.door import Door
from conformance.common.exchange import Exchange, Json
from conformance.responses.faces import arguments

URL = "/responses"


def create(door: Door, request: Json) -> Exchange:
    """Ask for a response; `stream` is part of the request."""
    asked = {name: value for name, value in request.items() if name != "stream"}
    stream = {"stream": True} if request.get("stream") else {}
    with door.open() as client:
        call: Any = client.responses.with_streaming_response
        return capture.keep(request, URL, call.create(**arguments(asked), **stream))


@contextmanager
def abandoned(door: Door, request: Json) -> Iterator[bytes]:
    """Ask for a stream and leave after its first piece, which is the value."""
    with door.open() as client:
        call = client.responses.with_streaming_response
        with call.create(**arguments(request), stream=True) as response:
            yield next(iter(response.iter_bytes()), b"")
