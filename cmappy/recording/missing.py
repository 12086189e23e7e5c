"""Answers from recordings, and asks the CLI for what was not recorded yet."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from cmappy.answer import Event
from cmappy.backends.lines import Answering
from cmappy.recording.replay import Replay
from cmappy.status import Status
from cmappy.turn import Turn


class Missing:
    """A backend of two: `told` answers from `replay`, `asked` from the CLI, and records."""

    def __init__(self, replay: Replay, told: Answering, asked: Answering) -> None:
        self._replay = replay
        self._told = told
        self._asked = asked

    async def answer(self, turn: Turn, owner: str = "") -> AsyncGenerator[Event, None]:
        """Yield the recorded answer, or the CLI's; raises the error that ends it early. Whoever iterates closes."""
        backend = self._told if self._replay.knows(turn) else self._asked
        async with aclosing(backend.answer(turn, owner)) as events:
            async for event in events:
                yield event

    async def start(self) -> None:
        """Start the CLI."""
        await self._asked.start()

    async def status(self, *, closely: bool = False) -> Status:
        """Return the CLI's status."""
        return await self._asked.status(closely=closely)

    async def close(self) -> None:
        """Close both."""
        await self._told.close()
        await self._asked.close()
