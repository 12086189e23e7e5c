"""Makes one call over the network and keeps everything that comes back, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai

from conformance.exchange import Exchange, Json
from conformance.faces import arguments
from conformance.sdk import Door


def complete(door: Door, request: Json) -> Exchange:
    """Ask for a chat completion through the SDK's raw interface; `stream` is part of the request."""
    asked = {name: value for name, value in request.items() if name != "stream"}
    stream = {"stream": True} if request.get("stream") else {}
    with door.open() as client:
        call: Any = client.chat.completions.with_streaming_response
        try:
            with call.create(**arguments(asked), **stream) as response:
                return _keep(request, response, "/chat/completions")
        except openai.APIStatusError as error:
            return _keep(request, error.response, "/chat/completions")
        except openai.APIConnectionError as error:
            return _nothing(request, error, "/chat/completions")


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


@contextmanager
def abandoned(door: Door, request: Json) -> Iterator[bytes]:
    """Ask for a stream and leave after its first piece, which is the value."""
    with door.open() as client:
        call = client.chat.completions.with_streaming_response
        with call.create(**arguments(request), stream=True) as response:
            yield next(iter(response.iter_bytes()), b"")


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
