"""Which process answers a turn: one that already knows the conversation, one that is warm, or a new one.

All of it may be thrown away at any moment without changing an answer; a conversation is found only by everything that
its process has heard and said, and by whom, so that two can never be mixed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

import orjson

from cmappy.backends.claude.worker import Worker
from cmappy.errors import CmappyError
from cmappy.turn import Message, Turn

log = logging.getLogger("cmappy")

Route = Literal["cold", "warm", "live", "parked"]

_YOUNG = 10.0  # seconds; where a fresh process dies earlier than that, its successor would as well
_HEAD_START = 0.5  # seconds that a turn has before its process is replaced, because a start keeps a core busy


class Pool:
    """Keeps up to `warm` fresh processes and up to `live` conversations; `idle` and `age` are in seconds.

    A conversation is dropped when nobody has used it for `idle`, a fresh process is renewed at `age`.
    """

    def __init__(
        self, start: Callable[[], Awaitable[Worker]], *, warm: int, live: int, idle: float, age: float
    ) -> None:
        self._start = start
        self._most_warm, self._most_live, self._idle, self._age = warm, live, idle, age
        self._warm: OrderedDict[Worker, asyncio.TimerHandle] = OrderedDict()
        self._live: OrderedDict[str, tuple[Worker, asyncio.TimerHandle]] = OrderedDict()
        self._refill: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def warm(self) -> tuple[int, ...]:
        """The process ids of the fresh processes, the oldest first."""
        return tuple(session.process.pid for session in self._warm)

    @property
    def live(self) -> tuple[int, ...]:
        """The process ids of the conversations, the one that nobody has used for longest first."""
        return tuple(session.process.pid for session, _ in self._live.values())

    async def acquire(self, turn: Turn, owner: str) -> tuple[Worker, Route]:
        """Return a session for a turn, now in nobody else's hands, and how it was found."""
        if session := self._knowing(turn, owner):
            parked = session.conversation.parked
            if await self._usable(session, turn):
                return session, "parked" if parked else "live"
        asyncio.get_running_loop().call_later(_HEAD_START, self.refill)
        while self._warm:
            session, timer = self._warm.popitem(last=False)
            timer.cancel()
            if not session.process.gone:
                return session, "warm"
        return await self._start(), "cold"

    def keep(self, session: Worker, turn: Turn, owner: str) -> None:
        """Take a session back whose turn is over; the next turn of its conversation will find it."""
        useless = session.process.gone or not session.conversation.answered or turn.schema
        if self._closed or not self._most_live or useless:
            session.process.end()
            return
        key = _key(turn, session.conversation.history, owner)
        self._drop(key)
        while len(self._live) >= self._most_live:
            self._drop(next(iter(self._live)))
        session.settle()
        self._live[key] = session, asyncio.get_running_loop().call_later(self._idle, self._drop, key)
        session.process.on_end(lambda _: self._drop(key, session))

    def refill(self) -> None:
        """Begin to start what is missing of the warm processes, one after the other, unless that goes on already."""
        if self._most_warm and not self._closed and (self._refill is None or self._refill.done()):
            self._refill = asyncio.create_task(self._fill())

    async def close(self) -> None:
        """Keep nothing any more; the processes are told to end."""
        self._closed = True
        if self._refill:
            self._refill.cancel()
            with suppress(asyncio.CancelledError):
                await self._refill
        for session, timer in (*self._warm.items(), *self._live.values()):
            timer.cancel()
            session.process.end()
        self._warm.clear()
        self._live.clear()

    def _knowing(self, turn: Turn, owner: str) -> Worker | None:
        """Return the session that has heard and said all but the turn's last message, taken out of the pool."""
        *history, _ = turn.messages
        if not history or not self._live:
            return None
        session, timer = self._live.pop(_key(turn, tuple(history), owner), (None, None))
        if timer:
            timer.cancel()
        return session

    async def _usable(self, session: Worker, turn: Turn) -> bool:
        usable = False
        try:
            usable = await session.settled() and session.conversation.fits(turn)
        finally:
            if not usable:
                session.process.end()
        return usable

    async def _fill(self) -> None:
        while len(self._warm) < self._most_warm and (session := await self._begin()):
            self._shelve(session)

    async def _begin(self) -> Worker | None:
        """Return a fresh session that takes requests; None if there can be none now."""
        session = None
        try:
            session = await self._start()
            await session.ready()
        except BaseException as error:
            if session:
                session.process.end()
            if not isinstance(error, CmappyError):
                raise
            log.warning("no process could be warmed: %s", error)
            return None
        return session

    def _shelve(self, session: Worker) -> None:
        self._warm[session] = asyncio.get_running_loop().call_later(self._age, self._renew, session)
        session.process.on_end(lambda _: self._lose(session))

    def _renew(self, session: Worker) -> None:
        """Replace a fresh session that is old."""
        del self._warm[session]
        session.process.end()
        self.refill()

    def _lose(self, session: Worker) -> None:
        """Replace a fresh session whose process has died, unless the next one would not fare better."""
        timer = self._warm.pop(session, None)
        if timer:
            timer.cancel()
            log.warning("a process that was kept ready has died")
            if timer.when() - asyncio.get_running_loop().time() < self._age - _YOUNG:
                self.refill()

    def _drop(self, key: str, only: Worker | None = None) -> None:
        """Give up a conversation; with `only`, if it is that session which is kept for it."""
        session, timer = self._live.get(key, (None, None))
        if session and timer and only in {None, session}:
            del self._live[key]
            timer.cancel()
            session.process.end()


def _key(turn: Turn, history: tuple[Message, ...], owner: str) -> str:
    """Return the identity of a conversation: whose it is, what the process was set up with, and all that was said."""
    known = {
        "owner": owner,
        "model": turn.model,
        "system": turn.system,
        "tools": [tool.api() for tool in turn.tools],
        "schema": turn.schema,
        "messages": [message.api() for message in history],
    }
    return hashlib.sha256(orjson.dumps(known, option=orjson.OPT_SORT_KEYS)).hexdigest()
