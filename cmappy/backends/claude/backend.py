"""Answers turns with the real CLI: one process per turn."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from cmappy import events
from cmappy.backends import Status
from cmappy.backends.claude.launch import arguments
from cmappy.backends.claude.login import Installed
from cmappy.backends.claude.process import Process
from cmappy.backends.claude.protocol import Conversation, control, initialize
from cmappy.turn import Turn


class ClaudeBackend:
    """Drives the CLI at `claude` in the given environment. Time limits are in seconds."""

    def __init__(
        self, claude: str, environment: Mapping[str, str], installed: Installed, *, first: float, silence: float
    ) -> None:
        self._claude = claude
        self._environment = environment
        self._installed = installed
        self._limits = {"first": first, "silence": silence}
        # The CLI tells the model its working directory: it gets an empty one.
        self._folder = tempfile.TemporaryDirectory(prefix="cmappy-")
        self._processes: set[Process] = set()
        self._initialized: asyncio.Task[events.Initialized] | None = None

    async def lines(self, turn: Turn) -> AsyncGenerator[bytes, None]:
        """Yield the CLI's lines for a turn, up to its first stop reason."""
        process = await self._spawn()
        try:
            conversation = Conversation(turn)
            await process.write(conversation.open())
            async with aclosing(process.lines(**self._limits)) as lines:
                async for line in lines:
                    step = conversation.feed(line)
                    if step.write:
                        await process.write(step.write)
                    if step.goes_on:
                        process.end(at_once=True)
                    if step.show:
                        yield line
                    if step.over:
                        return
        finally:
            process.end()

    async def status(self) -> Status:
        """Return the CLI's version, login and models; it is asked for the models once."""
        if self._initialized is None or (self._initialized.done() and self._initialized.exception()):
            self._initialized = asyncio.create_task(self._initialize())
        models = (await asyncio.shield(self._initialized)).models
        return Status("claude-code-cli", self._installed.version, self._installed.login, models)

    async def close(self) -> None:
        """End all processes and wait until they are gone."""
        for process in self._processes:
            process.end()
        for process in list(self._processes):
            await process.ended()
        self._folder.cleanup()

    async def _spawn(self) -> Process:
        process = await Process.spawn(arguments(self._claude), self._environment, Path(self._folder.name))
        self._processes.add(process)
        process.on_end(self._processes.discard)
        return process

    async def _initialize(self) -> events.Initialized:
        process = await self._spawn()
        try:
            await process.write(control(initialize()))
            async with aclosing(process.lines(**self._limits)) as lines:
                async for line in lines:
                    match events.parse(line):
                        case events.ControlResponse(response=response):
                            return events.Initialized.model_validate(response)
            raise AssertionError("unreachable: lines() ends by raising")
        finally:
            process.end()
