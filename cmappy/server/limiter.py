"""How many answers are generated concurrently, and which requests wait for a slot.

A request is admitted, waits in order of arrival, holds a slot while its answer is generated, and counts as admitted
until its client has read all of it: no more than `max_running + max_waiting` requests and answers are ever in memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from cmappy.errors import Busy, Stopping, TimedOut

_RETRY_AFTER = 5.0  # seconds; about the time that a short answer takes


class Limiter:
    """Grants `max_running` slots; `max_waiting` requests may wait for one, each for `wait_timeout` seconds."""

    def __init__(self, *, max_running: int, max_waiting: int, wait_timeout: float) -> None:
        self._max_running, self._max_waiting, self._wait_timeout = max_running, max_waiting, wait_timeout
        self._admitted = 0
        self._running = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timers: set[asyncio.Timeout] = set()
        self._stopped = False

    @property
    def running(self) -> int:
        """The number of answers that are being generated."""
        return self._running

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a slot."""
        return len(self._waiters)

    @property
    def unread(self) -> int:
        """The number of answers that are complete, and whose clients still read them."""
        return self._admitted - self._running - len(self._waiters)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Count a request as long as the block lasts; raises Busy or Stopping at its beginning."""
        if self._stopped:
            raise _stopping()
        if self._admitted >= self._max_running + self._max_waiting:
            raise Busy(
                f"This server answers {self._max_running} requests at once and lets {self._max_waiting} wait, and all "
                "these slots are taken. Try again later, or raise `--queue`.",
                retry_after=_RETRY_AFTER,
            )
        self._admitted += 1
        try:
            yield
        finally:
            self._admitted -= 1

    @asynccontextmanager
    async def slot(self, total_timeout: float) -> AsyncIterator[None]:
        """Wait for a slot, and hold it for the block, which may take `total_timeout` seconds.

        Raises Busy if no slot became free in time, TimedOut if the block took too long, Stopping after `stop`.
        """
        await self._acquire()
        try:
            async with asyncio.timeout(total_timeout) as timer:
                self._timers.add(timer)
                try:
                    yield
                finally:
                    self._timers.discard(timer)
        except TimeoutError as error:
            if not timer.expired():
                raise
            if self._stopped:
                raise _stopping() from error
            raise TimedOut(f"The answer was not complete after {total_timeout:g} seconds.") from error
        finally:
            self._release()

    def stop(self) -> None:
        """End all answers and all waiting with an error that says why; admit no more."""
        self._stopped = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(_stopping())
        for timer in self._timers:
            if not timer.expired():
                timer.reschedule(asyncio.get_running_loop().time())

    async def _acquire(self) -> None:
        if self._stopped:
            raise _stopping()
        if self._running < self._max_running:
            self._running += 1
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(self._wait_timeout):
                await waiter
        except BaseException as error:
            if waiter not in self._waiters:
                self._release()  # the slot was granted just as the waiter left; pass it on
            else:
                self._waiters.remove(waiter)
            if isinstance(error, TimeoutError):
                raise Busy(
                    f"No slot became free within {self._wait_timeout:g} seconds. Try again later, or raise "
                    "`--max-concurrency` or `--queue-timeout`.",
                    retry_after=_RETRY_AFTER,
                ) from error
            raise

    def _release(self) -> None:
        """Grant the slot to the first waiter, or free it."""
        for waiter in self._waiters:
            if not waiter.done():  # otherwise it is about to leave
                self._waiters.remove(waiter)
                waiter.set_result(None)
                return
        self._running -= 1


def _stopping() -> Stopping:
    return Stopping("This server is being stopped. Try again when it runs again.")
