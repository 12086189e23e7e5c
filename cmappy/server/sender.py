"""Sends a stream to its client, which may read slowly but must not stall."""

from __future__ import annotations

import asyncio
from typing import cast

from sanic.response import BaseHTTPResponse

from cmappy.server.request import ClientRequest

_BEHIND = 1 << 14  # bytes in the transport's buffer below which Sanic's `send` never waits


class Sender:
    """Sends frames; drops a client that reads nothing of what is buffered for it for `stall_timeout` seconds."""

    def __init__(self, request: ClientRequest, response: BaseHTTPResponse, stall_timeout: float) -> None:
        self._trace = request.trace
        self._transport = cast(asyncio.Transport, request.transport)  # Sanic declares only a part of it
        self._response = response
        self._stall_timeout = stall_timeout

    async def send(self, frames: bytes) -> None:
        """Send frames once the client has read most of those before; cancelled if it leaves or is dropped."""
        left = self._transport.get_write_buffer_size()
        if left < _BEHIND:
            await self._response.send(frames)
            return
        sending = asyncio.create_task(self._response.send(frames))
        try:
            while not (await asyncio.wait({sending}, timeout=self._stall_timeout))[0]:
                before, left = left, self._transport.get_write_buffer_size()
                if left >= before:
                    self._trace.error = "client_stalled"
                    self._transport.abort()
                    break
            await sending
        finally:
            sending.cancel()
