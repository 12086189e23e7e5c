"""A plain response: one JSON object."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from conformance.common.cases import Case, case
from conformance.common.exchange import MISSING, Json, Unreadable, is_json_object, pick
from conformance.common.observed import Observed
from conformance.common.scenarios import Call, Scenario
from conformance.common.session import Session

CALLS = {"function_call": "arguments", "custom_tool_call": "input"}  # and where each has what the model gave


class Response:
    """A response object, whichever way it came."""

    def __init__(self, body: Json) -> None:
        self.body = body

    def pick(self, *path: str | int) -> Any:
        """Return what stands at a path of the object, or MISSING."""
        return pick(self.body, *path)

    @property
    def output(self) -> list[Json]:
        """The items that are objects, in order."""
        output = self.pick("output")
        return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []

    def items(self, *types: str) -> list[Json]:
        """Return the items of some types, in order."""
        return [item for item in self.output if item.get("type") in types]

    def parts(self, *types: str) -> list[Json]:
        """Return the parts of messages, of some types or of all, in order."""
        parts = [part for item in self.items("message") for part in _list(item.get("content"))]
        return [part for part in parts if not types or pick(part, "type") in types]

    @property
    def text(self) -> str:
        """The text of the answer, as the SDK's `output_text` has it."""
        return _joined(self.parts("output_text"), "text")

    @property
    def refusal(self) -> str:
        """The text of the refusal, if there is one."""
        return _joined(self.parts("refusal"), "refusal")

    @property
    def thinking(self) -> str:
        """The summaries of all thinking."""
        parts = [part for item in self.items("reasoning") for part in _list(item.get("summary"))]
        return _joined(parts, "text")

    @property
    def calls(self) -> list[Json]:
        """The calls of tools, in order."""
        return self.items(*CALLS)

    @property
    def told_calls(self) -> list[Call]:
        """The calls as scenarios have them; of a plain-text tool the text is the argument `input`."""
        return [Call(str(pick(call, "name")), given(call)) for call in self.calls]

    @property
    def ending(self) -> Any:
        """How it ended: the reason why it is incomplete, or the status."""
        return self.pick("incomplete_details", "reason") or self.pick("status")


class Plain(Observed):
    """A plain response to a scenario."""

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return the scenarios that end well."""
        return [case(scenario) for scenario in scenarios if scenario.succeeds]

    @classmethod
    def observe(cls, session: Session, case: Case) -> Plain:
        """Ask for it."""
        return cls(session.complete(case.request), case.expect)

    @cached_property
    def response(self) -> Response:
        """The JSON object that the answer is."""
        self.require_success()
        body = self.exchange.json()
        if not isinstance(body, dict):
            raise Unreadable(f"the answer is not a JSON object: {self.exchange.text!r}")
        return Response(body)

    def pick(self, *path: str | int) -> Any:
        """Return what stands at a path of the body, or MISSING."""
        return self.response.pick(*path)


def given(call: Json) -> Json:
    """Return the arguments of a call; what is no JSON object stands under its own name."""
    value = call.get(CALLS[call["type"]], MISSING)
    if call["type"] == "custom_tool_call":
        return {"input": value}
    parsed: Json = json.loads(value) if is_json_object(value) else {"arguments": value}
    return parsed


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(parts: list[Any], key: str) -> str:
    return "".join(text for part in parts if isinstance(text := pick(part, key), str))
