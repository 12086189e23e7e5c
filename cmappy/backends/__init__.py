"""The one seam: a backend answers a turn with the CLI's stdout, line by line.

Whoever iterates closes: `async with aclosing(backend.lines(turn)) as lines:`; closing ends the run.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from cmappy.events import ModelInfo
from cmappy.turn import Turn


@dataclass(frozen=True, slots=True)
class Status:
    """What a backend is: `provider` is `claude-code-cli` or `replay`, `login` how the CLI is logged in."""

    provider: str
    cli_version: str
    login: str
    models: tuple[ModelInfo, ...]


class Backend(Protocol):
    """Answers one turn with the CLI's stdout, line by line."""

    def lines(self, turn: Turn) -> AsyncGenerator[bytes, None]:
        """Yield the CLI's lines for a turn; raises CmappyError when there can be no (further) lines."""
        ...

    async def status(self) -> Status:
        """Return what the CLI says of itself; raises CmappyError if it cannot be asked."""
        ...

    async def close(self) -> None:
        """End everything that is still running."""
        ...
