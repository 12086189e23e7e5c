"""A completion as a program sees it that uses the official SDK, by one of its faces.

The SDK's strict mode takes `finish_reason` for required, which OpenAI's own streams have null: it looks at whole
answers alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.common.cases import Case, case
from conformance.common.exchange import Unreadable
from conformance.common.faces import Outcome
from conformance.common.observed import Observed
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.completions.faces import FACES, Told


@dataclass(frozen=True)
class Reading:
    """What one face made of a completion: by default, and, of a whole one, with the SDK's models validating it."""

    face: str
    expect: Expected
    loose: Outcome
    strict: Outcome
    refused: bool = False

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each scenario that ends well with each face."""
        return [case(each, f"+{face}", face) for each in scenarios for face in FACES if each.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Reading:
        """Let the SDK read the bytes that were captured once."""
        streams = FACES[case.detail].streams
        exchange = session.complete(case.request, **({"stream": True} if streams else {}))
        loose, strict = (FACES.read(exchange, case.detail, strict=strict) for strict in (False, not streams))
        return cls(case.detail, case.expect, loose, strict, Observed(exchange, case.expect).refused)

    @property
    def told(self) -> Told:
        """What the program got."""
        if not isinstance(self.loose.told, Told):
            raise Unreadable(f"the SDK raised {self.loose.why}")
        return self.loose.told


class Live(Reading):
    """The same over the network: the SDK talks to the server itself."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the first scenario with each face."""
        return super().cases([each for each in scenarios if each.succeeds][-1:])

    @classmethod
    def observe(cls, session: Session, case: Case) -> Live:
        """Let the SDK ask."""
        door = session.patient(strict=not FACES[case.detail].streams)
        outcome = FACES.ask(door, case.detail, session.request(case.request))
        refused = Observed(session.complete(case.request), case.expect).refused
        return cls(case.detail, case.expect, outcome, outcome, refused)
