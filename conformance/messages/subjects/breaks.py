"""A stream that must say that it broke off."""

from __future__ import annotations

from typing import Any

from conformance.common.cases import Case
from conformance.common.exchange import pick
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.messages.faces import FACES
from conformance.messages.subjects.answer import known
from conformance.messages.subjects.stream import Told


class BrokenOff(Told):
    """A stream that began well and could not be finished."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that break off."""
        return [known(scenario) for scenario in scenarios if scenario.breaks]

    @classmethod
    def observe(cls, session: Session, case: Case) -> BrokenOff:
        """Ask for the stream."""
        return cls(session.complete(case.request, stream=True), case.expect)

    @property
    def errors(self) -> list[Any]:
        """The error objects among the events."""
        return [said["error"] for said in self.payloads if pick(said, "error")]

    def raised(self, face: str) -> Any:
        """Return what the SDK raises when it reads the stream, or None."""
        return FACES.read(self.exchange, face).error
