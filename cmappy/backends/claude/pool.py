"""Which process answers a turn: one that knows its beginning, one that can be switched to it, a warm or a new one.

All of it may be thrown away at any moment without changing an answer. A process never serves a second owner, and what
it has of a turn's conversation is decided by everything that it was told and said, so that two can never be mixed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Literal

from cmappy.backends.claude.prints import Print
from cmappy.backends.claude.worker import Worker
from cmappy.backends.cli.process import Process
from cmappy.errors import CmappyError, Overloaded
from cmappy.turn import Turn

log = logging.getLogger("cmappy")

Route = Literal["cold", "warm", "live", "parked", "rewound"]

_YOUNG = 10.0  # seconds; where a fresh process dies earlier than that, its successor would as well
_HEAD_START = 0.5  # seconds that a turn has before its process is replaced, because a start keeps a core busy
_STALE = 60.0  # seconds after which a conversation is taken for left, unless its pauses are long
_OFTEN = 2  # turns in a row after which a conversation is in use, and gives its process to no other without need
_PAUSES = 4  # how many of its usual pauses a conversation may pause and still be in use


class Pool:
    """Keeps up to `most` processes in all, `warm` of them fresh; `idle` and `age` are in seconds.

    A conversation is dropped when nobody has used it for `idle`, a fresh process is renewed at `age`, any other one
    after `renew` turns. Processes are rewound and switched only where `switching()` says so; otherwise a process has
    one conversation.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[Worker]],
        *,
        most: int,
        warm: int,
        idle: float,
        age: float,
        renew: int,
        switching: Callable[[], bool],
    ) -> None:
        self._start = start
        self._most, self._most_warm, self._idle, self._age, self._renew_after = most, min(warm, most), idle, age, renew
        self._switching = switching
        self._warm: OrderedDict[Worker, asyncio.TimerHandle] = OrderedDict()
        self._kept: dict[Worker, asyncio.TimerHandle] = {}
        self._all: set[Worker] = set()
        self._starting = 0
        self._changed = asyncio.Event()
        self._refill: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def warm(self) -> tuple[int, ...]:
        """The process ids of the fresh processes, the oldest first."""
        return tuple(worker.process.pid for worker in self._warm)

    @property
    def live(self) -> tuple[int, ...]:
        """The process ids of those that are kept with a conversation, the one that was given back first being first."""
        return tuple(worker.process.pid for worker in self._kept)

    async def acquire(self, turn: Turn, wanted: list[Print], owner: str) -> tuple[Worker, Route]:
        """Return a worker for a turn, now in nobody else's hands, and how it was found."""
        while not self._closed:
            worker, route = self._choose(turn, wanted, owner)
            if worker and route == "warm":
                worker.owner = owner
                self._refill_later()
                return worker, route
            if worker:
                if await self._take(worker, turn, wanted, route):
                    return worker, route
            elif self._room > 0:
                self._refill_later()
                return await self.another(owner), "cold"
            elif not await self._make_room(turn, owner):
                await self._change()
        raise Overloaded("cmappy is being stopped. Try again when it runs again.")

    async def another(self, owner: str) -> Worker:
        """Return a new worker in place of one that was of no use."""
        worker = await self._begin()
        worker.owner = owner
        return worker

    def keep(self, worker: Worker) -> None:
        """Take a worker back whose turn is over; a further turn may find it."""
        talk = worker.conversation
        if self._closed or worker.process.gone or not talk.answered or talk.turns >= self._renew_after:
            worker.process.end()
        else:
            loop = asyncio.get_running_loop()
            worker.since = loop.time()
            self._kept[worker] = loop.call_later(self._idle, self._drop, worker, context=Context())
        self._notify()

    def refill(self) -> None:
        """Begin to start what is missing of the warm processes, one after the other, unless that goes on already."""
        if self._most_warm and not self._closed and (self._refill is None or self._refill.done()):
            self._refill = asyncio.create_task(self._fill(), context=Context())

    async def close(self) -> None:
        """Keep nothing any more; the processes are told to end."""
        self._closed = True
        self._notify()
        if self._refill:
            self._refill.cancel()
            with suppress(asyncio.CancelledError):
                await self._refill
        for worker, timer in (*self._warm.items(), *self._kept.items()):
            timer.cancel()
            worker.process.end()
        self._warm.clear()
        self._kept.clear()

    # Finding one

    def _choose(self, turn: Turn, wanted: list[Print], owner: str) -> tuple[Worker | None, Route]:
        """Return the running worker that is best for a turn, and how it is found; None if one has to be started."""
        mine = [worker for worker in self._kept if worker.owner == owner]
        for worker in mine:
            if worker.conversation.answers_calls(turn, wanted):
                return worker, "parked"
        for worker in mine:
            if not worker.conversation.parked and worker.conversation.continues(turn, wanted):
                return worker, "live"
        if not self._switching():
            return self._fresh(), "warm"
        able = [worker for worker in mine if worker.conversation.serves(turn)]
        sharing = [worker for worker in able if self._is_shared(worker, turn, wanted)]
        if sharing:
            return max(sharing, key=lambda worker: worker.conversation.shared(turn, wanted)), "rewound"
        idle = [worker for worker in able if not worker.conversation.parked]
        idle.sort(key=lambda worker: (not worker.conversation.set_up_for(turn), *self._rank(worker)))
        free = [worker for worker in idle if not self._in_use(worker)]
        # A conversation that goes on and has no process any more gets one of its own, if there is one; a new one may
        # never go on. Both are better off with a process that is in use by another than with a start.
        if free and len(wanted) == 1:
            return free[0], "rewound"
        if fresh := self._fresh():
            return fresh, "warm"
        return next(iter(free or idle), None), "rewound"

    def _is_shared(self, worker: Worker, turn: Turn, wanted: list[Print]) -> bool:
        """Return whether a worker has the beginning of a turn, and is not about to go on with another conversation.

        Conversations may begin with the same words; with the same answer, they are the same one.
        """
        talk = worker.conversation
        shared = talk.shared(turn, wanted)
        if talk.parked:
            return 0 < shared == talk.length
        return shared > (1 if self._in_use(worker) else 0)

    async def _take(self, worker: Worker, turn: Turn, wanted: list[Print], route: Route) -> bool:
        """Take a worker out of the pool; return whether it can do what was expected of it."""
        self._kept.pop(worker).cancel()
        usable = False
        try:
            talk = worker.conversation
            if route == "rewound" and worker.interruptible:
                worker.stop()
            usable = await worker.settled() and (
                (route == "parked" and talk.answers_calls(turn, wanted))
                or (route == "live" and talk.continues(turn, wanted))
                or (route == "rewound" and not talk.parked)
            )
        finally:
            if not usable:
                worker.process.end(at_once=True)
        pause = asyncio.get_running_loop().time() - worker.since
        if route == "rewound" and not talk.shared(turn, wanted):
            worker.hits, worker.gap = 0, 0.0
        else:
            worker.gap = (worker.gap * worker.hits + pause) / (worker.hits + 1)
            worker.hits += 1
        return usable

    def _in_use(self, worker: Worker) -> bool:
        """Return whether a conversation will probably go on: it has, twice, and pauses no longer than usual."""
        return worker.hits >= _OFTEN and not self._is_stale(worker, _PAUSES * worker.gap + 1)

    def _is_stale(self, worker: Worker, patience: float) -> bool:
        return asyncio.get_running_loop().time() - worker.since > patience

    def _rank(self, worker: Worker) -> tuple[bool, float, float]:
        """Return what orders workers by how little is lost with them.

        First those that were left, the oldest one first. Of the others, who has gone on least and was used last: where
        more conversations than processes take turns, the excess shares a few processes, and the rest keep theirs. The
        one that was unused for longest would be the very one that comes next.
        """
        if self._is_stale(worker, max(_STALE, _PAUSES * worker.gap)):
            return False, worker.since, 0.0
        return True, worker.hits, -worker.since

    async def _make_room(self, turn: Turn, owner: str) -> bool:
        """Give up a kept process, or a fresh one that nobody may use; return whether there was one."""
        if not self._kept:
            return False
        worker = min(self._kept, key=self._rank)
        if self._switching() and worker.owner == owner and worker.conversation.serves(turn):
            # It becomes a candidate: interrupted if need be, and in use by nobody.
            worker.hits = 0
            if worker.interruptible:
                worker.stop()
            return True
        self._drop(worker)
        await worker.process.ended()
        return True

    # Starting and ending

    @property
    def _room(self) -> int:
        return self._most - len(self._all) - self._starting

    async def _begin(self) -> Worker:
        self._starting += 1
        try:
            worker = await self._start()
        finally:
            self._starting -= 1
            self._notify()
        self._all.add(worker)
        worker.process.on_end(lambda _: self._forget(worker))
        return worker

    def _forget(self, worker: Worker) -> None:
        self._all.discard(worker)
        if timer := self._kept.pop(worker, None):
            timer.cancel()
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()

    def _fresh(self) -> Worker | None:
        while self._warm:
            worker, timer = self._warm.popitem(last=False)
            timer.cancel()
            if not worker.process.gone:
                return worker
        return None

    def _refill_later(self) -> None:
        asyncio.get_running_loop().call_later(_HEAD_START, self.refill, context=Context())

    async def _fill(self) -> None:
        while len(self._warm) < self._most_warm and self._room > 0 and (worker := await self._warm_up()):
            loop = asyncio.get_running_loop()
            self._warm[worker] = loop.call_later(self._age, self._renew, worker, context=Context())
            worker.process.on_end(partial(self._lose, worker))

    async def _warm_up(self) -> Worker | None:
        """Return a fresh worker that takes requests; None if there can be none now."""
        worker = None
        try:
            worker = await self._begin()
            await worker.ready(prime=self._switching())
        except BaseException as error:
            if worker:
                worker.process.end()
            if not isinstance(error, CmappyError):
                raise
            log.warning("no process could be warmed: %s", error)
            return None
        return worker

    def _renew(self, worker: Worker) -> None:
        """Replace a fresh worker that is old."""
        del self._warm[worker]
        worker.process.end()
        self.refill()

    def _lose(self, worker: Worker, _: Process) -> None:
        """Replace a fresh worker whose process has died, unless the next one would not fare better."""
        timer = self._warm.pop(worker, None)
        if timer:
            timer.cancel()
            log.warning("a process that was kept ready has died")
            if timer.when() - asyncio.get_running_loop().time() < self._age - _YOUNG:
                self.refill()

    def _drop(self, worker: Worker) -> None:
        """Give up a conversation and its process."""
        if timer := self._kept.pop(worker, None):
            timer.cancel()
            worker.process.end()
