"""One process, for as many turns and conversations as the pool keeps it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from contextvars import Context
from typing import Any

from cmappy.backends.claude import events, parse, stdin, usage
from cmappy.backends.claude.conversation import Conversation
from cmappy.backends.claude.phases import Phase
from cmappy.backends.claude.prints import Print
from cmappy.backends.claude.use import Use
from cmappy.backends.cli.process import Process
from cmappy.backends.lines import Line
from cmappy.errors import CmappyError
from cmappy.turn import Turn

_SETTLING = 10.0  # seconds between the end of an answer and the CLI's summary of it; it needs 0.01
_PRIMING = 5.0  # seconds; it needs 0.1
_ASIDE = 10.0  # seconds for a question beside the conversation, for which the CLI may ask the API


class Worker:
    """A process with its conversation. Time limits are in seconds.

    `on_initialized` is told what the CLI says of itself before anything is asked of it; it raises the error if nothing
    may be asked. By `use` the pool sees what is in use.
    """

    def __init__(
        self,
        process: Process,
        conversation: Conversation,
        *,
        first: float,
        silence: float,
        on_initialized: Callable[[events.Initialized], None],
        on_limit: Callable[[events.RateLimit], None],
        on_price: Callable[[float], None] = lambda dollars: None,
    ) -> None:
        self.process = process
        self.conversation = conversation
        self.owner: str | None = None
        self.born = time.time()
        self.over = self.answering = self._shown = False
        self.use = Use()
        self._first, self._silence = first, silence
        self._on_initialized, self._on_limit, self._on_price = on_initialized, on_limit, on_price
        self._price = 0.0
        self._settling: asyncio.Task[bool] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._usage: asyncio.Future[dict[str, Any]] | None = None
        self._talkative = False

    async def lines(self, turn: Turn, wanted: list[Print]) -> AsyncGenerator[Line, None]:
        """Yield the CLI's lines for a turn.

        `answering` tells whether anything of the answer has been seen, `over` whether its end has.
        """
        self.over = self.answering = False
        self._read_no_more()
        self._hush()
        self.process.write(self.conversation.begin(turn, wanted))
        limit = self._first
        while not self.over:
            line = Line(await self.process.line(limit))
            goes_on = self._take(line)
            limit = self._silence
            if goes_on:
                self.process.end(at_once=True)
            if self._shown:
                self.answering = self.answering or not line.raw.startswith(b'{"type":"system"')
                yield line

    async def initialize(self) -> events.Initialized:
        """Return what the CLI says of itself; the worker is then good for nothing else."""
        self.process.write(stdin.control("cmappy-0", stdin.initialize()))
        while True:
            event = parse.parse(await self.process.line(self._first))
            if isinstance(event, events.ControlResponse):
                return events.Initialized.model_validate(event.response)

    async def ready(self, *, prime: bool) -> None:
        """Wait until a fresh process takes requests; raises CmappyError if it never does.

        With `prime`, let it run the code of a first question once, with the API locked: a question beside the
        conversation, which changes nothing in it and reaches nobody.
        """
        talk = self.conversation
        await self._done(talk.lock() if prime else stdin.control("cmappy-0", stdin.apply({})))
        if not prime:
            return
        self.process.write(stdin.control("cmappy-prime", {"subtype": "side_question", "question": "Ready?"}))
        with suppress(TimeoutError):
            async with asyncio.timeout(_PRIMING):
                while True:
                    event = parse.parse(await self.process.line(self._first))
                    if isinstance(event, events.ApiRetry):  # the code has run; the next try would only cost time
                        self.process.write(stdin.cancel("cmappy-prime"))
                    if isinstance(event, events.ControlResponse) and event.request_id == "cmappy-prime":
                        break
        await self._done(talk.unlock())

    async def _done(self, request: bytes) -> None:
        """Write a control request, and wait until it is answered."""
        self.process.write(request)
        while True:
            line = Line(await self.process.line(self._first))
            event = parse.parse(line.raw)
            if isinstance(event, events.ControlResponse) and event.request_id != "cmappy-prime":
                if event.request_id != "cmappy-0":
                    self.conversation.feed(line)
                return

    @property
    def idle(self) -> bool:
        """Whether the process waits for a turn, and nothing is read from it."""
        waits = self.conversation.phase in {Phase.FRESH, Phase.IDLE} and not self.process.gone
        return waits and (self._settling is None or self._settling.done()) and self._usage is None

    async def usage(self) -> dict[str, Any]:
        """Ask an idle process how much of the plan is used up; return what it answers, empty if it does not.

        A turn may begin at any moment: it takes over the reading, and comes by the answer then.
        """
        self._usage = asyncio.get_running_loop().create_future()
        self.process.write(usage.ask())
        self._talkative = True
        self._reading = asyncio.create_task(self._read(), context=Context())
        try:
            async with asyncio.timeout(_ASIDE):
                return await self._usage
        except TimeoutError:
            return {}
        finally:
            self._read_no_more()
            self._hush()
            self._usage = None

    async def _read(self) -> None:
        """Read what the idle process says, up to the answer to the question beside the conversation."""
        with suppress(CmappyError):
            while self._usage and not self._usage.done():
                self._take(Line(await self.process.line(_ASIDE)))

    def _read_no_more(self) -> None:
        if self._reading:
            self._reading.cancel()
            self._reading = None

    def _hush(self) -> None:
        if self._talkative and not self.process.gone:
            self.process.write(usage.hush())
        self._talkative = False

    @property
    def interruptible(self) -> bool:
        """Whether the answer that is given can be given up without ending the process."""
        return self.conversation.phase in {Phase.ANSWERING, Phase.PARKED} and not self.process.gone

    def stop(self) -> None:
        """Give up the answer, or the calls that wait; the process is of use again once it has settled."""
        self.process.write(self.conversation.stop())
        self.settle()

    def settle(self) -> None:
        """Begin to read what the CLI says after an answer, so that the next turn finds the pipe empty."""
        self._settling = asyncio.create_task(self._settle(), context=Context())

    async def settled(self) -> bool:
        """Return whether the process is alive and waits for the next turn; waits until that is known."""
        self._read_no_more()
        settled = self._settling is not None and await asyncio.shield(self._settling)
        return settled and self._drained() and not self.process.gone

    async def _settle(self) -> bool:
        with suppress(CmappyError, TimeoutError):
            async with asyncio.timeout(_SETTLING):
                while not self.conversation.settled:
                    self._take(Line(await self.process.line(_SETTLING)))
            return True
        self.process.end(at_once=True)
        return False

    def _drained(self) -> bool:
        """Take what the CLI has said since it settled, which must not pass for the next answer."""
        with suppress(CmappyError):
            for line in self.process.waiting():
                self._take(Line(line))
            return self.conversation.settled
        return False

    def _take(self, line: Line) -> bool:
        """Do what follows from a line; return whether the CLI will go on by itself unless it is killed."""
        if self._is_aside(line):
            self._shown = False
            return False
        try:
            step = self.conversation.feed(line)
            if step.initialized is not None:
                self._on_initialized(step.initialized)
        except CmappyError:
            self.process.end(at_once=True)  # it may be about to ask the API
            raise
        if step.write:
            self.process.write(step.write)
        self.over, self._shown = step.over, step.show
        if line.raw.startswith(b'{"type":"rate_limit_event"') and isinstance(line.event, events.RateLimit):
            self._on_limit(line.event)
        # The CLI adds up what all turns of its process would cost by the list.
        if isinstance(line.event, events.Result) and line.event.total_cost_usd > self._price:
            self._on_price(line.event.total_cost_usd - self._price)
            self._price = line.event.total_cost_usd
        return step.goes_on

    def _is_aside(self, line: Line) -> bool:
        """Return whether a line answers the question beside the conversation, and pass it on if it is still wanted."""
        if not line.raw.startswith(b'{"type":"control_response"'):
            return False
        event = parse.read(line)
        if not isinstance(event, events.ControlResponse) or not event.request_id.startswith(usage.ID):
            return False
        if event.request_id == usage.ID and self._usage and not self._usage.done():
            self._usage.set_result(event.response)
        return True
