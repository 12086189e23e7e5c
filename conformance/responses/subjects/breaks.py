"""A stream that must say that it broke off."""

from __future__ import annotations

from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import pick
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.responses.faces import FACES
from conformance.responses.subjects.stream import Told


class BrokenOff(Told):
    """A stream that began well and could not be finished."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that break off."""
        return [case(scenario) for scenario in scenarios if scenario.breaks]

    @classmethod
    def observe(cls, session: Session, case: Case) -> BrokenOff:
        """Ask for the stream."""
        return cls(session.complete(case.request, stream=True), case.expect)

    def error(self, *path: str | int) -> Any:
        """Return what stands at a path of the event `error`, or MISSING."""
        return pick(self.of("error"), -1, *path)

    def failed(self, *path: str | int) -> Any:
        """Return what stands at a path of the failed response, or MISSING."""
        return pick(self.of("response.failed"), -1, "response", *path)

    def raised(self, face: str) -> Any:
        """Return what the SDK raises when it reads the stream, or None."""
        return FACES.read(self.exchange, face).error
