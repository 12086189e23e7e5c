"""A request that must fail."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.chat import faces
from conformance.chat.faces import Outcome
from conformance.chat.malformed import MALFORMED
from conformance.common.cases import Case, case
from conformance.common.exchange import Exchange, Json, Unreadable, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session

# Statuses for which the SDK has an error class of its own ("Error codes" of the API reference, openai-python README).
CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
REPEATED = {408, 409, 429}  # and all from 500 on: the SDK sends the request again by itself


class Failure(Observed):
    """A request that was answered with an error."""

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

    @property
    def refused(self) -> bool:
        """A refusal is what is asked for here."""
        return False

    @cached_property
    def error(self) -> Json:
        """The error object."""
        error = pick(self.exchange.json(), "error")
        if not isinstance(error, dict):
            raise Unreadable(f"status {self.exchange.status} without an `error` object: {self.exchange.text!r}")
        return error

    def says(self, key: str) -> Any:
        """Return a field of the error object, or MISSING."""
        return pick(self.error, key)

    @cached_property
    def outcome(self) -> Outcome:
        """What the SDK makes of it, with its two retries."""
        return faces.read(_patiently(self.exchange), "create", retries=2)

    @property
    def is_repeated(self) -> bool:
        """Whether the SDK repeats such a request unless it is told not to."""
        return self.exchange.status in REPEATED or self.exchange.status >= 500


def class_name(status: int) -> str:
    """Return the SDK's error class for a status."""
    return CLASSES.get(status, "InternalServerError" if status >= 500 else "APIStatusError")


def _patiently(exchange: Exchange) -> Exchange:
    """Return the same answer without the pause that the SDK would make before a retry."""
    headers = {name: value for name, value in exchange.headers.items() if name != "retry-after"}
    return Exchange(exchange.request, exchange.status, headers | {"retry-after-ms": "1"}, exchange.pieces)
