"""Requests with something more, or said in another way, that must not change the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.common.cases import Case
from conformance.common.exchange import Json
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session
from conformance.responses.subjects.answer import Plain

_NULLABLE = (
    *("background", "conversation", "include", "instructions", "max_output_tokens", "max_tool_calls", "metadata"),
    *("previous_response_id", "prompt", "reasoning", "service_tier", "store", "stream_options", "temperature", "top_p"),
    *("text", "tools", "top_logprobs", "truncation", "user"),
)

Edit = Callable[[Json], Json]


def _with(**fields: Any) -> Edit:
    return lambda request: request | fields


def _said(content: Any, **more: Any) -> Edit:
    return lambda request: request | {"input": [{"role": "user", "content": content(_text(request)), **more}]}


def _text(request: Json) -> str:
    """Return the text of a request that has one message, as text."""
    return str(request["input"] if isinstance(request["input"], str) else request["input"][0]["content"])


# What real clients send: openai-python with None, openai-agents, the AI SDK, LangChain, pydantic-ai, Codex.
COMMON: dict[str, Edit] = {
    "nulls": _with(**dict.fromkeys(_NULLABLE)),
    "no-stream": _with(stream=False),
    "text": lambda request: request | {"input": _text(request)},
    "message-without-type": _said(lambda text: text),
    "content-parts": _said(lambda text: [{"type": "input_text", "text": text}], type="message"),
    "message-extras": _said(lambda text: text, type="message", id="msg_of_mine", status="completed"),
    "temperature": _with(temperature=0),
    "top-p": _with(top_p=1),
    "no-tools": _with(tools=[]),
    "text-format": _with(text={"format": {"type": "text"}}),
    "empty-text": _with(text={}),
    "no-include": _with(include=[]),
    "include": _with(include=["reasoning.encrypted_content"]),
    "unknown-field": _with(some_future_field={"deep": [1, 2, 3]}),
    "not-stored": _with(store=False),
    "not-in-background": _with(background=False),
    "truncation": _with(truncation="auto"),
}
EXOTIC: dict[str, Edit] = {
    "metadata": _with(metadata={"project": "conformance"}),
    "cache-key": _with(prompt_cache_key="conformance"),
    "service-tier": _with(service_tier="auto"),
    "safety-identifier": _with(safety_identifier="ada"),
    "user": _with(user="ada"),
    "verbosity": _with(text={"format": {"type": "text"}, "verbosity": "low"}),
    "obfuscation": _with(stream_options={"include_obfuscation": False}),
    "parallel-calls": _with(parallel_tool_calls=True),
    "choice-none": _with(tool_choice="none"),
    "client-metadata": _with(client_metadata={"originator": "conformance"}),
    "other-include": _with(include=["message.output_text.logprobs"]),
}


class Harmless(Observed):
    """The answer to a request with something more."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each edit of the simplest scenario: the first with the tag `text` alone and one message."""
        simple = [each for each in scenarios if each.tags == {"text"} and set(each.request) == {"model", "input"}]
        plain = next((each for each in simple if isinstance(each.request["input"], str) or _is_short(each)), None)
        return [
            Case(name, plain.request, plain.expect, plain.tags, frozenset({kind}), edit)
            for kind, edits in (("common", COMMON), ("exotic", EXOTIC))
            for name, edit in edits.items()
            if plain is not None
        ]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Harmless:
        """Ask with the edit."""
        return cls(session.complete(case.detail(case.request)), case.expect)

    @property
    def content(self) -> str | None:
        """The text of the answer; None if there is one and any will do."""
        content = Plain(self.exchange, self.expect).response.text
        return None if self.expect.content is None and content else content

    @property
    def refused(self) -> bool:
        """A refusal is a failure here: nothing special is asked for."""
        return False


def _is_short(scenario: Scenario) -> bool:
    item = scenario.request["input"][0]
    return len(scenario.request["input"]) == 1 and item["role"] == "user" and isinstance(item["content"], str)
