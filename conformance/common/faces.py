"""The ways in which a program can ask through an SDK: `create`, its stream, a helper, raw responses; sync and async.

A face is one such way. It works on a live server and on captured bytes alike, so that one expensive call feeds all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.common.door import Canned, Door
from conformance.common.exchange import Exchange, Json

Ask = Callable[[Door, Json], Any]


@dataclass(frozen=True)
class Outcome:
    """How one face fared: what it told, or what it raised. `attempts` counts the requests that the SDK made."""

    told: Any
    error: Exception | None
    attempts: int = 1

    @property
    def failed_with(self) -> str | None:
        """The name of the error's class."""
        return None if self.error is None else type(self.error).__name__

    @property
    def why(self) -> str:
        """What the SDK complains of, and what its models complain of underneath."""
        return f"{self.error!r} {self.error.__cause__ or ''}" if self.error else "no error"


@dataclass(frozen=True)
class Face:
    """One way to ask. `streams` tells which of the two answers it reads."""

    name: str
    streams: bool
    ask: Ask


class Faces(dict[str, Face]):
    """The faces of one API's SDK, by name."""

    def face(self, name: str, *, streams: bool) -> Callable[[Ask], Ask]:
        """Register a function as a face."""

        def register(ask: Ask) -> Ask:
            self[name] = Face(name, streams, ask)
            return ask

        return register

    def read(self, exchange: Exchange, face: str, *, strict: bool = False, retries: int = 0) -> Outcome:
        """Let the SDK read captured bytes through one face."""
        transport = Canned(exchange)
        door = Door(strict=strict, retries=retries, transport=transport)
        outcome = self.ask(door, face, exchange.request)
        return Outcome(outcome.told, outcome.error, transport.requests)

    def ask(self, door: Door, face: str, request: Json) -> Outcome:
        """Ask through one face; whatever the SDK raises is part of the outcome."""
        try:
            return Outcome(self[face].ask(door, request), None)
        except Exception as error:  # a broken answer makes the SDK raise nearly anything
            return Outcome(None, error)
