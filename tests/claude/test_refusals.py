"""Requests that cannot be answered: each is an error that names what is wrong, and none of them costs anything."""

import base64

import pytest
from openai import APIStatusError

from tests.scripted.harness import until

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
TOOL = {"type": "function", "function": {"name": "f"}}
TOOL_G = {"type": "function", "function": {"name": "g"}}
SIGNATURE = b"\x89PNG\r\n\x1a\n" + bytes(8)
PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server with a process in reserve."""
    async with serve(folder, warm=1) as running:
        yield running


def part(**fields):
    """Return a conversation of one message with one part."""
    return {"messages": [{"role": "user", "content": [fields]}]}


def image(url):
    """Return a conversation with one image."""
    return part(type="image_url", image_url={"url": url})


def file(**fields):
    """Return a conversation with one file."""
    return part(type="file", file=fields)


def tool(**fields):
    """Return a request with one tool."""
    return {"tools": [{"type": "function", "function": fields}]}


def calls(*messages, **call):
    """Return a conversation with one call, and what follows it."""
    return {"messages": [QUESTION, {"role": "assistant", "tool_calls": [CALL | call]}, *messages]}


def schema(schema):
    """Return a request that asks for a schema."""
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}}


def chain(length):
    """Return a schema whose definitions hold the next one twice each."""
    each = {f"d{at}": {"allOf": [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(length)}
    return {"$defs": each | {f"d{length}": {}}, "properties": {"a": {"$ref": "#/$defs/d0"}}}


URL = "messages[0].content[0].image_url.url"
DATA = "messages[0].content[0].file.file_data"
ARGUMENTS = "messages[1].tool_calls[0].function.arguments"
PARAMETERS = "tools[0].function.parameters"
FORMAT = "response_format.json_schema.schema"
REFUSED = {
    "no messages": ({"messages": []}, 400, "messages"),
    "blank system only": ({"messages": [{"role": "system", "content": " "}]}, 400, "messages"),
    "byte order mark only": ({"messages": [{"role": "user", "content": " \ufeff"}]}, 400, "messages"),
    "blank only": ({"messages": [{"role": "user", "content": " \n"}]}, 400, "messages"),
    "prefill": ({"messages": [QUESTION, {"role": "assistant", "content": "Well,"}]}, 400, "messages[1]"),
    "unknown role": ({"messages": [{"role": "robot", "content": "x"}]}, 400, "messages[0].role"),
    "no content": ({"messages": [{"role": "user"}]}, 400, "messages[0].content"),
    "number as content": ({"messages": [{"role": "user", "content": 7}]}, 400, "messages[0].content"),
    "unknown part": (part(type="video"), 400, "messages[0].content[0].type"),
    "audio": (part(type="input_audio", input_audio={"data": "", "format": "wav"}), 400, "messages[0].content[0].type"),
    "part without text": (part(type="text"), 400, "messages[0].content[0].text"),
    "image of the system": (
        {"messages": [{"role": "system", "content": image(PNG)["messages"][0]["content"]}, QUESTION]},
        400,
        "messages[0].content[0].type",
    ),
    "image by address": (image("http://127.0.0.1/a.png"), 400, URL),
    "image by path": (image("file:///etc/passwd"), 400, URL),
    "image of another type": (image("data:image/bmp;base64,Qk0="), 400, URL),
    "broken base64": (image("data:image/png;base64,iVBO*Rw0"), 400, URL),
    "no data": (image("data:image/png;base64,"), 400, URL),
    "no comma": (image("data:image/png;base64"), 400, URL),
    "cut image": (image(PNG[:40]), 400, URL),
    "large image": (image("data:image/png;base64," + base64.b64encode(bytes(21 << 20)).decode()), 413, URL),
    "image of many pixels": (
        image("data:image/png;base64," + base64.b64encode(SIGNATURE + (60_000).to_bytes(4) * 2).decode()),
        413,
        URL,
    ),
    "long percent encoding": (image("data:image/png," + "%41" * (2 << 20)), 413, URL),
    "many images": (
        {"messages": [{"role": "user", "content": image(PNG)["messages"][0]["content"] * 101}]},
        413,
        "messages[0].content[100].image_url.url",
    ),
    "file by id": (file(file_id="file-1"), 400, "messages[0].content[0].file"),
    "file of another type": (file(file_data="data:application/zip;base64,UEsDBA=="), 400, DATA),
    "empty file": (file(file_data="data:text/plain;base64,"), 400, DATA),
    "no UTF-8": (file(file_data="data:text/plain;base64,/w=="), 400, DATA),
    "two calls with one id": (
        {"messages": [QUESTION, {"role": "assistant", "tool_calls": [CALL, CALL]}, RESULT]},
        400,
        "messages[1].tool_calls[1].id",
    ),
    "call of no name": (calls(RESULT, function={"name": ""}), 400, "messages[1].tool_calls[0].function.name"),
    "call without result": (calls(QUESTION), 400, "messages"),
    "call at the end": (calls(), 400, "messages"),
    "result without call": ({"messages": [QUESTION, RESULT]}, 400, "messages[1].tool_call_id"),
    "result for another call": (calls(RESULT | {"tool_call_id": "call_2"}), 400, "messages[2].tool_call_id"),
    "result twice": (calls(RESULT, RESULT), 400, "messages[3].tool_call_id"),
    "result without id": (calls({"role": "tool", "content": "x"}), 400, "messages[2].tool_call_id"),
    "audio as a result": (
        calls(RESULT | {"content": [{"type": "input_audio", "input_audio": {}}]}),
        400,
        "messages[2].content[0].type",
    ),
    "number as arguments": (calls(RESULT, function={"name": "f", "arguments": 5}), 400, ARGUMENTS),
    "custom call": (calls(RESULT, type="custom"), 400, "messages[1].tool_calls[0].type"),
    "tool of no type": ({"tools": [{"function": {"name": "f"}}]}, 400, "tools[0].type"),
    "tool without name": ({"tools": [{"type": "function", "function": {}}]}, 400, "tools[0].function.name"),
    "empty name": (tool(name=""), 400, "tools[0].function.name"),
    "long name": (tool(name="x" * 65), 400, "tools[0].function.name"),
    "name with a space": (tool(name="a b"), 400, "tools[0].function.name"),
    "name twice": ({"tools": [TOOL, TOOL]}, 400, "tools[1].function.name"),
    "bad parameters": (
        tool(name="f", parameters={"type": "object", "properties": {"a": {"type": "strin"}}}),
        400,
        PARAMETERS,
    ),
    "parameter that would be lost": (
        tool(name="f", parameters={"properties": {"a": {"properties": {"__proto__": {}}}}}),
        400,
        PARAMETERS,
    ),
    "references without end": (tool(name="f", parameters=chain(40)), 400, PARAMETERS),
    "list as parameters": (tool(name="f", parameters={"type": "array"}), 400, PARAMETERS),
    "unknown choice": ({"tools": [TOOL], "tool_choice": "sometimes"}, 400, "tool_choice.type"),
    "choice of another tool": (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        400,
        "tool_choice",
    ),
    "choice among other tools": (
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"tools": [TOOL_G]}}},
        400,
        "tool_choice.allowed_tools",
    ),
    "schema of no type": (schema({"type": "thing"}), 400, FORMAT),
    "schema of a list": (schema({"type": "array"}), 400, FORMAT),
    "schema elsewhere": (schema({"type": "object", "properties": {"a": {"$ref": "http://x/y"}}}), 400, FORMAT),
    "schema with alternatives": (schema({"anyOf": [{"type": "object"}]}), 400, FORMAT),
    "schema without end": (schema(chain(40)), 400, FORMAT),
    "pattern without end": (schema({"properties": {"a": {"pattern": "((a{100}){100}){100}"}}}), 400, FORMAT),
    "no schema": ({"response_format": {"type": "json_schema"}}, 400, "response_format.json_schema"),
    "unknown format": ({"response_format": {"type": "xml"}}, 400, "response_format.type"),
    "300 stops": ({"stop": ["a"] * 300}, 400, "stop"),
    "number as a stop": ({"stop": [1]}, 400, "stop[0]"),
    "unknown effort": ({"reasoning_effort": "extreme"}, 400, "reasoning_effort"),
    "two choices": ({"n": 2}, 400, "n"),
    "spoken answer": ({"modalities": ["text", "audio"]}, 400, "modalities"),
    "smell": ({"modalities": ["smell"]}, 400, "modalities"),
    "hot": ({"temperature": 2.5}, 400, "temperature"),
    "text as a limit": ({"max_tokens": "many"}, 400, "max_tokens"),
    "model in two lines": ({"model": "claude-\nx"}, 404, "model"),
    "unknown model": ({"model": "gpt-4o"}, 404, "model"),
}


@pytest.mark.parametrize(("fields", "status", "param"), REFUSED.values(), ids=REFUSED)
async def test_refusal_names_what_is_wrong_and_costs_nothing(client, upstream, fields, status, param):
    """An OpenAI error body with `param`; nothing is sent to the API."""
    with pytest.raises(APIStatusError) as refused:
        await client.post(
            "/chat/completions", body={"model": "sonnet", "messages": [QUESTION]} | fields, cast_to=object
        )

    error = refused.value
    assert (status, param) == (error.status_code, error.param)
    assert {"message", "type", "param", "code"} == error.response.json()["error"].keys()
    assert ("invalid_request_error", []) == (error.type, upstream.requests)


async def test_reserve_is_untouched_by_refusals(client, upstream, server):
    """The process in reserve takes the next good request, as if the bad ones had never been."""
    pool = server.source.pool
    await until(lambda: pool.warm)
    reserve = pool.warm
    for fields, _, _ in REFUSED.values():
        with pytest.raises(APIStatusError):
            await client.post(
                "/chat/completions", body={"model": "sonnet", "messages": [QUESTION]} | fields, cast_to=object
            )
    untouched = pool.warm
    answer = await client.chat.completions.with_raw_response.create(model="sonnet", messages=[QUESTION])

    assert (reserve, "warm") == (untouched, answer.headers["x-cmappy-route"])
    assert "Hello from the stub." == answer.parse().choices[0].message.content
    assert 1 == len(upstream.requests)
