"""The one seam: a backend answers a turn with the CLI's stdout, line by line.

Whoever iterates closes: `async with aclosing(backend.lines(turn)) as lines:`; closing ends the run.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from cmappy.events import Billing, ModelInfo, RateLimit
from cmappy.turn import Turn


@dataclass(frozen=True, slots=True)
class Status:
    """What a backend is: `provider` is `claude-code-cli` or `replay`, `login` how the CLI is logged in.

    `billing` is who pays, `plan` what the CLI said last of the subscription's limits, `processes` how many of the CLI
    there are.
    """

    provider: str
    cli_version: str
    login: str
    models: tuple[ModelInfo, ...]
    billing: Billing = "none"
    plan: RateLimit | None = None
    processes: int = 0


def route_line(route: str) -> bytes:
    """Return the line with which a backend says how it answers a turn."""
    return b'{"cmappy":"route","route":"%b"}' % route.encode()


class Backend(Protocol):
    """Answers one turn with the CLI's stdout, line by line."""

    def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[bytes, None]:
        """Yield a route line and then the CLI's lines; raises CmappyError when there can be no (further) lines.

        `owner` is whose turn it is: what one owner said is never continued for another.
        """
        ...

    async def start(self) -> None:
        """Begin what should be ready before the first turn; does not wait for it."""
        ...

    async def status(self) -> Status:
        """Return what the CLI says of itself; raises CmappyError if it cannot be asked."""
        ...

    async def close(self) -> None:
        """End everything that is still running."""
        ...
