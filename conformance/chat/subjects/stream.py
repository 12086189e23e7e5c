"""A streamed answer: events, the chunks in them, and what the chunks add up to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import MISSING, Json, Unreadable, pick
from conformance.common.observed import Events
from conformance.common.scenarios import Scenario, sample
from conformance.common.session import Session


class Chunks(Events):
    """A stream of chunks, whatever they say."""

    @cached_property
    def chunks(self) -> list[Json]:
        """The JSON objects that are not errors."""
        found = [said for said in self.payloads if isinstance(said, dict) and not said.get("error")]
        if not found:
            raise Unreadable(f"no chunk arrived: {self.exchange.text!r}")
        return found

    def each(self, *path: str | int) -> list[Any]:
        """Return what stands at a path of each chunk, or MISSING."""
        return [pick(chunk, *path) for chunk in self.chunks]

    @cached_property
    def choices(self) -> list[Json]:
        """The choices of all chunks, in order."""
        lists = [choices for choices in self.each("choices") if isinstance(choices, list)]
        return [choice for choices in lists for choice in choices if isinstance(choice, dict)]

    @cached_property
    def deltas(self) -> list[Json]:
        """The deltas of all choices, in order."""
        return [delta for choice in self.choices if isinstance(delta := choice.get("delta"), dict)]

    def values(self, key: str) -> list[Any]:
        """Return the values of a key in the deltas that have it."""
        return [delta[key] for delta in self.deltas if key in delta]

    def text(self, key: str = "content") -> str:
        """Return the text of a key, added up over the deltas."""
        return "".join(value for value in self.values(key) if isinstance(value, str))


class Stream(Chunks):
    """A streamed answer to a scenario, asked for without usage."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [case(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Stream:
        """Ask for it."""
        return cls(session.complete(case.request, stream=True), case.expect)

    @cached_property
    def call_deltas(self) -> list[Any]:
        """The pieces of tool calls, in order."""
        return [piece for value in self.values("tool_calls") if isinstance(value, list) for piece in value]

    @cached_property
    def call_pieces(self) -> list[list[Any]]:
        """The pieces of each tool call, in the order in which the calls begin."""
        calls: defaultdict[Any, list[Any]] = defaultdict(list)
        for piece in self.call_deltas:
            calls[repr(pick(piece, "index"))].append(piece)
        return list(calls.values())

    def each_call(self, *path: str | int) -> list[list[Any]]:
        """Return, for each tool call, the values that its pieces have at a path."""
        found = [[pick(piece, *path) for piece in pieces] for pieces in self.call_pieces]
        return [[value for value in values if value is not MISSING] for values in found]


class Counted(Chunks):
    """A streamed answer that was asked for with `stream_options: {"include_usage": true}`."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the first scenario for each set of tags: usage depends on little else. It has to be offered, too."""
        return [replace(case, needs=case.needs | {"usage"}) for case in Stream.cases(sample(scenarios))]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Counted:
        """Ask for it."""
        request = case.request | {"stream_options": {"include_usage": True}}
        return cls(session.complete(request, stream=True), case.expect)

    @property
    def usages(self) -> list[Any]:
        """The usage objects that arrived."""
        return [usage for usage in self.each("usage") if usage is not MISSING and usage is not None]

    @property
    def usage(self) -> Any:
        """The last usage object, or MISSING."""
        return pick(self.usages, -1)
