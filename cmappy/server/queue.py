"""How many answers are made at once, and who waits for a place.

A request is admitted, waits in order of arrival, holds a place while its answer is made, and counts as admitted until
its client has read all of it. So no more than `most + length` requests and answers are ever in memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from cmappy.errors import Busy, Stopping, TimedOut

_RETRY_AFTER = 5.0  # seconds; about the time that a short answer takes


class Queue:
    """Gives `most` places; `length` requests may wait for one, each for `patience` seconds."""

    def __init__(self, *, most: int, length: int, patience: float) -> None:
        self._most, self._length, self._patience = most, length, patience
        self._admitted = 0
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._limits: set[asyncio.Timeout] = set()
        self._stopped = False

    @property
    def running(self) -> int:
        """The number of answers that are being made."""
        return self._running

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a place."""
        return len(self._waiting)

    @property
    def unread(self) -> int:
        """The number of answers that are complete, and whose clients still read them."""
        return self._admitted - self._running - len(self._waiting)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Count a request as long as the block lasts; raises Busy or Stopping at its beginning."""
        if self._stopped:
            raise _stopping()
        if self._admitted >= self._most + self._length:
            raise Busy(
                f"This server answers {self._most} requests at once and lets {self._length} wait, and all these places "
                "are taken. Try again later, or raise `--queue`.",
                retry_after=_RETRY_AFTER,
            )
        self._admitted += 1
        try:
            yield
        finally:
            self._admitted -= 1

    @asynccontextmanager
    async def place(self, limit: float) -> AsyncIterator[None]:
        """Wait for a place, and hold it for the block, which may take `limit` seconds.

        Raises Busy if there was no place in time, TimedOut if the block took too long, Stopping when told to stop.
        """
        await self._take()
        try:
            async with asyncio.timeout(limit) as timer:
                self._limits.add(timer)
                try:
                    yield
                finally:
                    self._limits.discard(timer)
        except TimeoutError as error:
            if not timer.expired():
                raise
            if self._stopped:
                raise _stopping() from error
            raise TimedOut(f"The answer was not complete after {limit:g} seconds.") from error
        finally:
            self._give_up()

    def stop(self) -> None:
        """Break off all answers and send away all who wait, each with an error that says why; take no more."""
        self._stopped = True
        for place in self._waiting:
            if not place.done():
                place.set_exception(_stopping())
        for timer in self._limits:
            if not timer.expired():
                timer.reschedule(asyncio.get_running_loop().time())

    async def _take(self) -> None:
        if self._stopped:
            raise _stopping()
        if self._running < self._most:
            self._running += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(self._patience):
                await place
        except BaseException as error:
            if place not in self._waiting:
                self._give_up()  # the place came in the moment of leaving
            else:
                self._waiting.remove(place)
            if isinstance(error, TimeoutError):
                raise Busy(
                    f"No place became free within {self._patience:g} seconds. Try again later, or raise "
                    "`--max-concurrency` or `--queue-timeout`.",
                    retry_after=_RETRY_AFTER,
                ) from error
            raise

    def _give_up(self) -> None:
        """Hand a place to whoever waits longest, or let it be free."""
        for place in self._waiting:
            if not place.done():  # otherwise whoever waited is about to leave
                self._waiting.remove(place)
                place.set_result(None)
                return
        self._running -= 1


def _stopping() -> Stopping:
    return Stopping("This server is being stopped. Try again when it runs again.")
