"""Which process answers a turn: one that already knows the conversation, one that is warm, or a new one.

All of it may be thrown away at any moment without changing an answer; a conversation is found only by everything that
its process has heard and said, and by whom, so that two can never be mixed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

import orjson

from cmappy.backends.claude.session import Session
from cmappy.errors import CmappyError
from cmappy.turn import Message, Turn

log = logging.getLogger("cmappy")

Route = Literal["cold", "warm", "live", "parked"]


class Pool:
    """Keeps up to `warm` fresh processes and up to `live` conversations; `idle` and `age` are in seconds.

    A conversation is dropped when nobody has used it for `idle`, a fresh process is renewed at `age`.
    """

    def __init__(
        self, start: Callable[[], Awaitable[Session]], *, warm: int, live: int, idle: float, age: float
    ) -> None:
        self._start = start
        self._most_warm, self._most_live, self._idle, self._age = warm, live, idle, age
        self._warm: deque[Session] = deque()
        self._live: OrderedDict[str, Session] = OrderedDict()
        self._timers: dict[Session, asyncio.TimerHandle] = {}
        self._refill: asyncio.Task[None] | None = None
        self._closed = False

    async def acquire(self, turn: Turn, owner: str) -> tuple[Session, Route]:
        """Return a session for a turn, now in nobody else's hands, and how it was found."""
        session = self._live.pop(_key(turn, turn.messages[:-1], owner), None) if len(turn.messages) > 1 else None
        if session:
            self._timers.pop(session).cancel()
            if await self._usable(session, turn):
                return session, "parked" if session.conversation.parked else "live"
        while self._warm:
            session = self._warm.popleft()
            self._timers.pop(session).cancel()
            if not session.process.gone:
                self.refill()
                return session, "warm"
        self.refill()
        return await self._start(), "cold"

    def keep(self, session: Session, turn: Turn, owner: str) -> None:
        """Take a session back whose turn is over; the next turn of its conversation will find it."""
        if self._closed or not self._most_live or session.process.gone or turn.schema:
            session.process.end()
            return
        key = _key(turn, session.conversation.history, owner)
        for old in (key, *self._live):
            if old == key or len(self._live) >= self._most_live:
                self._drop(old)
        session.settle()
        self._live[key] = session
        self._timers[session] = asyncio.get_running_loop().call_later(self._idle, self._drop, key)

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
        for timer in self._timers.values():
            timer.cancel()
        for session in (*self._warm, *self._live.values()):
            session.process.end()

    async def _usable(self, session: Session, turn: Turn) -> bool:
        usable = False
        try:
            usable = await session.settled() and session.conversation.fits(turn)
        finally:
            if not usable:
                session.process.end()
        return usable

    async def _fill(self) -> None:
        while len(self._warm) < self._most_warm:
            session = await self._start()
            try:
                await session.ready()
            except BaseException as error:
                session.process.end()
                if isinstance(error, CmappyError):
                    log.warning("no process could be warmed: %s", error)
                    return
                raise
            self._warm.append(session)
            self._timers[session] = asyncio.get_running_loop().call_later(self._age, self._renew, session)

    def _renew(self, session: Session) -> None:
        del self._timers[session]
        self._warm.remove(session)
        session.process.end()
        self.refill()

    def _drop(self, key: str) -> None:
        session = self._live.pop(key, None)
        if session:
            self._timers.pop(session).cancel()
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
