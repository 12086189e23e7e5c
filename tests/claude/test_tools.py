"""Calls of the client's own tools and structured answers: what is offered, what is called, and what comes back."""

import pytest
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "What is the weather?"}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather-now_9",
        "description": "Tells the weather.\n" + "Long. " * 700,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
NAME = TOOL["function"]["name"]


class Weather(BaseModel):
    """What the structured answer must be."""

    city: str
    degrees: list[float]


def calls(*cities):
    """Return the answer of a model that calls the tool for some cities, after a word."""
    used = [{"type": "tool_use", "id": f"toolu_{city}", "name": NAME, "input": {"city": city}} for city in cities]
    return {"blocks": [{"type": "text", "text": "Let me see."}, *used]}


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server that keeps the processes whose calls wait for an answer."""
    async with serve(folder, live=4) as running:
        yield running


async def test_tool_is_offered_as_the_client_wrote_it(ask, arrived):
    """The model sees the client's own name, the whole description and the schema, and no other tool."""
    await ask(QUESTION, tools=[TOOL])

    [tool] = arrived().body["tools"]
    function = TOOL["function"]
    assert (function["name"], function["description"]) == (tool["name"], tool["description"])
    assert function["parameters"] == {name: tool["input_schema"][name] for name in function["parameters"]}


async def test_abandoned_calls_do_not_disturb_a_new_question(ask, upstream):
    """A client that does not answer the calls, and asks something else, gets an answer to that."""
    upstream.script(calls("Rome"), {"text": "Fine."})
    await ask(QUESTION, tools=[TOOL])
    answer = await ask({"role": "user", "content": "How are you?"}, tools=[TOOL])

    assert "Fine." == answer.choices[0].message.content
    assert "Rome" not in str(upstream.messages_requests[1].body)


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


@pytest.mark.parametrize("options", [{}, {"max_tokens": 50}], ids=["unlimited", "limited"])
async def test_structured_answer_may_take_two_tries(client, upstream, options):
    """A model that answers in prose is asked once more, and only what follows the schema comes back."""
    value = {"city": "Rome", "degrees": []}
    structured = {"blocks": [{"type": "tool_use", "name": "StructuredOutput", "input": value}]}
    upstream.script({"blocks": [{"type": "text", "text": "It is sunny.", "pieces": 4, "pause": 0.05}]}, structured)
    answer = await client.chat.completions.parse(
        model="sonnet", messages=[QUESTION], response_format=Weather, **options
    )

    assert Weather(**value) == answer.choices[0].message.parsed
    assert 2 == len(upstream.requests)


async def test_structured_answer_is_parsed(client, upstream):
    """The helper of the official SDK gets an object of the client's own class, for one request to the API."""
    value = {"city": "Rome", "degrees": [21.5, 22]}
    upstream.script({"blocks": [{"type": "tool_use", "name": "StructuredOutput", "input": value}]})
    answer = await client.chat.completions.parse(model="sonnet", messages=[QUESTION], response_format=Weather)

    assert Weather(**value) == answer.choices[0].message.parsed
    assert 1 == len(upstream.requests)
