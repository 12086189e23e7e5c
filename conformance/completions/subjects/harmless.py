"""Requests with something more that must not change the answer, and requests for several answers."""

from __future__ import annotations

from typing import Any

from conformance.common.cases import Case
from conformance.common.exchange import Json, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session

_NULLABLE = ("best_of", "echo", "logprobs", "max_tokens", "n", "seed", "stop", "suffix", "temperature", "user")

# What real clients send: openai-python with None, Continue's autocompletion, LiteLLM, LangChain.
COMMON: dict[str, Json] = {
    "nulls": dict.fromkeys(_NULLABLE),
    "no-stream": {"stream": False},
    "temperature": {"temperature": 0.01},
    "penalties": {"presence_penalty": 0.0, "frequency_penalty": 0.0, "logit_bias": {}},
    "one": {"n": 1, "best_of": 1},
    "user": {"user": "ada", "seed": 7},
    "unknown-field": {"some_future_field": {"deep": [1, 2, 3]}},
}
SEVERAL: dict[str, Json] = {
    "two-choices": {"n": 2},
    "two-prompts": {"prompt": ["One", "Two"]},
}


def _simplest(scenarios: list[Scenario]) -> Scenario | None:
    usual = {"model", "prompt"}
    return next((each for each in scenarios if each.tags == {"text"} and set(each.request) == usual), None)


class Harmless(Observed):
    """The answer to a request with something more."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each edit of the simplest scenario."""
        plain = _simplest(scenarios)
        edits = (("common", COMMON), ("several", SEVERAL))
        return [
            Case(name, plain.request, plain.expect, plain.tags, frozenset({kind}), edit)
            for kind, known in edits
            for name, edit in known.items()
            if plain is not None and kind in cls.kinds()
        ]

    @classmethod
    def kinds(cls) -> set[str]:
        """Return the kinds of edits that belong here."""
        return {"common"}

    @classmethod
    def observe(cls, session: Session, case: Case) -> Harmless:
        """Ask with the edit."""
        return cls(session.complete(case.request | case.detail), case.expect)

    @property
    def text(self) -> Any:
        """The text of the answer; None if there is one and any will do."""
        text = pick(self.exchange.json(), "choices", 0, "text")
        return None if self.expect.content is None and text else text

    @property
    def refused(self) -> bool:
        """A refusal is for the checks to judge."""
        return False


class Several(Harmless):
    """The answer to a request for more than one completion."""

    @classmethod
    def kinds(cls) -> set[str]:
        """Return the kinds of edits that belong here."""
        return {"several"}
