"""A stream that must say that it broke off."""

from __future__ import annotations

from typing import Any

from conformance.chat.faces import FACES
from conformance.chat.subjects.stream import Chunks
from conformance.common.cases import Case, case
from conformance.common.exchange import pick
from conformance.common.scenarios import Scenario
from conformance.common.session import Session


class BrokenOff(Chunks):
    """A stream that began well and could not be finished."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that break off."""
        return [case(scenario) for scenario in scenarios if scenario.breaks]

    @classmethod
    def observe(cls, session: Session, case: Case) -> BrokenOff:
        """Ask for the stream."""
        return cls(session.complete(case.request, stream=True), case.expect)

    @property
    def errors(self) -> list[Any]:
        """The error objects among the events."""
        return [said["error"] for said in self.payloads if isinstance(said, dict) and said.get("error")]

    def error(self, key: str) -> Any:
        """Return a field of the error object, or MISSING."""
        return pick(self.errors, -1, key)

    def raised(self, face: str) -> Any:
        """Return what the SDK raises when it reads the stream, or None."""
        return FACES.read(self.exchange, face).error
