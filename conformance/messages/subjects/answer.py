"""A plain message: one JSON object."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import Json, Unreadable, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.messages.scenarios import Wanted


def wanted(observed: Observed) -> Wanted:
    """Return what is expected of a message."""
    expect = observed.expect
    return expect if isinstance(expect, Wanted) else Wanted()


def known(scenario: Scenario, suffix: str = "", detail: Any = None) -> Case:
    """Return the case that a scenario is; `has-blocks` says that its content is known to the letter."""
    made = case(scenario, suffix, detail)
    expect = scenario.expect
    more = {"has-blocks"} if isinstance(expect, Wanted) and expect.blocks is not None else set()
    more |= {"has-type"} if not scenario.succeeds else set()
    return Case(made.name, made.request, made.expect, made.needs, made.traits | more, made.detail)


class Plain(Observed):
    """A plain answer to a scenario."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [known(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Plain:
        """Ask for it."""
        return cls(session.complete(case.request), case.expect)

    @cached_property
    def body(self) -> Json:
        """The JSON object that the message is."""
        self.require_success()
        body = self.exchange.json()
        if not isinstance(body, dict):
            raise Unreadable(f"the answer is not a JSON object: {self.exchange.text!r}")
        return body

    def pick(self, *path: str | int) -> Any:
        """Return what stands at a path of the body, or MISSING."""
        return pick(self.body, *path)

    @property
    def blocks(self) -> list[Any]:
        """The content blocks; an empty list if there are none."""
        blocks = self.pick("content")
        return blocks if isinstance(blocks, list) else []

    @property
    def calls(self) -> list[Any]:
        """The blocks that are calls."""
        return [block for block in self.blocks if pick(block, "type") == "tool_use"]

    @property
    def text(self) -> str:
        """The texts of all blocks, joined."""
        return "".join(str(pick(block, "text")) for block in self.blocks if pick(block, "type") == "text")
