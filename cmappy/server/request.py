"""A request as this server sees it: let in before its body is read, and remembered until it ends."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from sanic import Request

from cmappy.errors import RequestTimeout
from cmappy.server.guard import Client
from cmappy.server.trace import Trace

_BODY_PATIENCE = 120.0  # seconds


class ClientRequest(Request):
    """A request that has a trace; its body is not read unless the guard lets it in."""

    __slots__ = ("_client", "trace")

    def __init__(self, url_bytes: bytes, **more: Any) -> None:
        # Sanic makes a request without a head to answer one that it cannot read; its URL may be what is unreadable.
        super().__init__(url_bytes if more.get("head") else b"*", **more)
        self.trace = Trace(f"req_{secrets.token_hex(12)}", self.method)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """Who asks; raises Forbidden, Unauthorized or NotJson."""
        if self._client is None:
            self._client = self.app.ctx.guard.admit(self.method, self.path, self.headers)
        return self._client

    @property
    def readable(self) -> bool:
        """Whether this is a request, and not what stands for one that cannot be read."""
        return bool(self.head)

    async def receive_body(self) -> None:
        """Read the body; raises what `client` raises, and RequestTimeout."""
        assert self.client  # noqa: S101 (it raises)
        try:
            async with asyncio.timeout(_BODY_PATIENCE):
                await super().receive_body()  # type: ignore[no-untyped-call]
        except TimeoutError as error:
            raise RequestTimeout(f"The body did not arrive within {_BODY_PATIENCE:g} seconds.") from error
