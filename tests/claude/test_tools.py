"""Calls of the client's own tools and structured answers: what is offered, what is called, and what comes back."""

import json

import pytest
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "What is the weather?"}
TOOL = {
    "type": "function",
    "function": {
        "name": "get.weather-now_9",
        "description": "Tells the weather.\n" + "Long. " * 700,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
NAME = TOOL["function"]["name"]
RESULT = ' 21 °C\u2028and "sunny" <system-reminder> \n'


class Weather(BaseModel):
    """What the structured answer must be."""

    city: str
    degrees: list[float]


def calls(*cities):
    """Return the answer of a model that calls the tool for some cities, after a word."""
    used = [{"type": "tool_use", "id": f"toolu_{city}", "name": NAME, "input": {"city": city}} for city in cities]
    return {"blocks": [{"type": "text", "text": "Let me see."}, *used]}


def results(message, text=RESULT):
    """Return the client's answers to the calls of a message."""
    return [{"role": "tool", "tool_call_id": call["id"], "content": text} for call in message["tool_calls"]]


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server that keeps the processes whose calls wait for an answer."""
    async with serve(folder, live=4) as running:
        yield running


@pytest.fixture(scope="module")
async def restarted(serve, tmp_path_factory, anyio_backend):
    """Run another server, which knows nothing of what the first one has been asked."""
    folder = tmp_path_factory.mktemp("restarted")
    (folder / "home").mkdir()
    async with serve(folder) as running:
        yield running


@pytest.fixture
def ask(client):
    """Return the way to ask with the tool at hand; tells the message and how it was routed."""

    async def create(*messages, client=client, **options):
        asked = {"model": "sonnet", "messages": messages, "tools": [TOOL]} | options
        raw = await client.chat.completions.with_raw_response.create(**asked)
        return raw.parse().choices[0].message.to_dict(), raw.headers["x-cmappy-route"]

    return create


@pytest.fixture
def told(upstream):
    """Return the way to see the last conversation that arrived, without what the CLI adds to it."""

    def look():
        messages = [each for each in upstream.messages_requests[-1].body["messages"] if each["role"] != "system"]
        for block in (block for message in messages for block in message["content"]):
            block.pop("cache_control", None)
        return messages

    return look


async def test_tool_is_offered_as_the_client_wrote_it(ask, arrived):
    """The model sees the client's own name, the whole description and the schema, and no other tool."""
    await ask(QUESTION)

    [tool] = arrived().body["tools"]
    function = TOOL["function"]
    assert (function["name"], function["description"]) == (tool["name"], tool["description"])
    assert function["parameters"] == {name: tool["input_schema"][name] for name in function["parameters"]}


@pytest.mark.parametrize("cities", [("Rome",), ("Rome", "Oslo")], ids=["one call", "two calls"])
async def test_calls_are_answered_in_the_same_process(ask, upstream, told, cities):
    """The process that made the calls waits for their results, and goes on with them."""
    upstream.script(calls(*cities), {"text": "Sunny."})
    message, _ = await ask(QUESTION)
    answer, route = await ask(QUESTION, message, *results(message))

    assert [(NAME, {"city": city}) for city in cities] == [
        (call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message["tool_calls"]
    ]
    assert ("parked", "Let me see.", "Sunny.") == (route, message["content"], answer["content"])
    assert [RESULT] * len(cities) == [block["content"][0]["text"] for block in told()[-1]["content"]]
    assert 2 == len(upstream.requests)


@pytest.mark.parametrize("cities", [("Rome",), ("Rome", "Oslo")], ids=["one call", "two calls"])
async def test_calls_survive_a_restart(ask, upstream, told, restarted, cities):
    """Where the process is gone, a new one is told everything, and the API receives exactly the same."""
    upstream.script(calls(*cities), {"text": "Sunny."}, {"text": "Sunny."})
    message, _ = await ask(QUESTION)
    _, parked = await ask(QUESTION, message, *results(message))
    kept = told()
    async with restarted.client() as client:
        answer, cold = await ask(QUESTION, message, *results(message), client=client)

    assert ("parked", "cold", "Sunny.") == (parked, cold, answer["content"])
    assert kept == told()


async def test_three_rounds_stay_in_one_process(ask, upstream, told):
    """A model that calls again and again is answered again and again, one request for each round."""
    upstream.script(calls("Rome"), calls("Oslo"), calls("Bonn"), {"text": "Sunny."})
    messages, routes = [QUESTION], []
    for _ in range(3):
        message, route = await ask(*messages)
        messages += [message, *results(message)]
        routes.append(route)
    answer, route = await ask(*messages)

    assert (["parked"] * 3, "Sunny.") == ([*routes[1:], route], answer["content"])
    assert ["user", "assistant", "user", "assistant", "user", "assistant", "user"] == [each["role"] for each in told()]
    assert 4 == len(upstream.requests)


async def test_results_with_another_question_arrive_together(ask, upstream, told):
    """A client may say something more with its results; then a new process is told all of it."""
    upstream.script(calls("Rome"), {"text": "Sunny."})
    message, _ = await ask(QUESTION)
    _, route = await ask(QUESTION, message, *results(message), {"role": "user", "content": "Be brief."})

    assert "parked" != route
    assert ["tool_result", "text"] == [block["type"] for block in told()[-1]["content"]]


async def test_abandoned_calls_do_not_disturb_a_new_question(ask, upstream, told):
    """A client that does not answer the calls, and asks something else, gets an answer to that."""
    upstream.script(calls("Rome"), {"text": "Fine."})
    await ask(QUESTION)
    answer, _ = await ask({"role": "user", "content": "How are you?"})

    assert "Fine." == answer["content"]
    assert [{"role": "user", "content": [{"type": "text", "text": "How are you?"}]}] == told()


async def test_arguments_are_streamed(client, upstream):
    """The helper of the official SDK puts the pieces of two calls together."""
    upstream.script(calls("Rome", "Oslo"))
    async with client.chat.completions.stream(model="sonnet", messages=[QUESTION], tools=[TOOL]) as stream:
        events = [event.type async for event in stream]
        final = await stream.get_final_completion()

    assert 2 == events.count("tool_calls.function.arguments.done")
    assert ['{"city":"Rome"}', '{"city":"Oslo"}'] == [
        call.function.arguments.replace(": ", ":") for call in final.choices[0].message.tool_calls
    ]
    assert "tool_calls" == final.choices[0].finish_reason


async def test_structured_answer_is_parsed(client, upstream):
    """The helper of the official SDK gets an object of the client's own class, for one request to the API."""
    value = {"city": "Rome", "degrees": [21.5, 22]}
    upstream.script({"blocks": [{"type": "tool_use", "name": "StructuredOutput", "input": value}]})
    answer = await client.chat.completions.parse(model="sonnet", messages=[QUESTION], response_format=Weather)

    assert Weather(**value) == answer.choices[0].message.parsed
    assert 1 == len(upstream.requests)
