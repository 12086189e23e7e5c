"""A request as this server sees it: admitted before its body is read, and remembered until it ends."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, cast

from sanic import Request
from sanic.http import Http

from cmappy.errors import CmappyError, RequestTimeout, TooLarge
from cmappy.middle.body import parse
from cmappy.server.connection import Connection
from cmappy.server.guard import Client
from cmappy.server.structure import Structure
from cmappy.server.trace import Trace

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "NONE"}
_BODY_TIMEOUT = 120.0  # seconds


class ClientRequest(Request):
    """A request that has a trace; its body is not read unless the guard admits it."""

    __slots__ = ("_client", "trace")

    def __init__(self, url_bytes: bytes, **more: Any) -> None:
        # Sanic makes a request without a head to answer one that it cannot read; its URL may be what is unreadable.
        super().__init__(url_bytes if more.get("head") else b"*", **more)
        self.trace = Trace(f"req_{secrets.token_hex(12)}", self.method if self.method in _METHODS else "other")
        self._client: Client | None = None

    def admit(self) -> Client:
        """Return who asks; raises what the guard raises if it refuses the request, and closes the connection then."""
        if self._client is None:
            try:
                self._client = self.app.ctx.guard.admit(self.method, self.path, self.headers, self.head)
            except CmappyError:
                self.close()
                raise
        return self._client

    @property
    def client(self) -> Client:
        """Who asks; raises what `admit` raises."""
        return self.admit()

    @property
    def readable(self) -> bool:
        """Whether this is a request, and not what stands for one that cannot be read."""
        return bool(self.head)

    def load_json(self, loads: Any = None) -> Any:
        """Parse the body; raises InvalidRequest. Halves of characters in it are replaced."""
        self.parsed_json = parse(self.body)
        return self.parsed_json

    async def receive_body(self) -> None:
        """Read the body; raises what `admit` raises, TooLarge, InvalidRequest, Busy and RequestTimeout."""
        self.admit()
        max_size, declared = self.app.config.REQUEST_MAX_SIZE, self._http.request_bytes or 0
        if declared > max_size:
            raise TooLarge(f"The body has {declared} bytes, {max_size} are allowed. Send less, or raise `--max-body`.")
        self._connection.hold(declared)  # where there is not enough memory, nothing is read
        body, structure = bytearray(), Structure()
        try:
            async with asyncio.timeout(_BODY_TIMEOUT):
                async for data in self._http:
                    structure.feed(data)
                    body += data
                    self._connection.hold(len(body))
        except TimeoutError as error:
            raise RequestTimeout(f"The body did not arrive within {_BODY_TIMEOUT:g} seconds.") from error
        self.body = bytes(body)
        self._connection.listen()

    @property
    def unread(self) -> bool:
        """Whether there is a body that has not been read to its end."""
        return bool(self._http.request_body)

    def close(self) -> None:
        """Let the connection end with this request's response, and read no more from it."""
        self._http.keep_alive = False
        self._http.request_body = None
        self._http.expecting_continue = False
        self._connection.deafen()

    @property
    def _http(self) -> Http:
        return cast(Http, self.stream)

    @property
    def _connection(self) -> Connection:
        return cast(Connection, self.protocol)
