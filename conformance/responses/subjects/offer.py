"""Whether a server says what it offers: shows what it is said to support, and refuses what it does not."""

from __future__ import annotations

from conformance.common.cases import Case
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.responses.subjects.answer import Plain


class Offer(Plain):
    """The answer to a request, and which of the capabilities that it needs the target is not said to have."""

    missing: frozenset[str] = frozenset()

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well; nothing excuses a failure here."""
        return [Case(each.name, each.request, each.expect, detail=each.tags) for each in scenarios if each.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Offer:
        """Ask for it."""
        offer = cls(session.complete(case.request), case.expect)
        offer.missing = case.detail - session.target.capabilities
        return offer

    @property
    def is_as_wanted(self) -> bool:
        """Whether the answer is what it would be if everything were offered, as far as that is known."""
        response, expect = self.response, self.expect
        calls = list(expect.calls) == response.told_calls
        return calls and expect.content in (None, response.text) and expect.finish_reason in (None, response.ending)
