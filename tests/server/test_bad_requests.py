"""Bad requests: each is a 4xx that names what is wrong, and none reaches the backend."""

import httpx
import pytest

pytestmark = pytest.mark.anyio

HI = {"role": "user", "content": "Hi"}


def told(response):
    """Return what a client branches on."""
    error = response.json()["error"]
    return response.status_code, error["type"], error["param"], error["code"]


def message(**fields):
    """Return messages of which the fourth has the given fields."""
    return [HI, {"role": "assistant", "content": "Hello"}, HI, {"role": "user", "content": "Hi"} | fields]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b'"text"', b"null", b"7", b"\xff\xfe", b'{"model":"sonnet",}', b'{"model":NaN}'],
    ids=["empty", "torn", "list", "string", "null", "number", "not UTF-8", "trailing comma", "NaN"],
)
async def test_body_must_be_a_json_object(client, body):
    """Whatever else is sent, the answer says so in OpenAI's form."""
    response = await client.post("/v1/chat/completions", content=body)

    assert (400, "invalid_request_error", None, "invalid_value") == told(response)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": "Hi"}, "messages", "invalid_value"),
        ({"messages": ["Hi"]}, "messages[0]", "invalid_value"),
        ({"messages": [None]}, "messages[0]", "invalid_value"),
        ({"messages": [{"content": "Hi"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": message(role="robot")}, "messages[3].role", "invalid_value"),
        ({"messages": message(content=5)}, "messages[3].content", "invalid_value"),
        ({"messages": message(content=None)}, "messages[3].content", "missing_required_parameter"),
        ({"messages": message(content={"type": "text"})}, "messages[3].content", "invalid_value"),
        ({"messages": message(content=["Hi"])}, "messages[3].content[0]", "invalid_value"),
        ({"messages": message(content=[{"text": "Hi"}])}, "messages[3].content[0].type", "missing_required_parameter"),
        (
            {"messages": message(content=[{"type": "text", "text": "Hi"}, {"type": "hologram"}])},
            "messages[3].content[1].type",
            "invalid_value",
        ),
        (
            {"messages": message(content=[{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}])},
            "messages[3].content[0].type",
            "unsupported_parameter",
        ),
        (
            {"messages": message(content=[{"type": "text", "text": 5}])},
            "messages[3].content[0].text",
            "invalid_value",
        ),
        (
            {"messages": message(content=[{"type": "text"}])},
            "messages[3].content[0].text",
            "missing_required_parameter",
        ),
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": 4}, "model", "invalid_value"),
        ({"stream": "yes"}, "stream", "invalid_value"),
        ({"stream": 1}, "stream", "invalid_value"),
        ({"stream_options": {"include_usage": "yes"}}, "stream_options.include_usage", "invalid_value"),
        ({"stream_options": []}, "stream_options", "invalid_value"),
        ({"n": "2"}, "n", "invalid_value"),
        ({"n": 2}, "n", "unsupported_value"),
        ({"n": 0}, "n", "invalid_value"),
        ({"max_tokens": "many"}, "max_tokens", "invalid_value"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens", "invalid_value"),
        ({"stop": 5}, "stop", "invalid_value"),
        ({"stop": ["a", 5]}, "stop[1]", "invalid_value"),
        ({"stop": ["a"] * 257}, "stop", "invalid_value"),
        ({"reasoning_effort": "utmost"}, "reasoning_effort", "invalid_value"),
        ({"reasoning_effort": 3}, "reasoning_effort", "invalid_value"),
        ({"modalities": ["text", "audio"]}, "modalities", "unsupported_parameter"),
        ({"temperature": "hot"}, "temperature", "invalid_value"),
        ({"response_format": "json"}, "response_format", "invalid_value"),
        ({"tools": "all"}, "tools", "invalid_value"),
    ],
)
async def test_what_is_wrong_is_named(ask, fields, param, code):
    """`param` is the path to it, as OpenAI writes paths."""
    assert (400, "invalid_request_error", param, code) == told(await ask(**fields))


async def test_missing_messages_are_named(client):
    """The commonest mistake of all."""
    response = await client.post("/v1/chat/completions", json={"model": "sonnet"})

    assert (400, "invalid_request_error", "messages", "missing_required_parameter") == told(response)


async def test_unknown_model_is_a_404_about_the_model(ask):
    """The same as when the model is asked for by GET."""
    assert (404, "invalid_request_error", "model", "model_not_found") == told(await ask(model="gpt-4o"))


async def test_responses_api_body_is_told_apart(client):
    """Some clients post their Responses bodies here; they need the other switch, not a list of missing fields."""
    response = await client.post("/v1/chat/completions", json={"model": "sonnet", "input": "Hi"})

    assert ("input", True) == (
        response.json()["error"]["param"],
        "Responses API" in response.json()["error"]["message"],
    )


@pytest.mark.parametrize(
    "message", [{"role": "assistant", "content": "Hello"}, {"role": "system", "content": "Be kind"}]
)
async def test_last_message_must_be_the_users(ask, message):
    """A model that always thinks takes no beginning of its answer; silence about that would be a wrong answer."""
    response = await ask(messages=[HI, {"role": "assistant", "content": "Hello"}, message])

    assert 400 == response.status_code


async def test_wrong_requests_never_reach_the_backend(ask, backend):
    """A refused request must cost nothing."""
    await ask(messages=[])
    await ask(model="gpt-4o")
    await ask(n=2)

    assert [] == backend.turns


async def test_message_of_an_error_is_written_for_people(ask):
    """No jargon of the validator's: its reader knows JSON, not Python."""
    messages = [
        (await ask(**fields)).json()["error"]["message"]
        for fields in ({"messages": "Hi"}, {"messages": ["Hi"]}, {"stop": ["a"] * 257}, {"stream": 1}, {"n": "2"})
    ]

    assert [] == [
        text for text in messages if any(word in text for word in ("tuple", "dictionary", "pydantic", "ChatM"))
    ]


NULLS = [
    *("stream", "stream_options", "n", "max_tokens", "max_completion_tokens", "stop", "reasoning_effort", "modalities"),
    *("tools", "tool_choice", "functions", "function_call", "response_format", "temperature", "top_p", "user", "seed"),
    *("parallel_tool_calls", "logit_bias", "metadata"),
]


@pytest.mark.parametrize("field", NULLS)
async def test_null_means_absent(ask, field):
    """The SDK sends `null` for every argument that is given as None."""
    assert 200 == (await ask(**{field: None})).status_code


async def test_null_means_absent_inside_messages_too(ask, backend):
    """Clients send back whole messages, with all fields they know."""
    response = await ask(messages=[HI | {"name": None, "tool_calls": None, "function_call": None, "refusal": None}])

    assert 200 == response.status_code


async def test_ignored_fields_are_named_in_a_header(ask):
    """Silence about a field without effect would be a lie; an error would break half of all clients."""
    response = await ask(seed=1, logit_bias={}, no_such_field=True, max_tokens=5)

    assert "logit_bias, no_such_field, seed" == response.headers["x-cmappy-ignored"]


async def test_ignored_fields_are_named_for_streams_too(ask):
    """A stream has the same header."""
    response = await ask(seed=1, stream=True)

    assert "seed" == response.headers["x-cmappy-ignored"]


async def test_no_header_when_nothing_is_ignored(ask):
    """The header is there for a reason or not at all."""
    assert "x-cmappy-ignored" not in (await ask(stream=False, n=1)).headers


async def test_field_names_cannot_smuggle_headers(ask):
    """A field's name is the client's text; line breaks in it must not become response headers."""
    response = await ask(**{"a\r\nset-cookie: x=1": 1, "ü": 1, "seed": 1})

    assert ("seed", None) == (response.headers["x-cmappy-ignored"], response.headers.get("set-cookie"))


async def test_ignored_field_is_logged_once(ask, caplog):
    """A chat client would fill the log with it."""
    caplog.set_level("INFO", logger="cmappy")
    await ask(seed=1)
    await ask(seed=2)

    assert 1 == len([record for record in caplog.records if "`seed`" in record.getMessage()])


async def test_oversize_body_is_refused(serve, backend):
    """The limit is the server's; the error names the flag that raises it."""
    async with serve(max_body=10_000) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.post("/v1/chat/completions", content=b" " * 10_001)

    assert (413, "request_too_large", True, []) == (
        response.status_code,
        response.json()["error"]["code"],
        "--max-body" in response.json()["error"]["message"],
        backend.turns,
    )


async def test_body_of_several_megabytes_arrives(ask, backend):
    """Long conversations and images are normal."""
    text = "long " * 1_000_000
    response = await ask(messages=[{"role": "user", "content": text}])

    assert (200, text) == (response.status_code, backend.turns[0].messages[0].content[0].text)
