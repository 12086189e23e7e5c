"""Answers turns with the real CLI."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from cmappy import events
from cmappy.backends import Status, route_line
from cmappy.backends.claude.launch import arguments
from cmappy.backends.claude.login import Installed
from cmappy.backends.claude.pool import Pool
from cmappy.backends.claude.process import Process
from cmappy.backends.claude.session import Session
from cmappy.turn import Turn


class ClaudeBackend:
    """Drives the CLI at `claude` in the given environment. Times are in seconds.

    `warm` processes are started ahead, `live` conversations kept for `idle`; see Pool.
    """

    def __init__(
        self,
        claude: str,
        environment: Mapping[str, str],
        installed: Installed,
        *,
        first: float,
        silence: float,
        warm: int = 0,
        live: int = 0,
        idle: float = 900,
        age: float = 1800,
    ) -> None:
        self._claude = claude
        self._installed = installed
        self._first, self._silence = first, silence
        # The CLI tells the model its working directory, so it gets an empty one; and it leaves files in its temporary
        # directory, so it gets one that goes with this backend.
        self._folder = tempfile.TemporaryDirectory(prefix="cmappy-")
        self._empty = Path(self._folder.name, "empty")
        self._environment = {**environment, "TMPDIR": str(Path(self._folder.name, "tmp"))}
        for folder in (self._empty, Path(self._environment["TMPDIR"])):
            folder.mkdir()
        self._processes: set[Process] = set()
        self._pool = Pool(self._start, warm=warm, live=live, idle=idle, age=age)
        self._plan: events.RateLimit | None = None
        self._initialized: asyncio.Task[events.Initialized] | None = None

    async def start(self) -> None:
        """Begin to warm processes, and to ask the CLI for its models."""
        self._pool.refill()
        self._ask()

    async def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[bytes, None]:
        """Yield how the turn is answered, then the CLI's lines up to its first stop reason."""
        session, route = await self._pool.acquire(turn, owner)
        try:
            yield route_line(route)
            async with aclosing(session.lines(turn)) as lines:
                async for line in lines:
                    yield line
        finally:
            if session.over:
                self._pool.keep(session, turn, owner)
            else:
                session.process.end()

    async def status(self) -> Status:
        """Return the CLI's version, login and models; it is asked for the models once."""
        models = (await asyncio.shield(self._ask())).models
        return Status("claude-code-cli", self._installed.version, self._installed.login, models, self._plan)

    async def close(self) -> None:
        """End all processes and wait until they are gone."""
        await self._pool.close()
        for process in self._processes:
            process.end()
        for process in list(self._processes):
            await process.ended()
        self._folder.cleanup()

    async def _start(self) -> Session:
        spawning = asyncio.create_task(self._spawn())
        try:
            process = await asyncio.shield(spawning)
        except asyncio.CancelledError:
            spawning.add_done_callback(_end)
            raise
        return Session(
            process,
            base_url=self._environment.get("ANTHROPIC_BASE_URL", ""),
            first=self._first,
            silence=self._silence,
            on_limit=self._notice,
        )

    async def _spawn(self) -> Process:
        process = await Process.spawn(arguments(self._claude), self._environment, self._empty)
        self._processes.add(process)
        process.on_end(self._processes.discard)
        return process

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


def _end(spawning: asyncio.Task[Process]) -> None:
    """End a process that nobody waits for any more."""
    if not spawning.exception():
        spawning.result().end()
