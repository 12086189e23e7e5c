"""The same answer twice: as one object, and at the end of a stream."""

from __future__ import annotations

from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import Exchange, Json
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.stream import Stream

_OWN = {"id", "call_id", "created_at", "completed_at", "encrypted_content"}  # what each answer has for itself


class Both:
    """A plain response and a streamed one to the same request."""

    def __init__(self, plain: Exchange, streamed: Exchange, expect: Expected) -> None:
        self.exchange = streamed
        self.plain = Plain(plain, expect)
        self.stream = Stream(streamed, expect)

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios whose answer is known: a model may say something else when it is asked again."""
        known = [each for each in scenarios if each.succeeds and (each.expect.content is not None or each.expect.usage)]
        return [case(scenario) for scenario in known]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Both:
        """Ask twice."""
        return cls(session.complete(case.request), session.complete(case.request, stream=True), case.expect)

    @property
    def refused(self) -> bool:
        """Whether the server said honestly that it cannot do this."""
        return self.plain.refused

    @property
    def differing(self) -> Json:
        """The fields that differ, each with both values, without what each answer has for itself."""
        one, other = _common(self.plain.response.body), _common(self.stream.response.body)
        names = sorted(one.keys() | other.keys())
        return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}


def _common(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _common(item) for name, item in value.items() if name not in _OWN}
    return [_common(item) for item in value] if isinstance(value, list) else value
