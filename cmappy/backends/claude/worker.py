"""One process and its one conversation, for as many turns as the pool keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

from cmappy.backends.claude import events
from cmappy.backends.claude.conversation import Conversation
from cmappy.backends.claude.stdin import control, initialize
from cmappy.backends.cli.process import Process
from cmappy.backends.lines import Line
from cmappy.errors import CmappyError
from cmappy.turn import Turn

_SETTLING = 10.0  # seconds between the end of an answer and the CLI's summary of it; it needs 0.01


class Worker:
    """A process that has been asked nothing yet, or that knows a history. Time limits are in seconds."""

    def __init__(
        self,
        process: Process,
        *,
        base_url: str,
        first: float,
        silence: float,
        on_limit: Callable[[events.RateLimit], None],
    ) -> None:
        self.process = process
        self.conversation = Conversation(base_url)
        self.over = self.answering = False
        self._first, self._silence = first, silence
        self._on_limit = on_limit
        self._fresh = True
        self._settling: asyncio.Task[bool] | None = None

    async def lines(self, turn: Turn) -> AsyncGenerator[Line, None]:
        """Yield the CLI's lines for a turn.

        `answering` tells whether anything of the answer has been seen, `over` whether its end has.
        """
        self.over = self.answering = False
        self.process.write(self.conversation.open(turn) if self._fresh else self.conversation.resume(turn))
        self._fresh = False
        limit = self._first
        while not self.over:
            line = Line(await self.process.line(limit))
            try:
                step = self.conversation.feed(line)
            except CmappyError:
                self.process.end(at_once=True)  # it may be about to ask the API
                raise
            self.over, limit = step.over, self._silence
            if step.write:
                self.process.write(step.write)
            if step.goes_on:
                self.process.end(at_once=True)
            self._notice_limit(line)
            if step.show:
                self.answering = self.answering or not line.raw.startswith(b'{"type":"system"')
                yield line

    async def initialize(self) -> events.Initialized:
        """Return what the CLI says of itself; the session is then good for nothing else."""
        self.process.write(control(initialize()))
        while True:
            event = events.parse(await self.process.line(self._first))
            if isinstance(event, events.ControlResponse):
                return events.Initialized.model_validate(event.response)

    async def ready(self) -> None:
        """Wait until a fresh process takes requests; raises CmappyError if it never does."""
        self.process.write(control({"subtype": "apply_flag_settings", "settings": {}}))
        while not isinstance(events.parse(await self.process.line(self._first)), events.ControlResponse):
            pass

    def settle(self) -> None:
        """Begin to read what the CLI says after an answer, so that the next turn finds the pipe empty."""
        self._settling = asyncio.create_task(self._settle())

    async def settled(self) -> bool:
        """Return whether the process is alive and waits for the next turn; waits until that is known."""
        settled = self._settling is not None and await asyncio.shield(self._settling)
        return settled and self._hear_out() and not self.process.gone

    async def _settle(self) -> bool:
        with suppress(CmappyError, TimeoutError):
            async with asyncio.timeout(_SETTLING):
                while not self.conversation.settled:
                    self._hear(Line(await self.process.line(_SETTLING)))
            return True
        self.process.end()
        return False

    def _hear_out(self) -> bool:
        """Take what the CLI has said since it settled, which must not pass for the next answer."""
        with suppress(CmappyError):
            for line in self.process.waiting():
                self._hear(Line(line))
            return self.conversation.settled
        return False

    def _hear(self, line: Line) -> None:
        step = self.conversation.feed(line)
        if step.write:
            self.process.write(step.write)
        self._notice_limit(line)

    def _notice_limit(self, line: Line) -> None:
        if line.raw.startswith(b'{"type":"rate_limit_event"') and isinstance(
            event := events.read(line), events.RateLimit
        ):
            self._on_limit(event)
