"""A plain completion: one JSON object."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import Json, Unreadable, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session


class Plain(Observed):
    """A plain answer to a scenario."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [case(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Plain:
        """Ask for it."""
        return cls(session.complete(case.request), case.expect)

    @cached_property
    def body(self) -> Json:
        """The JSON object that the answer is."""
        self.require_success()
        body = self.exchange.json()
        if not isinstance(body, dict):
            raise Unreadable(f"the answer is not a JSON object: {self.exchange.text!r}")
        return body

    def pick(self, *path: str | int) -> Any:
        """Return what stands at a path of the body, or MISSING."""
        return pick(self.body, *path)

    def choice(self, name: str) -> Any:
        """Return a field of the first choice, or MISSING."""
        return self.pick("choices", 0, name)
