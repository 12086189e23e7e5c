"""The official SDK as the suite uses it: on a live server, or on captured bytes that are served to it from memory."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
from openai import AsyncOpenAI, OpenAI

from conformance.common.exchange import Exchange, Json

# The SDK moved from httpx to httpx2 with version 3; what it uses is what its own client class is made of.
http: Any = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]

_BODY_FRAMING = {"content-encoding", "content-length", "transfer-encoding"}


@dataclass(frozen=True)
class Door:
    """How the SDK reaches an answer: over the network, or from memory. `library` is the HTTP library underneath."""

    url: str = "http://captured.invalid/v1"
    key: str = "unused"
    strict: bool = False
    retries: int = 0
    timeout: float = 120
    transport: Canned | None = None
    headers: Json = field(default_factory=dict)
    library: Any = http

    def open(self) -> OpenAI:
        """Return a client."""
        return OpenAI(**self._options(), http_client=self.http())

    def open_async(self) -> AsyncOpenAI:
        """Return an async client."""
        return AsyncOpenAI(**self._options(), http_client=self.http_async())

    def http(self) -> Any:
        """Return a client of the HTTP library underneath."""
        return self.library.Client(**self._connection())

    def http_async(self) -> Any:
        """Return an async client of it."""
        return self.library.AsyncClient(**self._connection())

    def _options(self) -> Json:
        return {
            "base_url": self.url,
            "api_key": self.key,
            "max_retries": self.retries,
            "timeout": self.timeout,
            "_strict_response_validation": self.strict,
            "default_headers": self.headers,
        }

    def _connection(self) -> Json:
        # A proxy of the environment must not come between the suite and a server on the same machine.
        local = "127.0.0.1" in self.url or "localhost" in self.url or self.transport is not None
        return {"transport": self.transport, "timeout": self.timeout, "trust_env": not local}


class _Body(http.SyncByteStream, http.AsyncByteStream):  # type: ignore[misc]
    """Captured bytes, in the pieces they came in; ends with an error if the connection did."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        yield from self._exchange.pieces
        if self._exchange.cut:
            raise http.RemoteProtocolError("peer closed connection without sending complete message body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class Canned(http.BaseTransport, http.AsyncBaseTransport):  # type: ignore[misc]
    """Answers every request with the same captured bytes, and counts."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.requests = 0

    def handle_request(self, request: Any) -> Any:
        """Answer the sync client."""
        self.requests += 1
        headers = {name: value for name, value in self._exchange.headers.items() if name not in _BODY_FRAMING}
        return http.Response(self._exchange.status, headers=headers, stream=_Body(self._exchange), request=request)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer the async client."""
        return self.handle_request(request)
