"""A streamed completion: each event is a completion with a piece of the text."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import MISSING, Json, Unreadable, pick
from conformance.common.observed import Events
from conformance.common.scenarios import Scenario, sample
from conformance.common.session import Session
from conformance.completions.faces import FACES


class Pieces(Events):
    """A stream of pieces, whatever they say."""

    @cached_property
    def pieces(self) -> list[Json]:
        """The JSON objects that are not errors."""
        found = [said for said in self.payloads if isinstance(said, dict) and not said.get("error")]
        if not found:
            raise Unreadable(f"no piece arrived: {self.exchange.text!r}")
        return found

    def each(self, *path: str | int) -> list[Any]:
        """Return what stands at a path of each piece, or MISSING."""
        return [pick(piece, *path) for piece in self.pieces]

    @property
    def finish_reasons(self) -> list[Any]:
        """The finish reasons, in order; null and MISSING stay."""
        return [
            reason
            for reason, choices in zip(self.each("choices", 0, "finish_reason"), self.each("choices"), strict=True)
            if choices
        ]

    @property
    def text(self) -> str:
        """The texts, joined."""
        return "".join(text for text in self.each("choices", 0, "text") if isinstance(text, str))


class Stream(Pieces):
    """A streamed answer to a scenario."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [case(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Stream:
        """Ask for it."""
        return cls(session.complete(case.request, stream=True), case.expect)


class Counted(Pieces):
    """A streamed answer that was asked for with `stream_options: {"include_usage": true}`."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the first scenario for each set of tags: usage depends on little else."""
        return Stream.cases(sample(scenarios))

    @classmethod
    def observe(cls, session: Session, case: Case) -> Counted:
        """Ask for it."""
        request = case.request | {"stream_options": {"include_usage": True}}
        return cls(session.complete(request, stream=True), case.expect)

    @property
    def usages(self) -> list[Any]:
        """The usage objects that arrived, each with its choices."""
        pairs = zip(self.each("usage"), self.each("choices"), strict=True)
        return [(usage, choices) for usage, choices in pairs if usage not in (None, MISSING)]


class BrokenOff(Pieces):
    """A stream that began well and could not be finished."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that break off."""
        return [case(scenario) for scenario in scenarios if scenario.breaks]

    @classmethod
    def observe(cls, session: Session, case: Case) -> BrokenOff:
        """Ask for the stream."""
        return cls(session.complete(case.request, stream=True), case.expect)

    def raised(self, face: str) -> Any:
        """Return what the SDK raises when it reads the stream, or None."""
        return FACES.read(self.exchange, face).error
