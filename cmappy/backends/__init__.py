"""The upper seam: a backend answers a turn with the events of an answer.

Whoever iterates closes: `async with aclosing(backend.answer(turn)) as events:`; closing ends the run.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from cmappy.answer import Event
from cmappy.status import Status
from cmappy.turn import Turn


class Backend(Protocol):
    """Answers one turn."""

    def answer(self, turn: Turn, owner: str = "") -> AsyncGenerator[Event, None]:
        """Yield how the turn is answered and then the answer; raises the CmappyError that ends it early.

        `owner` is whose turn it is: what one owner said is never continued for another.
        """
        ...

    async def start(self) -> None:
        """Begin what should be ready before the first turn; does not wait for it."""
        ...

    async def status(self, *, closely: bool = False) -> Status:
        """Return what the backend tells of itself; raises CmappyError if it cannot be asked.

        `closely` is for people who look: it lists the processes, and asks anew how much of the plan is used up.
        """
        ...

    async def close(self) -> None:
        """End everything that is still running."""
        ...
