"""A plain answer: one JSON object."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.cases import Case, case
from conformance.exchange import Exchange, Json, Unreadable, pick
from conformance.scenarios import Expected, Scenario
from conformance.session import Session


class Observed:
    """What all observations of one exchange share."""

    def __init__(self, exchange: Exchange, expect: Expected) -> None:
        self.exchange = exchange
        self.expect = expect

    @property
    def refused(self) -> bool:
        """Whether the server said in OpenAI's words that it cannot do this: status 400 and a message."""
        return self.exchange.status == 400 and bool(pick(self.exchange.json(), "error", "message"))

    def header(self, name: str) -> str:
        """Return a response header, or an empty text."""
        return self.exchange.headers.get(name, "")

    def require_success(self) -> None:
        """Refuse to look into an answer that is none."""
        if self.exchange.status != 200:
            raise Unreadable(f"the request was answered with status {self.exchange.status}: {self.exchange.text}")


class Plain(Observed):
    """A plain answer to a scenario."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [case(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Plain:
        """Ask for it."""
        return cls(session.complete(case.request), case.expect)

    @cached_property
    def body(self) -> Json:
        """The JSON object that the answer is."""
        self.require_success()
        body = self.exchange.json()
        if not isinstance(body, dict):
            raise Unreadable(f"the answer is not a JSON object: {self.exchange.text!r}")
        return body

    def pick(self, *path: str | int) -> Any:
        """Return what stands at a path of the body, or MISSING."""
        return pick(self.body, *path)

    def message(self, *path: str | int) -> Any:
        """Return what stands at a path of the first choice's message, or MISSING."""
        return self.pick("choices", 0, "message", *path)

    @property
    def calls(self) -> list[Any]:
        """The tool calls; an empty list if there are none."""
        calls = self.message("tool_calls")
        return calls if isinstance(calls, list) else []
