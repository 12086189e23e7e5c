"""One run against one server with one API: makes each observation once, however many checks look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from conformance.common import capture
from conformance.common.cases import Case
from conformance.common.door import Door
from conformance.common.exchange import Exchange, Json
from conformance.common.scenarios import Scenario
from conformance.common.targets import Target


class Subject(Protocol):
    """What checks look at: one observation of the server."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return what there is to observe."""

    @classmethod
    def observe(cls, session: Session, case: Case) -> Subject:
        """Make the observation."""

    @property
    def refused(self) -> bool:
        """Whether the server said honestly that it does not offer this."""


S = TypeVar("S", bound=Subject)


class Session:
    """A server to look at, and all that was seen of it so far."""

    def __init__(
        self, door: Door, target: Target, send: Callable[[Door, Json], Exchange], model: str | None = None
    ) -> None:
        self.door = door
        self.target = target
        self._send = send
        self._model = model
        self._seen: dict[tuple[type, str], Subject] = {}
        self._answers: dict[tuple[str, str], Exchange] = {}

    def observe(self, kind: type[S], case: Case) -> S:
        """Return the observation of a case; it is made when it is asked for first."""
        key = kind, case.name
        if key not in self._seen:
            self._seen[key] = kind.observe(self, case)
        seen = self._seen[key]
        if not isinstance(seen, kind):
            raise TypeError(f"{kind.__name__} observed a {type(seen).__name__}")
        return seen

    def request(self, request: Json) -> Json:
        """Return the request with the server's own name for the model."""
        asked = request.get("model")
        return request if asked is None else request | {"model": self._model or self.target.model(asked)}

    def complete(self, request: Json, **more: object) -> Exchange:
        """Send a request of the API; the same request is sent once."""
        asked = self.request(request) | more
        key = repr(asked), ""
        if key not in self._answers:
            self._answers[key] = self._send(self.door, asked)
        return self._answers[key]

    def send(self, request: Json) -> Exchange:
        """Send a request of the API, even if it was sent before."""
        return self._send(self.door, self.request(request))

    def fetch(self, method: str, url: str, content: bytes | None = None) -> Exchange:
        """Send anything else."""
        return capture.fetch(self.door, method, url, content=content)

    def patient(self, **changes: object) -> Door:
        """Return the door with other settings."""
        return replace(self.door, **changes)  # type: ignore[arg-type]


Sessions = Mapping[str, Session]  # one for each API that is looked at
