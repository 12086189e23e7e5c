"""A request for a chat completion that must fail."""

from __future__ import annotations

from conformance.chat.faces import FACES
from conformance.chat.malformed import MALFORMED
from conformance.common import failure
from conformance.common.cases import Case, case
from conformance.common.scenarios import Scenario
from conformance.common.session import Session


class Failure(failure.Failure):
    """A request that was answered with an error."""

    faces = FACES

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return what fails upstream, plain and as a stream (unless that had begun), and every malformed request."""
        plain = [case(each, "+plain", {}) for each in scenarios if not each.succeeds]
        streams = [case(each, "+stream", {"stream": True}) for each in scenarios if not (each.succeeds or each.breaks)]
        return plain + streams + MALFORMED

    @classmethod
    def observe(cls, session: Session, case: Case) -> Failure:
        """Send it."""
        if isinstance(case.detail, dict):
            return cls(session.complete(case.request, **case.detail), case.expect)
        method, url, content = case.detail(session.request)
        return cls(session.fetch(method, url, content), case.expect)
