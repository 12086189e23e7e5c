"""Answers turns with the real CLI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from cmappy.answer import Routed
from cmappy.backends.claude import events
from cmappy.backends.claude.launch import arguments
from cmappy.backends.claude.login import Installed
from cmappy.backends.claude.pool import Pool, Route
from cmappy.backends.claude.worker import Worker
from cmappy.backends.cli.spawner import Spawner
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.status import Status
from cmappy.turn import Turn


class ClaudeSource:
    """Drives the CLI at `claude` in the given environment. Times are in seconds.

    `warm` processes are started ahead, `live` conversations kept for `idle`; see Pool. With `concurrency`, the most
    turns at a time that are asked of it, there are never more processes than the sum of the three.
    """

    def __init__(
        self,
        claude: str,
        environment: Mapping[str, str],
        installed: Installed,
        *,
        first: float,
        silence: float,
        concurrency: int | None = None,
        warm: int = 0,
        live: int = 0,
        idle: float = 900,
        age: float = 1800,
    ) -> None:
        self._installed = installed
        self._base_url = environment.get("ANTHROPIC_BASE_URL", "")
        self._first, self._silence = first, silence
        self.processes = Spawner(arguments(claude), environment, concurrency and concurrency + warm + live)
        self.pool = Pool(self._start, warm=warm, live=live, idle=idle, age=age)
        self._plan: events.RateLimit | None = None
        self._initialized: asyncio.Task[events.Initialized] | None = None

    async def start(self) -> None:
        """Begin to warm processes, and to ask the CLI for its models."""
        self.pool.refill()
        self._ask()

    async def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[Routed | Line, None]:
        """Yield how the turn is answered, then the CLI's lines up to its first stop reason."""
        session, route = await self.pool.acquire(turn, owner)
        try:
            async with aclosing(self._tell(session, route, turn, owner)) as lines:
                async for line in lines:
                    yield line
            return
        except Exited:
            if route == "cold" or session.answering:
                raise
        # The process had died while it was kept: that makes an answer slower, and changes nothing else.
        async with aclosing(self._tell(await self._start(), "cold", turn, owner)) as lines:
            async for line in lines:
                yield line

    async def status(self) -> Status:
        """Return the CLI's version, login and models; it is asked for the models once."""
        said = await asyncio.shield(self._ask())
        return Status(
            "claude-code-cli",
            self._installed.version,
            self._installed.login,
            tuple(model.model() for model in said.models),
            said.account.billing,
            self._plan.plan() if self._plan else None,
            len(self.processes),
        )

    async def close(self) -> None:
        """End all processes and wait until they are gone."""
        await self.pool.close()
        await self.processes.close()

    async def _tell(self, session: Worker, route: Route, turn: Turn, owner: str) -> AsyncGenerator[Routed | Line, None]:
        try:
            yield Routed(route)
            async with aclosing(session.lines(turn)) as lines:
                async for line in lines:
                    yield line
        finally:
            if session.over:
                self.pool.keep(session, turn, owner)
            else:
                session.process.end()

    async def _start(self) -> Worker:
        return Worker(
            await self.processes.start(),
            base_url=self._base_url,
            first=self._first,
            silence=self._silence,
            on_limit=self._notice,
        )

    def _notice(self, limit: events.RateLimit) -> None:
        self._plan = limit

    def _ask(self) -> asyncio.Task[events.Initialized]:
        if self._initialized is None or (self._initialized.done() and self._initialized.exception()):
            self._initialized = asyncio.create_task(self._initialize())
            self._initialized.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to who asks
        return self._initialized

    async def _initialize(self) -> events.Initialized:
        session = await self._start()
        try:
            return await session.initialize()
        finally:
            session.process.end()
