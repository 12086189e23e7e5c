"""Frames on their way to a client: those ready together leave in one write, and a slow client slows its answer."""

from __future__ import annotations

import asyncio


class Outbox:
    """A buffer between the task that makes frames and the one that sends them; it is full beyond `max_size` bytes."""

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._frames: list[bytes] = []
        self._size = 0
        self._error: Exception | None = None
        self._closed = False
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    async def put(self, frame: bytes) -> None:
        """Add a frame; waits while the buffer is full."""
        self._frames.append(frame)
        self._size += len(frame)
        self._filled.set()
        if self._size > self._max_size:
            self._emptied.clear()
            await self._emptied.wait()

    def close(self, error: Exception | None = None) -> None:
        """End the frames, early if there is an error."""
        self._closed, self._error = True, error
        self._filled.set()

    async def take(self, timeout: float | None = None) -> bytes | None:
        """Return all buffered frames, None after the last; empty if none came within `timeout` seconds.

        Raises the error that ended them, once all frames before it are taken.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._filled.wait()
        except TimeoutError:
            return b""
        frames = b"".join(self._frames)
        self._frames.clear()
        self._size = 0
        self._emptied.set()
        if not self._closed:
            self._filled.clear()
        elif not frames:
            if self._error:
                raise self._error
            return None
        return frames
