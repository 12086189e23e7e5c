"""A request for a response that must fail."""

from __future__ import annotations

from conformance.common import failure
from conformance.common.cases import Case, case
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.responses.faces import FACES
from conformance.responses.malformed import MALFORMED


class Failure(failure.Failure):
    """A request that was answered with an error."""

    faces = FACES

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return what fails upstream, and every malformed request; streams may have begun when something fails."""
        plain = [case(each, "+plain") for each in scenarios if not each.succeeds]
        return plain + MALFORMED

    @classmethod
    def observe(cls, session: Session, case: Case) -> Failure:
        """Send it."""
        if case.detail is None:
            return cls(session.complete(case.request), case.expect)
        method, url, content = case.detail(session.request)
        return cls(session.fetch(method, url, content), case.expect)
