"""What is tried: each check, on every case that it has something to say on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.common.cases import Case
from conformance.common.exchange import Exchange, Json, Unreadable
from conformance.common.registry import Check, checks_of
from conformance.common.scenarios import Scenario
from conformance.common.session import Session, Subject


class Outcome(StrEnum):
    """How a check ended, on one case or on all; the first of these that occurs is the worst."""

    FAILED = "fail"
    KNOWN = "known failure"
    PASSED = "pass"
    REFUSED = "refused"  # the server said honestly, with status 400, that it does not offer this
    NOT_OFFERED = "not offered"  # the target is not said to offer this, and does not say so itself: `offer.honest`
    NOT_SHOWN = "not shown"  # no scenario exercises the check, so nothing is known


@dataclass(frozen=True)
class Finding:
    """How a check ended on one case, and why.

    `nothing` says that there was nothing to look at, because of a failure that other checks are there for. `request`
    is what was sent, if that was a request of the API, and `url` where to, as after `/v1`.
    """

    outcome: Outcome
    why: str = ""
    nothing: bool = False
    request: Json = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Item:
    """One check, and the cases to try it on."""

    check: Check
    cases: tuple[Case, ...]

    def look(self, session: Session) -> dict[str, Finding]:
        """Observe and check every case."""
        return {case.name: self._try(case, session) for case in self.cases}

    def _try(self, case: Case, session: Session) -> Finding:
        kind: type[Subject] = self.check.subject
        known = session.target.known_failure(f"{self.check.id}@{case.name}")
        missing = case.needs - session.target.capabilities
        subject = None
        try:
            subject = session.observe(kind, case)
            if missing and subject.refused:
                return Finding(Outcome.REFUSED, f"not said to offer {', '.join(sorted(missing))}")
            self.check(subject)
        except Exception as error:  # an assertion, or whatever an answer that is no answer makes the SDK raise
            if known:
                return Finding(Outcome.KNOWN, known)
            outcome = Outcome.NOT_OFFERED if missing else Outcome.FAILED
            exchange = getattr(subject, "exchange", Exchange({}, 0, {}, ()))
            why = str(error) if isinstance(error, AssertionError) else repr(error)
            return Finding(outcome, why, isinstance(error, Unreadable), exchange.request, exchange.url)
        # A known failure that passes is news, and its entry must go.
        return Finding(Outcome.FAILED, f"passes, but is said to fail: {known}") if known else Finding(Outcome.PASSED)


Look = Callable[[str, Item], None]  # runs an item of an API in a test, and says how it ended


def worst(findings: dict[str, Finding]) -> Outcome:
    """Return how the check ended on the whole."""
    seen = {finding.outcome for finding in findings.values()}
    return next((outcome for outcome in Outcome if outcome in seen), Outcome.NOT_SHOWN)


def items(kind: type[Subject], scenarios: list[Scenario]) -> list[Item]:
    """Return the checks of one kind of subject with their cases; one that has none is not shown."""
    cases = kind.cases(scenarios)
    return [Item(check, tuple(case for case in cases if check.applies(case.traits))) for check in checks_of(kind)]
