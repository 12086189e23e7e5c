"""Requests that no server may accept, and what it must say to each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.common.cases import Case, traits_of
from conformance.common.exchange import Json
from conformance.common.scenarios import Expected

Send = tuple[str, str, bytes | None]  # method, URL, body

HELLO: Json = {"model": "sonnet", "input": "Say hello."}
_USER = {"role": "user", "content": "Say hello."}
_WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}
_CALL = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
_OUTPUT = {"type": "function_call_output", "output": "sunny"}
_OTHER = {"type": "function", "name": "time"}
_REFERENCE = {"type": "item_reference", "id": "msg_0"}
_URL = "/responses"


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


def _raw(name: str, method: str, url: str, content: bytes | None, status: int, tag: str = "errors") -> Case:
    return _case(name, lambda _: (method, url, content), tag, status, None, None)


def _body(
    name: str, param: str | None, *, tag: str = "errors", status: int = 400, code: str | None = None, **edit: Any
) -> Case:
    """Return the case of a good request with some fields changed; None leaves one out."""

    def send(renamed: Callable[[Json], Json]) -> Send:
        body = renamed(HELLO) | edit
        return "POST", _URL, json.dumps({name: value for name, value in body.items() if value is not None}).encode()

    return _case(name, send, tag, status, code, param)


def _items(name: str, param: str | None, *items: Any, tag: str = "errors") -> Case:
    return _body(name, param, tag=tag, input=list(items))


MALFORMED = [
    _raw("not-json", "POST", _URL, b'{"model": "sonnet", "input": [', 400),
    _raw("empty-body", "POST", _URL, b"", 400),
    _raw("array", "POST", _URL, b"[]", 400),
    _raw("invalid-utf-8", "POST", _URL, b'{"model": "sonnet", "input": "\xff"}', 400),
    _raw("wrong-method", "PUT", _URL, None, 405),
    _raw("unknown-response", "GET", "/responses/resp_0", None, 404, "stored"),
    _raw("unknown-items", "GET", "/responses/resp_0/input_items", None, 404, "stored"),
    _raw("delete-unknown", "DELETE", "/responses/resp_0", None, 404, "stored"),
    _raw("cancel-unknown", "POST", "/responses/resp_0/cancel", b"", 404, "stored"),
    _body("unknown-model", "model", status=404, code="model_not_found", model="no-such-model"),
    _body("no-model", "model", model=None),
    _body("model-number", "model", model=7),
    _body("no-input", "input", input=None),
    _body("empty-input", "input", input=[]),
    _body("input-number", "input", input=7),
    _body("input-object", "input", input={"role": "user", "content": "hello"}),
    _body("messages", None, input=None, messages=[_USER]),
    _items("item-text", "input[0]", "hello"),
    _items("no-type", "input[0]", {"content": "hello"}),
    _items("unknown-role", "input[0].role", {"role": "narrator", "content": "hello"}),
    _items("no-content", "input[1].content", _USER, {"role": "user"}),
    _items("content-number", "input[0].content", {"role": "user", "content": 7}),
    _items("unknown-item", "input[1].type", _USER, {"type": "smell"}),
    _items("unknown-part", "input[0].content[0].type", {"role": "user", "content": [{"type": "smell"}]}),
    _items("part-without-type", "input[0].content[0].type", {"role": "user", "content": [{"text": "hello"}]}),
    _items("part-without-text", "input[0].content[0].text", {"role": "user", "content": [{"type": "input_text"}]}),
    _body("stream-text", "stream", stream="yes"),
    _body("limit-text", "max_output_tokens", max_output_tokens="many", tag="length"),
    _body("unknown-effort", "reasoning.effort", reasoning={"effort": "heroic"}, tag="reasoning"),
    _body("unknown-format", "text.format.type", text={"format": {"type": "poem"}}, tag="json_schema"),
    _body(
        "broken-schema",
        None,
        text={"format": {"type": "json_schema", "name": "p", "schema": {"type": "nonsense"}}},
        tag="json_schema",
    ),
    _body(
        "unknown-previous",
        "previous_response_id",
        code="previous_response_not_found",
        previous_response_id="resp_0",
        tag="stored",
    ),
    _body("unknown-reference", None, input=[_REFERENCE, _USER], status=404, tag="stored"),
    _body("tools-object", "tools", tools={}, tag="tools"),
    _body("tool-without-name", "tools[0].name", tools=[{"type": "function"}], tag="tools"),
    _body("unknown-tool", "tools[0].type", tools=[{"type": "crystal_ball"}], tag="tools"),
    _body("unknown-choice", "tool_choice", tools=[_WEATHER], tool_choice="sometimes", tag="tools"),
    _body("choice-of-no-tool", "tool_choice", tools=[_WEATHER], tool_choice=_OTHER, tag="tools"),
    _items("orphan-output", None, _USER, _OUTPUT | {"call_id": "call_9"}, tag="tools"),
    _items("missing-output", None, _USER, _CALL, _USER, tag="tools"),
    _items("output-without-id", "input[2].call_id", _USER, _CALL, _OUTPUT, tag="tools"),
    _items(
        "broken-image",
        None,
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,!!!"}]},
        tag="images",
    ),
    _items("image-without-url", None, {"role": "user", "content": [{"type": "input_image"}]}, tag="images"),
]
