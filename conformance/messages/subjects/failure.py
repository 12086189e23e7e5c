"""A request for a message that must fail."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common import capture
from conformance.common.cases import Case
from conformance.common.exchange import Exchange, Json, Unreadable, pick
from conformance.common.faces import Outcome
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.messages.faces import FACES
from conformance.messages.malformed import MALFORMED
from conformance.messages.subjects.answer import known

# The SDK's error classes by status (anthropic-python README, "Handling errors"); 2.x has a few more below them.
CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
_VERSION: Json = {"anthropic-version": "2023-06-01"}
_REPEATED = {408, 409, 429}  # and all from 500 on: the SDK sends the request again by itself


class Failure(Observed):
    """A request that was answered with an error."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return what fails upstream, plain and as a stream (unless that had begun), and every malformed request."""
        plain = [known(each, "+plain", {}) for each in scenarios if not each.succeeds]
        failing = [each for each in scenarios if not (each.succeeds or each.breaks)]
        return plain + [known(each, "+stream", {"stream": True}) for each in failing] + MALFORMED

    @classmethod
    def observe(cls, session: Session, case: Case) -> Failure:
        """Send it; a malformed request says by a header whose client it is."""
        if isinstance(case.detail, dict):
            return cls(session.complete(case.request, **case.detail), case.expect)
        method, url, content = case.detail(session.request)
        return cls(capture.fetch(session.door, method, url, content=content, **_VERSION), case.expect)

    @property
    def refused(self) -> bool:
        """A refusal is what is asked for here."""
        return False

    @cached_property
    def body(self) -> Json:
        """The error's envelope."""
        body = self.exchange.json()
        if not isinstance(body, dict):
            raise Unreadable(f"status {self.exchange.status} without a JSON object: {self.exchange.text!r}")
        return body

    def says(self, *path: str) -> Any:
        """Return what stands at a path of the envelope, or MISSING."""
        return pick(self.body, *path)

    @cached_property
    def outcome(self) -> Outcome:
        """What the SDK makes of it, with its two retries."""
        return FACES.read(_patiently(self.exchange), "create", retries=2)

    @property
    def is_repeated(self) -> bool:
        """Whether the SDK repeats such a request unless it is told not to."""
        return self.exchange.status in _REPEATED or self.exchange.status >= 500


def _patiently(exchange: Exchange) -> Exchange:
    """Return the same answer without the pause that the SDK would make before a retry."""
    headers = {name: value for name, value in exchange.headers.items() if name != "retry-after"}
    return Exchange(exchange.request, exchange.status, headers | {"retry-after-ms": "1"}, exchange.pieces)
