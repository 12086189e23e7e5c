"""A message as a program sees it that uses Anthropic's SDK, by one of its faces."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.common.cases import Case
from conformance.common.exchange import Unreadable
from conformance.common.faces import Outcome
from conformance.common.observed import Observed
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.messages.faces import FACES, Told
from conformance.messages.subjects.answer import known

_KINDS = ("text", "reasoning", "tools", "documents", "json_schema")
_PARSING = {"parse"}


@dataclass(frozen=True)
class Reading:
    """What one face made of a message: by default, and with the SDK's own models validating every object."""

    face: str
    expect: Expected
    loose: Outcome
    strict: Outcome
    refused: bool = False

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each scenario that ends well with each face; `parse` only where there is something to parse."""
        return [
            known(scenario, f"+{face}", face)
            for scenario in scenarios
            for face in FACES
            if scenario.succeeds and (face not in _PARSING or "json_schema" in scenario.tags)
        ]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Reading:
        """Let the SDK read the bytes that were captured once."""
        more = {"stream": True} if FACES[case.detail].streams else {}
        exchange = session.complete(case.request, **more)
        loose, strict = (FACES.read(exchange, case.detail, strict=strict) for strict in (False, True))
        return cls(case.detail, case.expect, loose, strict, Observed(exchange, case.expect).refused)

    @property
    def told(self) -> Told:
        """What the program got."""
        if not isinstance(self.loose.told, Told):
            raise Unreadable(f"the SDK raised {self.loose.why}")
        return self.loose.told


class Live(Reading):
    """The same over the network: the SDK talks to the server itself, and validates."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the first scenario of each kind of answer with each face."""
        ending_well = [scenario for scenario in scenarios if scenario.succeeds]
        first = {tag: each for tag in _KINDS for each in reversed(ending_well) if tag in each.tags}
        return super().cases(list({scenario.name: scenario for scenario in first.values()}.values()))

    @classmethod
    def observe(cls, session: Session, case: Case) -> Live:
        """Let the SDK ask."""
        outcome = FACES.ask(session.patient(strict=True), case.detail, session.request(case.request))
        refused = Observed(session.complete(case.request), case.expect).refused
        return cls(case.detail, case.expect, outcome, outcome, refused)
