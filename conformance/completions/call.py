"""Calls `POST /completions` through the SDK, so that its own headers are sent, and keeps what comes back."""

from __future__ import annotations

from typing import Any

from conformance.common import capture
from conformance.common.door import Door
from conformance.common.exchange import Exchange, Json
from conformance.completions.faces import arguments

URL = "/completions"


def complete(door: Door, request: Json) -> Exchange:
    """Ask for a completion; `stream` is part of the request."""
    asked = {name: value for name, value in request.items() if name != "stream"}
    stream = {"stream": True} if request.get("stream") else {}
    with door.open() as client:
        call: Any = client.completions.with_streaming_response
        return capture.keep(request, URL, call.create(**arguments(asked), **stream))
