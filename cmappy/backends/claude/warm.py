"""Processes that were started ahead, and have been asked nothing yet."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from functools import partial

from cmappy.backends.claude.worker import Worker
from cmappy.backends.cli.process import Process
from cmappy.errors import CmappyError

log = logging.getLogger("cmappy")

_YOUNG = 10.0  # seconds; where a fresh process dies earlier than that, its successor would as well
_HEAD_START = 0.5  # seconds that a turn has before its process is replaced, because a start keeps a core busy


class Warm:
    """Keeps `most` fresh processes as long as there is `room()`; one is renewed after `age` seconds.

    `start` starts one; it is primed if `priming()`.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[Worker]],
        *,
        most: int,
        age: float,
        room: Callable[[], int],
        priming: Callable[[], bool],
    ) -> None:
        self._start, self._most, self._age, self._room, self._priming = start, most, age, room, priming
        self._fresh: OrderedDict[Worker, asyncio.TimerHandle] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids, the oldest first."""
        return tuple(worker.process.pid for worker in self._fresh)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The processes, the oldest first."""
        return tuple(self._fresh)

    def take(self) -> Worker | None:
        """Return one, which is now in the caller's hands; None if there is none."""
        while self._fresh:
            worker, timer = self._fresh.popitem(last=False)
            timer.cancel()
            if not worker.process.gone:
                return worker
        return None

    def refill(self) -> None:
        """Begin to start what is missing, one after the other, unless that goes on already."""
        if self._most and not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._fill(), context=Context())

    def refill_later(self) -> None:
        """Begin it once the turn that took one has had the machine for a moment."""
        asyncio.get_running_loop().call_later(_HEAD_START, self.refill, context=Context())

    async def close(self) -> None:
        """Keep none any more; the processes are told to end."""
        self._closed = True
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for worker, timer in self._fresh.items():
            timer.cancel()
            worker.process.end()
        self._fresh.clear()

    async def _fill(self) -> None:
        while len(self._fresh) < self._most and self._room() > 0 and (worker := await self._ready()):
            loop = asyncio.get_running_loop()
            self._fresh[worker] = loop.call_later(self._age, self._renew, worker, context=Context())
            worker.process.on_end(partial(self._lose, worker))

    async def _ready(self) -> Worker | None:
        """Return a fresh worker that takes requests; None if there can be none now."""
        worker = None
        try:
            worker = await self._start()
            await worker.ready(prime=self._priming())
        except BaseException as error:
            if worker:
                worker.process.end()
            if not isinstance(error, CmappyError):
                raise
            log.warning("no process could be warmed: %s", error)
            return None
        return worker

    def _renew(self, worker: Worker) -> None:
        """Replace one that is old."""
        del self._fresh[worker]
        worker.process.end()
        self.refill()

    def _lose(self, worker: Worker, _: Process) -> None:
        """Replace one whose process has died, unless the next one would not fare better."""
        timer = self._fresh.pop(worker, None)
        if timer:
            timer.cancel()
            log.warning("a process that was kept ready has died")
            if timer.when() - asyncio.get_running_loop().time() < self._age - _YOUNG:
                self.refill()
