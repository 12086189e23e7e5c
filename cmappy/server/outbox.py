"""Frames on their way to a client: what is ready together leaves in one write, and a slow client slows its answer."""

from __future__ import annotations

import asyncio


class Outbox:
    """A buffer between the task that makes frames and the one that sends them; it is full beyond `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._frames: list[bytes] = []
        self._size = 0
        self._error: Exception | None = None
        self._closed = False
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    async def put(self, frame: bytes) -> None:
        """Add a frame; waits while too much is waiting already."""
        self._frames.append(frame)
        self._size += len(frame)
        self._filled.set()
        if self._size > self._most:
            self._emptied.clear()
            await self._emptied.wait()

    def close(self, error: Exception | None = None) -> None:
        """Say that no more frames come, and why if it is too early."""
        self._closed, self._error = True, error
        self._filled.set()

    async def take(self, pause: float | None = None) -> bytes | None:
        """Return all frames that wait, None after the last; empty if `pause` seconds have brought nothing.

        Raises the error that the outbox was closed with, once all frames before it are taken.
        """
        try:
            async with asyncio.timeout(pause):
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
