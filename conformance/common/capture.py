"""Makes one call over the network and keeps everything that comes back, whatever it is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from conformance.common.door import Door
from conformance.common.exchange import Exchange, Json


def keep(request: Json, url: str, call: AbstractContextManager[Any]) -> Exchange:
    """Make a call through an SDK's `with_streaming_response` and keep its response, or what it raised instead."""
    try:
        with call as response:
            return _keep(request, response, url)
    except Exception as error:  # each SDK has its own classes: one has a response, the other never got any
        if (response := getattr(error, "response", None)) is not None:
            return _keep(request, response, url)
        return _nothing(request, error, url)


def fetch(door: Door, method: str, url: str, *, content: bytes | None = None, **headers: str) -> Exchange:
    """Send anything else: another method, another URL, a body that no SDK would send. The URL is as after `/v1`."""
    base = door.url.rstrip("/")
    sent = {"authorization": f"Bearer {door.key}", "content-type": "application/json", **door.headers, **headers}
    with door.http() as client:
        try:
            with client.stream(method, base + url, content=content, headers=sent) as response:
                return _keep({}, response, url)
        except door.library.TransportError as error:
            return _nothing({}, error, url)


def _keep(request: Json, response: Any, url: str) -> Exchange:
    pieces: list[bytes] = []
    cut = False
    try:
        # `extend` keeps what has arrived when the rest does not.
        pieces.extend([response.content] if response.is_closed else response.iter_bytes())
    except Exception as error:  # which one depends on the SDK's version, and on whose HTTP library it got
        cut = True
        pieces = pieces or [f"the connection broke: {error!r}".encode()]
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Exchange(request, response.status_code, headers, tuple(pieces), cut, url=url)


def _nothing(request: Json, error: Exception, url: str) -> Exchange:
    why = error.__cause__ or error
    return Exchange(request, 0, {}, (f"no response: {why!r}".encode(),), cut=True, url=url)
