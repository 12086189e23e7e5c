"""Requests with something more, or said in another way, that must not change the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.chat.subjects.answer import Plain
from conformance.common.cases import Case
from conformance.common.exchange import Json, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Scenario
from conformance.common.session import Session

_NULLABLE = (
    *("temperature", "top_p", "n", "stop", "max_tokens", "max_completion_tokens", "presence_penalty", "logit_bias"),
    *("frequency_penalty", "seed", "logprobs", "user", "stream_options", "metadata", "store", "reasoning_effort"),
)

Edit = Callable[[Json], Json]


def _with(**fields: Any) -> Edit:
    return lambda request: request | fields


def _in_parts(request: Json) -> Json:
    messages = [
        message | {"content": [{"type": "text", "text": message["content"]}]}
        if isinstance(message["content"], str)
        else message
        for message in request["messages"]
    ]
    return request | {"messages": messages}


def _annotated(request: Json) -> Json:
    return request | {"messages": [message | {"name": "ada", "annotations": []} for message in request["messages"]]}


# What real clients send: openai-python with None, LangChain, aider, Cline, OpenClaw, Zed, Open WebUI.
COMMON: dict[str, Edit] = {
    "nulls": _with(**dict.fromkeys(_NULLABLE)),
    "no-stream": _with(stream=False),
    "stream-options-without-stream": _with(stream=False, stream_options={"include_usage": True}),
    "temperature": _with(temperature=0),
    "top-p": _with(top_p=1),
    "penalties": _with(presence_penalty=0.0, frequency_penalty=0.0),
    "n-one": _with(n=1),
    "user": _with(user="ada"),
    "seed": _with(seed=7),
    "text-format": _with(response_format={"type": "text"}),
    "content-parts": _in_parts,
    "no-tools": _with(tools=[]),
    "unknown-field": _with(some_future_field={"deep": [1, 2, 3]}),
    "message-extras": _annotated,
}
EXOTIC: dict[str, Edit] = {
    "metadata": _with(metadata={"project": "conformance"}, store=False),
    "cache-key": _with(prompt_cache_key="conformance"),
    "service-tier": _with(service_tier="auto"),
    "modalities": _with(modalities=["text"]),
    "logit-bias": _with(logit_bias={}),
    "logprobs": _with(logprobs=False),
    "parallel-calls": _with(parallel_tool_calls=True),
    "choice-none": _with(tool_choice="none"),
    "safety-identifier": _with(safety_identifier="ada"),
    "verbosity": _with(verbosity="medium"),
}


class Harmless(Observed):
    """The answer to a request with something more, and the answer to the same request without it."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return each edit of the simplest scenario: the first with the tag `text` alone and one message."""
        simple = [each for each in scenarios if each.tags == {"text"} and len(each.request["messages"]) == 1]
        plain = next((each for each in simple if set(each.request) == {"model", "messages"}), None)
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
    def content(self) -> Any:
        """The text of the answer; None if there is one and any will do."""
        content = pick(Plain(self.exchange, self.expect).body, "choices", 0, "message", "content")
        return None if self.expect.content is None and content else content

    @property
    def refused(self) -> bool:
        """A refusal is a failure here: nothing special is asked for."""
        return False
