"""Requests as odd as real ones are, through the real CLI: names that the API refuses, halves of emoji, cut calls."""

import json

import httpx
import pytest

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Find it."}
SCHEMA = {
    "type": "object",
    "properties": {"$filter": {"type": "string"}, "Full Name": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["$filter"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "find.it", "parameters": SCHEMA}}
GIVEN = {"filter": "a eq 'filter'", "Full_Name": "Ada", "n": 9007199254740993}
SEEN = '{"$filter":"a eq \'filter\'","Full Name":"Ada","n":9007199254740993}'


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server as it is by default: with a process in reserve, and with room for conversations."""
    async with serve(folder, warm=1, live=4) as running:
        yield running


@pytest.fixture
def post(server, upstream):
    """Return the way to send bytes that no client library would."""

    async def send(body):
        async with httpx.AsyncClient(timeout=60) as http:
            return await http.post(f"{server.url}/v1/chat/completions", content=body)

    return send


def compact(text):
    """Return JSON without the white space that whoever writes it may put in."""
    return text.replace('": ', '":').replace(', "', ',"')


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_properties_have_the_clients_names_in_calls_and_the_apis_upstream(ask, stream, upstream, streamed):
    """Over two steps, the second of which goes to the process that waits."""
    used = {"type": "tool_use", "id": "toolu_1", "name": "find_it", "input": GIVEN, "pieces": 30}
    upstream.script({"blocks": [used]}, {"text": "Found."})
    if streamed:
        deltas = [chunk.choices[0].delta for chunk in await stream(QUESTION, tools=[TOOL])]
        functions = [delta.tool_calls[0].function for delta in deltas if delta.tool_calls]
        arguments = "".join(function.arguments for function in functions)
    else:
        [call] = (await ask(QUESTION, tools=[TOOL])).choices[0].message.tool_calls
        arguments = call.function.arguments
    called = {"id": "toolu_1", "type": "function", "function": {"name": "find.it", "arguments": arguments}}
    answer = await ask(
        QUESTION,
        {"role": "assistant", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": None},
        tools=[TOOL],
    )

    first, second = upstream.messages_requests
    assert (SEEN, "Found.") == (compact(arguments), answer.choices[0].message.content)
    assert ["filter", "Full_Name", "n"] == list(first.body["tools"][0]["input_schema"]["properties"])
    [use] = [
        block for message in second.body["messages"] for block in message["content"] if block["type"] == "tool_use"
    ]
    assert {"filter", "Full_Name", "n"} == set(use["input"])


async def test_properties_have_the_clients_names_in_messages_too(server, upstream):
    """Where more is said of a tool than the CLI knows, and over both steps."""
    used = {"type": "tool_use", "id": "toolu_1", "name": "find_it", "input": GIVEN, "pieces": 30}
    upstream.script({"blocks": [used]}, {"text": "Found."})
    examples = [{"$filter": "x"}]
    body = {
        "model": "sonnet",
        "max_tokens": 99,
        "messages": [QUESTION],
        "tools": [{"name": "find_it", "input_schema": SCHEMA, "input_examples": examples}],
    }
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        called = (await http.post("/v1/messages", json=body)).json()
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
        body["messages"] += [{"role": "assistant", "content": called["content"]}, {"role": "user", "content": [result]}]
        answer = (await http.post("/v1/messages", json=body)).json()

    first, second = upstream.messages_requests
    [use] = [
        block for message in second.body["messages"] for block in message["content"] if block["type"] == "tool_use"
    ]
    assert (json.loads(SEEN), "Found.") == (called["content"][0]["input"], answer["content"][0]["text"])
    assert ["filter", "Full_Name", "n"] == list(first.body["tools"][0]["input_schema"]["properties"])
    assert ([{"filter": "x"}], GIVEN.keys()) == (first.body["tools"][0]["input_examples"], use["input"].keys())


async def test_properties_have_the_clients_names_in_structured_answers(ask, stream, upstream):
    """Plain and streamed alike; the answer is checked against the schema all the same."""
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}}
    used = {"type": "tool_use", "id": "toolu_1", "name": "StructuredOutput", "input": GIVEN | {"n": 1}, "pieces": 20}
    upstream.script({"blocks": [used]}, {"blocks": [used | {"id": "toolu_2"}]})
    plain = await ask(QUESTION, response_format=wanted)
    streamed = [chunk.choices[0].delta.content or "" for chunk in await stream(QUESTION, response_format=wanted)]

    seen = json.loads(SEEN) | {"n": 1}
    assert [seen, seen] == [json.loads(plain.choices[0].message.content), json.loads("".join(streamed))]


async def test_cut_call_comes_back_with_its_error(ask, upstream, arrived):
    """What a client has got with `length`, it may send: the model sees what it wrote."""
    used = {"type": "tool_use", "id": "toolu_1", "name": "find_it", "input": GIVEN, "pieces": 30}
    upstream.script({"blocks": [used], "stop_reason": "max_tokens"})
    answer = (await ask(QUESTION, tools=[TOOL])).choices[0]
    upstream.requests.clear()
    cut = {"id": "toolu_1", "type": "function", "function": {"name": "find.it", "arguments": '{"$filter": "a e'}}
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": "Cannot read the arguments."}
    await ask(QUESTION, {"role": "assistant", "tool_calls": [cut]}, result, tools=[TOOL])

    assert "length" == answer.finish_reason
    assert {"INVALID_JSON": '{"$filter": "a e'} == arrived().messages[1]["content"][0]["input"]


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (rb"a\ud83d b", "a\ufffd b"),
        (rb"\ude00", "\ufffd"),
        (rb"\ud83d\ude00 \uDE00", "\U0001f600 \ufffd"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "\U0001f600"),
    ],
)
async def test_halves_of_characters_cost_nothing_but_themselves(post, arrived, sent, arrives):
    """They come from clients that cut a text in the middle of an emoji."""
    answer = await post(b'{"model":"sonnet","messages":[{"role":"user","content":"%b"}]}' % sent)

    assert (200, [{"type": "text", "text": arrives}]) == (answer.status_code, arrived().messages[0]["content"])


@pytest.mark.parametrize("model", ["sonnet[1m]", "claude-sonnet-4[1m]", "openai/claude-sonnet-4.5[1m]", "default[1m]"])
async def test_longer_context_is_asked_for_by_the_end_of_a_name(ask, arrived, model):
    """With every spelling, the API gets an id that there is: models that always have it need nothing more."""
    await ask(QUESTION, model=model)

    sent = arrived()
    known = sent.body["model"].startswith("claude-") and "[" not in sent.body["model"]
    assert (True, "4-5" in sent.body["model"]) == (known, "context-1m" in sent.headers["anthropic-beta"])


@pytest.mark.parametrize(
    "fields", [{"tool_choice": "required"}, {"reasoning_effort": ""}, {"stop": ["V", "W", "X", "Y", "Z"]}]
)
async def test_what_clients_send_without_meaning_it_is_taken(ask, arrived, fields):
    """OpenAI refuses some of it, and its clients have got used to servers that do not."""
    answer = await ask(QUESTION, **fields)

    assert "Hello from the stub." == answer.choices[0].message.content
    assert fields.get("stop") == arrived().body.get("stop_sequences")
