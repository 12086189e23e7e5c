"""Which process answers a turn, and how long each is kept.

All of it may be thrown away at any moment without changing an answer. A process never serves a second owner, and what
it has of a turn's conversation is decided by everything that it was told and said, so that two can never be mixed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

from cmappy.backends.claude.choice import Route, choose
from cmappy.backends.claude.prints import Print
from cmappy.backends.claude.warm import Warm
from cmappy.backends.claude.worker import Worker
from cmappy.errors import Overloaded
from cmappy.turn import Turn


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
        self._most, self._idle, self._renew_after = most, idle, renew
        self._switching = switching
        self._warm = Warm(self._begin, most=min(warm, most), age=age, room=lambda: self._room, priming=switching)
        self._kept: dict[Worker, asyncio.TimerHandle] = {}
        self._all: set[Worker] = set()
        self._starting = 0
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def warm(self) -> tuple[int, ...]:
        """The process ids of the fresh processes, the oldest first."""
        return self._warm.pids

    @property
    def live(self) -> tuple[int, ...]:
        """The process ids of those that are kept with a conversation, the one that was given back first being first."""
        return tuple(worker.process.pid for worker in self._kept)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """All processes, the oldest first."""
        return tuple(sorted(self._all, key=lambda worker: worker.born))

    @property
    def idle(self) -> Worker | None:
        """One that waits for a turn, a fresh one if there is one; it stays in the pool."""
        return next((worker for worker in (*self._warm.workers, *self._kept) if worker.idle), None)

    async def acquire(self, turn: Turn, wanted: list[Print], owner: str) -> tuple[Worker, Route]:
        """Return a worker for a turn, now in nobody else's hands, and how it was found."""
        while not self._closed:
            mine = [worker for worker in self._kept if worker.owner == owner]
            switching = self._switching()
            worker, route = choose(mine, turn, wanted, _now(), fresh=self._warm.take, switching=switching)
            if worker and route == "warm":
                worker.owner = owner
                self._warm.refill_later()
                return worker, route
            if worker:
                if await self._take(worker, turn, wanted, route):
                    return worker, route
            elif self._room > 0:
                self._warm.refill_later()
                return await self.another(owner), "cold"
            elif not await self._make_room(turn, owner):
                await self._changed.wait()
        raise Overloaded("cmappy is being stopped. Try again when it runs again.")

    async def another(self, owner: str) -> Worker:
        """Return a new worker in place of one that was of no use."""
        worker = await self._begin()
        worker.owner = owner
        return worker

    def keep(self, worker: Worker) -> None:
        """Take a worker back whose answer is over, or was given up; a further turn may find it."""
        if self._closed or worker.process.gone or worker.conversation.turns >= self._renew_after:
            worker.process.end()
        else:
            worker.use.since = _now()
            loop = asyncio.get_running_loop()
            self._kept[worker] = loop.call_later(self._idle, self._drop, worker, context=Context())
        self._notify()

    def refill(self) -> None:
        """Begin to start what is missing of the warm processes."""
        self._warm.refill()

    async def close(self) -> None:
        """Keep nothing any more; the processes are told to end."""
        self._closed = True
        self._notify()
        await self._warm.close()
        for worker, timer in self._kept.items():
            timer.cancel()
            worker.process.end()
        self._kept.clear()

    async def _take(self, worker: Worker, turn: Turn, wanted: list[Print], route: Route) -> bool:
        """Take a worker out of the pool; return whether it can do what was expected of it."""
        self._kept.pop(worker).cancel()
        usable = False
        talk = worker.conversation
        try:
            if route == "rewound" and worker.interruptible:
                worker.stop()
            usable = await worker.settled() and (
                (route == "parked" and talk.answers_calls(turn, wanted))
                or (route == "live" and talk.context.continues(turn, wanted))
                or (route == "rewound" and not talk.parked)
            )
        finally:
            if not usable:
                worker.process.end(at_once=True)
        if route == "rewound" and not talk.context.shared(turn, wanted):
            worker.use.begins()
        else:
            worker.use.goes_on(_now())
        return usable

    async def _make_room(self, turn: Turn, owner: str) -> bool:
        """Give up a kept process; return whether there was one."""
        if not self._kept:
            return False
        now = _now()
        worker = min(self._kept, key=lambda worker: worker.use.rank(now))
        if self._switching() and worker.owner == owner and worker.conversation.context.serves(turn):
            # It becomes a candidate: interrupted if need be, and in use by nobody.
            worker.use.hits = 0
            if worker.interruptible:
                worker.stop()
            return True
        self._drop(worker)
        await worker.process.ended()
        return True

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

    def _drop(self, worker: Worker) -> None:
        """Give up a conversation and its process."""
        if timer := self._kept.pop(worker, None):
            timer.cancel()
            worker.process.end()


def _now() -> float:
    return asyncio.get_running_loop().time()
