"""Requests with something more, or said in another way, that must not change the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.common import capture
from conformance.common.cases import Case
from conformance.common.exchange import Json
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.messages import call
from conformance.messages.subjects.answer import Plain

Edit = Callable[[Json], Json]


def _with(**fields: Any) -> Edit:
    return lambda request: request | fields


def _in_blocks(request: Json) -> Json:
    return request | {"messages": [_blocks(message) for message in request["messages"]]}


def _blocks(message: Json) -> Json:
    text = message["content"]
    return message | {"content": [{"type": "text", "text": text}]} if isinstance(text, str) else message


# What real clients send: anthropic-python, LangChain, pydantic-ai, llm, the AI SDK, Cline, Claude Code's kin.
COMMON: dict[str, Edit] = {
    "no-stream": _with(stream=False),
    "temperature": _with(temperature=1.0),
    "metadata": _with(metadata={"user_id": "ada"}),
    "no-tools": _with(tools=[]),
    "no-stops": _with(stop_sequences=[]),
    "no-system": _with(system=[]),
    "content-blocks": _in_blocks,
    "unknown-field": _with(some_future_field={"deep": [1, 2, 3]}),
}
EXOTIC: dict[str, Edit] = {
    "service-tier": _with(service_tier="auto"),
    "top-k": _with(top_k=40),
    "top-p": _with(top_p=0.99),
    "choice-auto": _with(tool_choice={"type": "auto"}),
    "context-management": _with(context_management=None),
}
HEADERS: dict[str, Json] = {
    "newest-version": {"anthropic-version": "2026-10-21"},
    "unknown-beta": {"anthropic-beta": "some-future-beta-2099-01-01"},
    "browser": {"anthropic-dangerous-direct-browser-access": "true"},
}


class Harmless(Observed):
    """The answer to a request with something more; what is replayed knows the request by what is asked in it."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each edit of the simplest scenario: the first with the tag `text` alone and nothing unusual in it."""
        usual = {"model", "max_tokens", "messages"}
        simple = (each for each in scenarios if each.tags == {"text"} and set(each.request) == usual and each.succeeds)
        plain = next((each for each in simple if each.expect.content != ""), None)
        if plain is None:
            return []
        edits = (("common", COMMON), ("exotic", EXOTIC))
        made: list[tuple[str, str, Any]] = [(name, kind, edit) for kind, known in edits for name, edit in known.items()]
        made += [(f"{name}-header", "headers", told) for name, told in HEADERS.items()]
        return [
            Case(name, plain.request, plain.expect, plain.tags, frozenset({kind}), detail)
            for name, kind, detail in made
        ]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Harmless:
        """Ask with the edit, or with the headers."""
        if isinstance(case.detail, dict):
            door = session.patient(headers={**session.door.headers, **case.detail})
            return cls(call.create(door, session.request(case.request)), case.expect)
        return cls(session.complete(case.detail(case.request)), case.expect)

    @property
    def content(self) -> str | None:
        """The text of the answer; None if there is one and any will do."""
        text = Plain(self.exchange, self.expect).text
        return None if self.expect.content is None and text else text

    @property
    def refused(self) -> bool:
        """A refusal is a failure here: nothing special is asked for."""
        return False


class Admitted(Observed):
    """The answer to a request whose key comes as Anthropic's SDKs before 2026 send it: in `x-api-key` alone."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the one case."""
        return [Case("x-api-key", {"model": "sonnet"}, needs=frozenset({"models"}))]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Admitted:
        """Ask for the models: that costs nothing."""
        headers: Json = {"x-api-key": session.door.key, "authorization": "", "anthropic-version": "2023-06-01"}
        return cls(capture.fetch(session.door, "GET", "/models", **headers), case.expect)

    @property
    def refused(self) -> bool:
        """A refusal is a failure here."""
        return False
