"""A streamed message: its events, and what they add up to."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common.cases import Case
from conformance.common.exchange import Exchange, Json, Unreadable, pick
from conformance.common.observed import Events
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.messages.fold import Message, fold
from conformance.messages.subjects.answer import known


class Told(Events):
    """A stream of events, whatever they say."""

    @cached_property
    def events(self) -> list[Json]:
        """The JSON objects that are neither pings nor errors."""
        found = [said for said in self.payloads if isinstance(said, dict)]
        found = [said for said in found if said.get("type") not in ("ping", "error")]
        if not found:
            raise Unreadable(f"no event arrived: {self.exchange.text!r}")
        return found

    @property
    def types(self) -> list[Any]:
        """The types of the events, in order."""
        return [pick(event, "type") for event in self.events]

    def of(self, kind: str) -> list[Json]:
        """Return the events of one type."""
        return [event for event in self.events if event.get("type") == kind]

    @cached_property
    def message(self) -> Message:
        """What the events add up to."""
        return fold(self.events)

    @property
    def block_events(self) -> list[tuple[Any, Json]]:
        """The events of blocks, in order, each with the index of its block."""
        return [(pick(event, "index"), event) for event in self.events if "content_block" in str(event.get("type"))]


class Stream(Told):
    """A streamed answer to a scenario, and the plain answer to the same request."""

    def __init__(self, exchange: Exchange, plain: Exchange, expect: Expected) -> None:
        super().__init__(exchange, expect)
        self.plain = plain

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [known(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Stream:
        """Ask for both."""
        return cls(session.complete(case.request, stream=True), session.complete(case.request), case.expect)
