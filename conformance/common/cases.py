"""What a check can be tried on: a scenario, alone or with one more choice, such as the face of the SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.common.exchange import Json
from conformance.common.scenarios import Expected, Scenario

# What programs know of OpenAI's and decide by; any other code is a server's own, and none can be demanded of another.
_CODES = {
    *("context_length_exceeded", "insufficient_quota", "invalid_api_key", "invalid_value", "model_not_found"),
    *("previous_response_not_found", "rate_limit_exceeded", "unsupported_parameter", "unsupported_value"),
}


@dataclass(frozen=True)
class Case:
    """One thing to observe. `needs` are the capabilities it takes, `traits` what checks may restrict themselves to."""

    name: str
    request: Json
    expect: Expected = field(default_factory=Expected)
    needs: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    detail: Any = None


def case(scenario: Scenario, suffix: str = "", detail: Any = None) -> Case:
    """Return the case that a scenario is."""
    name = f"{scenario.name}{suffix}"
    traits = scenario.tags | traits_of(scenario.expect)
    return Case(name, scenario.request, scenario.expect, scenario.tags, traits, detail)


def traits_of(expect: Expected) -> frozenset[str]:
    """Return how an answer ends and what is known of it: `ends-length`, `has-calls`, `no-content`, ..."""
    known = ("content", "calls", "reasoning", "usage", "param")
    having = {f"has-{name}" for name in known if getattr(expect, name)}
    having |= {"has-code"} if expect.code in _CODES else set()
    silent = {"no-content"} if expect.content == "" else set()
    return frozenset(having | silent | {f"ends-{expect.finish_reason}"})
