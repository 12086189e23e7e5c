"""A client's connection: what it may hold in memory, how long a request's head may take, and how it ends.

Everything here mends what Sanic's own protocol leaves open, with as little of Sanic's inside as that needs.
"""

from __future__ import annotations

from typing import Any, cast

from sanic.http import Http, Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from cmappy.errors import Busy

BUFFER = 1 << 18  # bytes that arrive and that nobody reads, beyond which the connection is not read either
_LINGER = 1.0  # seconds
_RETRY_AFTER = 5.0  # seconds


class Budget:
    """The memory, in bytes, that all request bodies may take together."""

    def __init__(self, max_held: int) -> None:
        self._max_held = max_held
        self.held = 0

    def change(self, size: int) -> None:
        """Take so many bytes, or return them; raises Busy if there are not as many."""
        if size > 0 and self.held + size > self._max_held:
            raise Busy(
                f"The requests that this server is reading or answering have {self._max_held} bytes together, "
                "which is its limit (`--max-body-memory`). Try again later.",
                retry_after=_RETRY_AFTER,
            )
        self.held += size


class _Http(Http):
    """Reads one request after the other."""

    def init_for_request(self) -> None:
        """Forget the request before."""
        cast(Connection, self.protocol).release()
        super().init_for_request()  # type: ignore[no-untyped-call]


class Connection(HttpProtocol):
    """One connection; its requests come one after the other."""

    HTTP_CLASS = _Http
    __slots__ = ("_deaf", "_held")

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._held = 0
        self._deaf = False

    def hold(self, size: int) -> None:
        """Count the current request's body as so large; raises Busy if that is more than the server has memory for."""
        if size > self._held:
            self.app.ctx.budget.change(size - self._held)
            self._held = size

    def release(self) -> None:
        """Forget the request's body."""
        self.app.ctx.budget.change(-self._held)
        self._held = 0

    def listen(self) -> None:
        """Go on reading, now that the body is complete: a client that leaves is noticed only by reading."""
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def deafen(self) -> None:
        """Read nothing more."""
        self._deaf = True
        if self.transport and not self.transport.is_closing():
            self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Take note of bytes; the time for a request's head does not begin again with each of them."""
        began, reading_head = self._time, self.http is not None and self.http.stage is Stage.REQUEST
        super().data_received(data)
        if reading_head:
            self._time = began

    def close(self, timeout: float | None = None) -> None:
        """Close the connection; a client that is still sending gets time to read the response.

        What arrives and is not read makes the system reset the connection, and a client may lose the response by that.
        """
        if not self._deaf or self.transport is None or self.transport.is_closing():
            super().close(timeout)
            return
        self._deaf = False
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER, super().close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        self.release()
        super().connection_lost(exc)  # type: ignore[no-untyped-call]
