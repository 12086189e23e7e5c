"""The history of a running server: counts as they come, and now and then what is new of them to the file."""

from __future__ import annotations

import asyncio
import errno
import logging
import sqlite3
import time
from collections.abc import Callable
from contextvars import Context

from cmappy.server.history.counts import Counts, hour_of, merge, oldest
from cmappy.server.history.ledger import Ledger
from cmappy.server.trace import Trace

log = logging.getLogger("cmappy")

_PAUSE = 5.0  # seconds between a count and when it is written
_LONG_PAUSE = 60.0  # seconds until a file is tried again that could not be written


def midnight(now: float) -> float:
    """Return when today began on this machine's clock; both are in Unix seconds."""
    return time.mktime((*time.localtime(now)[:3], 0, 0, 0, 0, 0, -1))


class History:
    """Counts for each hour of the last week; `clock` returns Unix seconds.

    What `pending` holds is not in the file yet, what `known` holds was there when it was looked at last. Without a file
    all is pending.
    """

    def __init__(self, ledger: Ledger | None = None, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock
        self._known: dict[int, Counts] = {}
        self._pending: dict[int, Counts] = {}
        self._writing: dict[int, Counts] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._updating: asyncio.Task[None] | None = None
        self._failing = False

    @property
    def kept(self) -> bool:
        """Whether the counts are kept across restarts."""
        return self._ledger is not None and not self._failing

    @property
    def now(self) -> float:
        """The present time, in Unix seconds."""
        return self._clock()

    async def start(self) -> None:
        """Look at the file; raises BadHistory or OSError if it cannot be used at all, but for a full disk."""
        try:
            await self._write()
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            self._warn(error)
        except sqlite3.Error as error:
            self._warn(error)

    def count(self, trace: Trace) -> None:
        """Count a request that has ended: a whole answer, an error that its client got, or nothing if it left."""
        if trace.face and trace.usage:
            usage = trace.usage
            prompt = usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens
            self._add(Counts(*prompt, usage.output_tokens, answers=1))
        elif trace.face and trace.error:
            self._add(Counts(errors=1))

    def priced(self, dollars: float) -> None:
        """Count the list price of something that was used, which the CLI tells some time after the answer."""
        self._add(Counts(list_price=dollars))

    def hours(self) -> dict[int, Counts]:
        """Return the counts of each hour, as far as they are known without looking at the file."""
        return merge(self._known, self._writing, self._pending, since=oldest(self._clock()))

    async def update(self) -> None:
        """Bring the file up to date, and take in what other servers have added to it; a failure is logged once."""
        if self._ledger is None:
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        # Whoever waits may leave: a transaction that is under way must be known to have ended, or it counts twice.
        await asyncio.shield(self._begin())

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._updating:
            await self._updating
        await self.update()

    def _add(self, counts: Counts) -> None:
        hour = hour_of(self._clock())
        if hour not in self._pending:
            self._pending = merge(self._pending, {hour: Counts()}, since=oldest(self._clock()))
        self._pending[hour] = self._pending[hour].plus(counts)
        if self._ledger and self._timer is None:
            pause = _LONG_PAUSE if self._failing else _PAUSE
            self._timer = asyncio.get_running_loop().call_later(pause, self._on_time, context=Context())

    def _on_time(self) -> None:
        self._timer = None
        self._begin()

    def _begin(self) -> asyncio.Task[None]:
        """Return the task that writes, which is never cancelled; there is only one at a time."""
        if self._updating is None or self._updating.done():
            self._updating = asyncio.create_task(self._update(), context=Context())
        return self._updating

    async def _update(self) -> None:
        try:
            await self._write()
        except (OSError, ValueError, sqlite3.Error) as error:
            self._warn(error)
            return
        if self._failing and self._ledger:
            self._failing = False
            log.info("the history is written to %s again", self._ledger.path)

    async def _write(self) -> None:
        if self._ledger is None:
            return
        self._writing, self._pending = self._pending, {}
        try:
            self._known = await asyncio.to_thread(self._ledger.add, self._writing, oldest(self._clock()))
        except BaseException:
            self._pending = merge(self._writing, self._pending)
            raise
        finally:
            self._writing = {}

    def _warn(self, error: Exception) -> None:
        if self._ledger and not self._failing:
            self._failing = True
            log.warning("the history is kept in memory only: %s cannot be written (%s)", self._ledger.path, error)
