"""The lower seam: a source yields a CLI's lines for a turn, and an interpreter makes answer events of them.

A recording is taken and replayed here, so that it proves everything above.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Any, NamedTuple, Protocol

from cmappy.answer import Event, Piece, Routed
from cmappy.backends.exits import Exited
from cmappy.errors import CmappyError
from cmappy.status import Status
from cmappy.turn import Turn


class Line:
    """A line of a CLI's stdout, without its end; `event` is what it means, kept by whoever parses it first."""

    __slots__ = ("event", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.event: Any = None


class Source(Protocol):
    """Where the lines come from: a live process, or a recording."""

    def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[Routed | Line, None]:
        """Yield how the turn is answered and then the CLI's lines; raises CmappyError when there can be no more.

        Whoever iterates closes; closing ends the run. `owner` is whose turn it is: what one owner said is never
        continued for another.
        """
        ...

    async def start(self) -> None:
        """Begin what should be ready before the first turn; does not wait for it."""
        ...

    async def status(self, *, closely: bool = False) -> Status:
        """Return what the CLI says of itself; raises CmappyError if it cannot be asked.

        `closely` is for people who look: it lists the processes, and asks anew how much of the plan is used up.
        """
        ...

    async def close(self) -> None:
        """End everything that is still running."""
        ...


class Interpreter(Protocol):
    """Makes answer events of one turn's lines (pure)."""

    @property
    def finished(self) -> bool:
        """Whether the answer is complete; what follows need not be read."""
        ...

    def feed(self, line: Line) -> Iterable[Event]:
        """Return the events that follow from a line; raises the error that it tells of."""
        ...

    def close(self) -> None:
        """Say that no more lines will come; raises CliFailed if the answer is not complete."""
        ...


class Times(NamedTuple):
    """How fast a turn was answered, in seconds from its start: to the first piece, and in all."""

    first: float
    took: float


class Recorder(Protocol):
    """Keeps what was said. `names` are further ones for models, which it remembers."""

    names: dict[str, str]

    async def keep(
        self, turn: Turn, lines: Sequence[bytes], status: Status, failed: CmappyError | None, times: Times
    ) -> None:
        """Keep the lines of a turn that came to its end: to a whole answer, or to the error that `failed` is.

        It is Exited if the process ended by itself.
        """
        ...


class Answering:
    """A backend: a source, an interpreter for each turn, and a recorder if there is one."""

    def __init__(
        self, source: Source, interpreter: Callable[[Turn], Interpreter], recorder: Recorder | None = None
    ) -> None:
        self._source = source
        self._interpreter = interpreter
        self._recorder = recorder

    async def answer(self, turn: Turn, owner: str = "") -> AsyncGenerator[Event, None]:
        """Yield the answer's events; raises the error that ended it early. Whoever iterates closes."""
        interpreter = self._interpreter(turn)
        seen: list[bytes] = []
        began = first = monotonic()
        failed: CmappyError | None = None
        try:
            async with aclosing(self._source.lines(turn, owner)) as lines:
                async for line in lines:
                    if isinstance(line, Routed):
                        seen.clear()
                        yield line
                        continue
                    if self._recorder:
                        seen.append(line.raw)
                    try:
                        for event in interpreter.feed(line):
                            if first == began and isinstance(event, Piece):
                                first = monotonic()
                            yield event
                    except CmappyError as error:
                        failed = error
                        raise
                    if interpreter.finished:
                        return
            interpreter.close()
        except Exited as error:
            failed = error
            raise
        finally:
            if self._recorder and seen and (interpreter.finished or failed):
                times = Times(first - began, monotonic() - began)
                await self._recorder.keep(turn, seen, await self._source.status(), failed, times)

    async def start(self) -> None:
        """Start the source."""
        await self._source.start()

    async def status(self, *, closely: bool = False) -> Status:
        """Return the source's status, and what the recorder adds."""
        status = await self._source.status(closely=closely)
        return replace(status, names=self._recorder.names) if self._recorder else status

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()
