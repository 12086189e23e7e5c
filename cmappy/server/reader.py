"""The client of a stream, who may read slowly, but not stand still."""

from __future__ import annotations

import asyncio
from typing import cast

from sanic.response import BaseHTTPResponse

from cmappy.server.request import ClientRequest

_BEHIND = 1 << 14  # bytes in the transport's buffer below which Sanic's `send` never waits


class Reader:
    """Sends frames; a client that takes nothing of what waits for it for `patience` seconds is given up."""

    def __init__(self, request: ClientRequest, response: BaseHTTPResponse, patience: float) -> None:
        self._trace = request.trace
        self._transport = cast(asyncio.Transport, request.transport)  # Sanic declares only a part of it
        self._response = response
        self._patience = patience

    async def send(self, frames: bytes) -> None:
        """Send frames as soon as the client has taken most of those before; cancelled if it leaves or is given up."""
        left = self._transport.get_write_buffer_size()
        if left < _BEHIND:
            await self._response.send(frames)
            return
        sending = asyncio.create_task(self._response.send(frames))
        try:
            while not (await asyncio.wait({sending}, timeout=self._patience))[0]:
                before, left = left, self._transport.get_write_buffer_size()
                if left >= before:
                    self._trace.error = "client_stalled"
                    self._transport.abort()
                    break
            await sending
        finally:
            sending.cancel()
