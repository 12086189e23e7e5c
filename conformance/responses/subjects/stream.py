"""A streamed response: events, the items whose life they tell, and the response in the last of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import MISSING, Json, Unreadable, pick
from conformance.common.observed import Events
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.responses.subjects.answer import Response

ENDS = ("response.completed", "response.incomplete", "response.failed")
DELTAS = {  # the pieces of each kind of text, where the whole of it is told, and where it is in the item
    "response.output_text.delta": ("response.output_text.done", "text"),
    "response.refusal.delta": ("response.refusal.done", "refusal"),
    "response.reasoning_summary_text.delta": ("response.reasoning_summary_text.done", "text"),
    "response.function_call_arguments.delta": ("response.function_call_arguments.done", "arguments"),
    "response.custom_tool_call_input.delta": ("response.custom_tool_call_input.done", "input"),
}


class Told(Events):
    """A stream of the events of a response."""

    @cached_property
    def events(self) -> list[Json]:
        """The JSON objects that arrived, in order."""
        found = [said for said in self.payloads if isinstance(said, dict)]
        if not found:
            raise Unreadable(f"no event arrived: {self.exchange.text!r}")
        return found

    @property
    def types(self) -> list[Any]:
        """The type of each event."""
        return [pick(event, "type") for event in self.events]

    def of(self, *types: str) -> list[Json]:
        """Return the events of some types, in order."""
        return [event for event in self.events if event.get("type") in types]

    def text(self, type: str = "response.output_text.delta") -> str:
        """Return what the deltas of a type add up to."""
        return "".join(delta for event in self.of(type) if isinstance(delta := event.get("delta"), str))


class Stream(Told):
    """A streamed response to a scenario."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [case(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Stream:
        """Ask for it."""
        return cls(session.complete(case.request, stream=True), case.expect)

    @cached_property
    def response(self) -> Response:
        """The response of the last event that has the end of one."""
        body = pick(self.of(*ENDS), -1, "response")
        if not isinstance(body, dict):
            raise Unreadable("no event tells the end of the response")
        return Response(body)

    @cached_property
    def added(self) -> list[Any]:
        """The items as they were added, in order."""
        return [event.get("item") for event in self.of("response.output_item.added")]

    @cached_property
    def done(self) -> list[Any]:
        """The items as they were when they were complete, in order."""
        return [event.get("item") for event in self.of("response.output_item.done")]

    def sums(self) -> dict[str, list[tuple[str, Any]]]:
        """Return what the deltas of each text add up to, and what is told as the whole of it."""
        return {
            kind: [(self._sum(kind, end), end.get(key, MISSING)) for end in self.of(done)]
            for kind, (done, key) in DELTAS.items()
        }

    def _sum(self, kind: str, end: Json) -> str:
        pieces = [event.get("delta") for event in self.of(kind) if _place(event) == _place(end)]
        return "".join(map(str, pieces))


def _place(event: Json) -> tuple[Any, ...]:
    return tuple(event.get(name) for name in ("item_id", "output_index", "content_index", "summary_index"))
