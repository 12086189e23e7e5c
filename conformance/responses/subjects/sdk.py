"""A response as a program sees it that uses the official SDK, by one of its faces."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.common.cases import Case, case
from conformance.common.exchange import Json, Unreadable
from conformance.common.faces import Outcome
from conformance.common.observed import Observed
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.responses.faces import FACES, Told

_PARSING = {"parse", "async-parse"}
_HELPERS = {"helper", "async-helper"}
_KINDS = ("text", "reasoning", "tools", "json_schema")


@dataclass(frozen=True)
class Reading:
    """What one face made of an answer: by default, and with the SDK's own models validating every object."""

    face: str
    expect: Expected
    request: Json
    loose: Outcome
    strict: Outcome
    refused: bool = False

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each scenario that ends well with each face; `parse` only where there is something to parse."""
        return [
            case(scenario, f"+{face}", face)
            for scenario in scenarios
            for face in FACES
            if scenario.succeeds and (face not in _PARSING or "json_schema" in scenario.tags)
        ]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Reading:
        """Let the SDK read the bytes that were captured once."""
        more = {"stream": True} if FACES[case.detail].streams else {}
        exchange = session.complete(case.request, **more)
        refused = Observed(exchange, case.expect).refused
        loose, strict = (FACES.read(exchange, case.detail, strict=strict) for strict in (False, True))
        return cls(case.detail, case.expect, case.request, loose, strict, refused)

    @property
    def told(self) -> Told:
        """What the program got."""
        if not isinstance(self.loose.told, Told):
            raise Unreadable(f"the SDK raised {self.loose.why}")
        return self.loose.told

    def complains(self, outcome: Outcome) -> str | None:
        """Return what the SDK complains of without a reason.

        The helpers want a response that is complete, and parse texts that are cut off too.
        """
        if outcome.error is None or (self.parses and not self.is_complete):
            return None
        return outcome.why

    @property
    def is_complete(self) -> bool:
        """Whether the answer is whole, as far as that can be foretold."""
        return self.expect.finish_reason in (None, "completed")

    @property
    def comes(self) -> bool:
        """Whether the program gets an answer at all."""
        return self.is_complete or not self.parses

    @property
    def parses(self) -> bool:
        """Whether the face parses what it reads."""
        return self.face in _PARSING | _HELPERS

    @property
    def offered(self) -> set[str]:
        """The names of the functions that the request offers."""
        return {tool["name"] for tool in self.request.get("tools") or () if tool["type"] == "function"}


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
        return cls(case.detail, case.expect, case.request, outcome, outcome, refused)
