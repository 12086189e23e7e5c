"""Requests that no server may accept, and what it must say to each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.common.cases import Case
from conformance.common.exchange import Json
from conformance.messages.scenarios import Wanted

Send = tuple[str, str, bytes | None]  # method, URL, body

HELLO: Json = {"model": "sonnet", "max_tokens": 100, "messages": [{"role": "user", "content": "Say hello."}]}
_USER = {"role": "user", "content": "Say hello."}
_CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
_RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}
_WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}
_URL = "/messages"


def _case(name: str, send: Callable[[Callable[[Json], Json]], Send], tag: str, status: int, kind: str) -> Case:
    needs = frozenset({tag})
    expect = Wanted(status=status, code=kind)
    return Case(f"malformed-{name}", {}, expect, needs, needs | {"malformed", "has-type"}, send)


def _raw(
    name: str, method: str, url: str, content: bytes | None, status: int = 400, kind: str = "invalid_request_error"
) -> Case:
    return _case(name, lambda _: (method, url, content), "errors", status, kind)


def _body(
    name: str, *, tag: str = "errors", status: int = 400, kind: str = "invalid_request_error", **edit: Any
) -> Case:
    """Return the case of a good request with some fields changed; None leaves one out."""

    def send(renamed: Callable[[Json], Json]) -> Send:
        body = renamed(HELLO) | edit
        return "POST", _URL, json.dumps({name: value for name, value in body.items() if value is not None}).encode()

    return _case(name, send, tag, status, kind)


def _messages(name: str, *messages: Any, tag: str = "errors") -> Case:
    return _body(name, tag=tag, messages=list(messages))


MALFORMED = [
    _raw("not-json", "POST", _URL, b'{"model": "sonnet", "messages": ['),
    _raw("empty-body", "POST", _URL, b""),
    _raw("array", "POST", _URL, b"[]"),
    _raw("unknown-url", "POST", "/messages/nothing/here", b"{}", 404, "not_found_error"),
    _raw("unknown-model-lookup", "GET", "/models/no-such-model", None, 404, "not_found_error"),
    _body("unknown-model", status=404, kind="not_found_error", model="no-such-model"),
    _body("no-model", model=None),
    _body("model-number", model=7),
    _body("no-limit", max_tokens=None),
    _body("limit-zero", max_tokens=0),
    _body("limit-text", max_tokens="many"),
    _body("no-messages", messages=None),
    _body("empty-messages", messages=[]),
    _body("messages-text", messages="hello"),
    _messages("message-text", "hello"),
    _messages("no-role", {"content": "hello"}),
    _messages("unknown-role", {"role": "narrator", "content": "hello"}),
    _messages("no-content", {"role": "user"}),
    _messages("content-number", {"role": "user", "content": 7}),
    _messages("block-without-type", {"role": "user", "content": [{"text": "hello"}]}),
    _messages("block-without-text", {"role": "user", "content": [{"type": "text"}]}),
    _body("system-number", system=7),
    _body("stream-text", stream="yes"),
    _body("unknown-effort", output_config={"effort": "heroic"}, tag="reasoning"),
    _body("stops-number", stop_sequences=7, tag="stop"),
    _body("unknown-format", output_config={"format": {"type": "poem"}}, tag="json_schema"),
    _body("tools-object", tools={}, tag="tools"),
    _body("tool-without-name", tools=[{"input_schema": {"type": "object"}}], tag="tools"),
    _body("tool-without-schema", tools=[{"name": "weather"}], tag="tools"),
    _body("tool-name-with-a-space", tools=[_WEATHER | {"name": "the weather"}], tag="tools"),
    _body("choice-of-an-unknown-tool", tools=[_WEATHER], tool_choice={"type": "tool", "name": "time"}, tag="tools"),
    _body("choice-without-tools", tool_choice={"type": "any"}, tag="tools"),
    _messages("call-without-result", _USER, {"role": "assistant", "content": [_CALL]}, _USER, tag="tools"),
    _messages("result-without-call", {"role": "user", "content": [_RESULT]}, tag="tools"),
    _messages("image-without-source", {"role": "user", "content": [{"type": "image"}]}, tag="images"),
]
