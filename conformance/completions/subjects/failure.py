"""A request for a completion that must fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.common import failure
from conformance.common.cases import Case, case, traits_of
from conformance.common.exchange import Json
from conformance.common.scenarios import Expected, Scenario
from conformance.common.session import Session
from conformance.completions.faces import FACES

HELLO: Json = {"model": "sonnet", "prompt": "Say hello."}


def _case(name: str, body: Callable[[Json], bytes], status: int, code: str | None, param: str | None) -> Case:
    needs, expect = frozenset({"errors"}), Expected(status=status, code=code, param=param)
    return Case(f"malformed-{name}", {}, expect, needs, needs | {"malformed"} | traits_of(expect), body)


def _body(name: str, param: str, *, status: int = 400, code: str | None = None, **edit: Any) -> Case:
    """Return the case of a good request with some fields changed; None leaves one out."""

    def body(request: Json) -> bytes:
        edited = request | edit
        return json.dumps({name: value for name, value in edited.items() if value is not None}).encode()

    return _case(name, body, status, code, param)


MALFORMED = [
    _case("not-json", lambda _: b'{"model": "sonnet", "prompt": ', 400, None, None),
    _case("array", lambda _: b"[]", 400, None, None),
    _body("unknown-model", "model", status=404, code="model_not_found", model="no-such-model"),
    _body("no-model", "model", model=None),
    _body("no-prompt", "prompt", prompt=None),
    _body("prompt-number", "prompt", prompt=7),
    _body("prompt-object", "prompt", prompt={"text": "hello"}),
    _body("limit-text", "max_tokens", max_tokens="many"),
    _body("stops-number", "stop", stop=7),
    _body("stream-text", "stream", stream="yes"),
    _body("echo-text", "echo", echo="yes"),
]


class Failure(failure.Failure):
    """A request that was answered with an error."""

    faces = FACES

    @classmethod
    def cases(cls, scenarios: list[Scenario]) -> list[Case]:
        """Return what fails upstream, plain and as a stream (unless that had begun), and every malformed request."""
        plain = [case(each, "+plain", {}) for each in scenarios if not each.succeeds]
        streams = [case(each, "+stream", {"stream": True}) for each in scenarios if not (each.succeeds or each.breaks)]
        return plain + streams + MALFORMED

    @classmethod
    def observe(cls, session: Session, case: Case) -> Failure:
        """Send it."""
        if isinstance(case.detail, dict):
            return cls(session.complete(case.request, **case.detail), case.expect)
        return cls(session.fetch("POST", "/completions", case.detail(session.request(HELLO))), case.expect)
