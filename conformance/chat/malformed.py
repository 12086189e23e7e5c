"""Requests that no server may accept, and what it must say to each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.common.cases import Case, traits_of
from conformance.common.exchange import Json
from conformance.common.scenarios import Expected

Send = tuple[str, str, bytes | None]  # method, URL, body

HELLO: Json = {"model": "sonnet", "messages": [{"role": "user", "content": "Say hello."}]}
_USER = {"role": "user", "content": "Say hello."}
_WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
_CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
_CHAT = "/chat/completions"


def _case(
    name: str,
    send: Callable[[Callable[[Json], Json]], Send],
    tag: str,
    status: int,
    code: str | None,
    param: str | None,
) -> Case:
    expect = Expected(status=status, code=code, param=param)
    needs = frozenset({tag})
    return Case(f"malformed-{name}", {}, expect, needs, needs | {"malformed"} | traits_of(expect), send)


def _raw(name: str, method: str, url: str, content: bytes | None, status: int, code: str | None = None) -> Case:
    return _case(name, lambda _: (method, url, content), "errors", status, code, None)


def _body(
    name: str, param: str | None, *, tag: str = "errors", status: int = 400, code: str | None = None, **edit: Any
) -> Case:
    """Return the case of a good request with some fields changed; None leaves one out."""

    def send(renamed: Callable[[Json], Json]) -> Send:
        body = renamed(HELLO) | edit
        return "POST", _CHAT, json.dumps({name: value for name, value in body.items() if value is not None}).encode()

    return _case(name, send, tag, status, code, param)


def _message(name: str, param: str | None, *messages: Any, tag: str = "errors") -> Case:
    return _body(name, param, tag=tag, messages=list(messages))


MALFORMED = [
    _raw("not-json", "POST", _CHAT, b'{"model": "sonnet", "messages": [', 400),
    _raw("empty-body", "POST", _CHAT, b"", 400),
    _raw("array", "POST", _CHAT, b"[]", 400),
    _raw("text", "POST", _CHAT, b'"hello"', 400),
    _raw(
        "invalid-utf-8", "POST", _CHAT, b'{"model": "sonnet", "messages": [{"role": "user", "content": "\xff"}]}', 400
    ),
    _raw("unknown-url", "GET", "/nothing/here", None, 404),
    _raw("wrong-method", "PUT", _CHAT, None, 405),  # GET lists stored completions
    _raw("unknown-model-lookup", "GET", "/models/no-such-model", None, 404, "model_not_found"),
    _body("unknown-model", "model", status=404, code="model_not_found", model="no-such-model"),
    _body("no-model", "model", model=None),
    _body("model-number", "model", model=7),
    _body("no-messages", "messages", messages=None),
    _body("empty-messages", "messages", messages=[]),
    _body("messages-text", "messages", messages="hello"),
    _body("messages-object", "messages", messages={"role": "user", "content": "hello"}),
    _message("message-text", "messages[0]", "hello"),
    _message("no-role", "messages[0].role", {"content": "hello"}),
    _message("unknown-role", "messages[0].role", {"role": "narrator", "content": "hello"}),
    _message("no-content", "messages[1].content", _USER, {"role": "user"}),
    _message("content-number", "messages[0].content", {"role": "user", "content": 7}),
    _message("content-object", "messages[0].content", {"role": "user", "content": {"type": "text", "text": "hello"}}),
    _message("unknown-part", "messages[0].content[0].type", {"role": "user", "content": [{"type": "smell"}]}),
    _message("part-without-type", "messages[0].content[0].type", {"role": "user", "content": [{"text": "hello"}]}),
    _message("part-without-text", "messages[0].content[0].text", {"role": "user", "content": [{"type": "text"}]}),
    _body("stream-text", "stream", stream="yes"),
    _body("limit-text", "max_tokens", max_tokens="many", tag="length"),
    _body("stops-with-a-number", "stop", stop=["a", 7], tag="stop"),  # how many there may be is the server's choice
    _body("stop-number", "stop", stop=7, tag="stop"),
    _body("unknown-effort", "reasoning_effort", reasoning_effort="heroic", tag="reasoning"),
    _body("unknown-format", "response_format.type", response_format={"type": "poem"}, tag="json_schema"),
    _body("format-without-schema", None, response_format={"type": "json_schema"}, tag="json_schema"),
    _body(
        "broken-schema",
        None,
        response_format={"type": "json_schema", "json_schema": {"name": "p", "schema": {"type": "nonsense"}}},
        tag="json_schema",
    ),
    _body("tools-object", "tools", tools={}, tag="tools"),
    _body("tool-without-name", "tools[0].function.name", tools=[{"type": "function", "function": {}}], tag="tools"),
    _body(
        "tool-name-with-a-space",
        "tools[0].function.name",
        tools=[{"type": "function", "function": {"name": "the weather"}}],
        tag="tools",
    ),
    _body(
        "broken-parameters",
        None,
        tools=[{"type": "function", "function": {"name": "weather", "parameters": {"type": "nonsense"}}}],
        tag="tools",
    ),
    _body("unknown-choice", "tool_choice", tools=[_WEATHER], tool_choice="sometimes", tag="tools"),
    _message("orphan-result", None, _USER, {"role": "tool", "tool_call_id": "call_9", "content": "sunny"}, tag="tools"),
    _message("missing-result", None, _USER, {"role": "assistant", "tool_calls": [_CALL]}, _USER, tag="tools"),
    _message(
        "broken-image",
        None,
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,!!!"}}]},
        tag="images",
    ),
    _message("image-without-url", None, {"role": "user", "content": [{"type": "image_url"}]}, tag="images"),
]
