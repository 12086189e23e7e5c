"""Whether and how the model calls: what the client asks for arrives, and whatever the model makes of it comes back."""

import asyncio
import json

import pytest
from openai import pydantic_function_tool
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "What is the weather?"}
WEATHER = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
TIME = {"name": "get_time"}
TOOLS = [{"type": "function", "function": WEATHER}, {"type": "function", "function": TIME}]
NAMED = {"type": "function", "function": {"name": "get_time"}}


class Trip(BaseModel):
    """Book a trip."""

    stops: list[str]
    budget: float | None


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server as it is by default: with a process in reserve, and with room for conversations."""
    async with serve(folder, warm=1, live=4) as running:
        yield running


def use(name, arguments, **more):
    """Return an answer that calls; arguments that are a string are written as they are."""
    return {"blocks": [{"type": "tool_use", "name": name, "input": arguments}], **more}


CHOICES = {
    "none told": ({}, None, True),
    "auto": ({"tool_choice": "auto"}, None, True),
    "parallel": ({"parallel_tool_calls": True}, None, True),
    "none": ({"tool_choice": "none"}, {"type": "none"}, True),
    "required": ({"tool_choice": "required"}, {"type": "any"}, False),
    "named": ({"tool_choice": NAMED}, {"type": "tool", "name": "get_time"}, False),
    "single": ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}, True),
    "single required": (
        {"tool_choice": "required", "parallel_tool_calls": False},
        {"type": "any", "disable_parallel_tool_use": True},
        False,
    ),
    "single named": (
        {"tool_choice": NAMED, "parallel_tool_calls": False},
        {"type": "tool", "name": "get_time", "disable_parallel_tool_use": True},
        False,
    ),
    "single none": ({"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}, True),
    "null": ({"tool_choice": None, "parallel_tool_calls": None}, None, True),
}


@pytest.mark.parametrize(("options", "arrives", "thinks"), CHOICES.values(), ids=CHOICES)
async def test_choice_is_the_apis_own(ask, arrived, options, arrives, thinks):
    """The API forces and forbids by itself; it does not think when it is forced, so thinking is off then."""
    await ask(QUESTION, tools=TOOLS, extra_body=options)

    body = arrived().body
    assert (arrives, thinks) == (body.get("tool_choice"), "thinking" in body)
    assert ["get_time", "get_weather"] == [tool["name"] for tool in body["tools"]]


@pytest.mark.parametrize(
    ("choice", "arrives"),
    [("auto", None), ("none", {"type": "none"}), ({"name": "get_time"}, {"type": "tool", "name": "get_time"})],
    ids=["auto", "none", "named"],
)
async def test_older_choice_is_the_apis_own(ask, arrived, choice, arrives):
    """`function_call` is the older name of `tool_choice`."""
    await ask(QUESTION, functions=[WEATHER, TIME], function_call=choice)

    assert arrives == arrived().body.get("tool_choice")


async def test_name_that_the_api_does_not_take_comes_back_as_it_was(ask, upstream):
    """The API knows no `.` in names: it is told another, which the client never sees, and the result finds its call."""
    function = {"type": "function", "function": {"name": "time.get"}}
    upstream.script(use("time_get", {"zone": 1}), {"text": "Noon."})
    called = (await ask(QUESTION, tools=[function], tool_choice=function)).choices[0].message.to_dict()
    result = {"role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": "12"}
    await ask(QUESTION, called, result, tools=[function])

    first, second = [each.body for each in upstream.messages_requests]
    assert {"name": "time.get", "arguments": '{"zone": 1}'} == called["tool_calls"][0]["function"]
    assert ("time_get", {"type": "tool", "name": "time_get"}) == (first["tools"][0]["name"], first["tool_choice"])
    [used] = [message["content"] for message in second["messages"] if message["role"] == "assistant"]
    assert ["time_get"] == [block["name"] for block in used]


@pytest.mark.parametrize("choice", ["auto", "none"])
async def test_choice_without_tools_is_nothing(ask, arrived, choice):
    """Clients send a choice with an empty list, and the API would refuse that."""
    await ask(QUESTION, tools=[], tool_choice=choice, parallel_tool_calls=False)

    assert ([], None) == (arrived().body["tools"], arrived().body.get("tool_choice"))


@pytest.mark.parametrize("count", [1, 4])
async def test_forced_call_comes_back(ask, upstream, count):
    """A call that was forced is a call like any other, and several are several."""
    upstream.script({"blocks": [{"type": "tool_use", "name": "get_time", "input": {}}] * count})
    answer = await ask(QUESTION, tools=TOOLS, tool_choice="required")

    [choice] = answer.choices
    assert ("tool_calls", None) == (choice.finish_reason, choice.message.content)
    assert [("get_time", "{}")] * count == [
        (call.function.name, call.function.arguments) for call in choice.message.tool_calls
    ]
    assert 1 == len(upstream.requests)


MISTAKES = {
    "unknown name": ("get_stocks", {"symbol": "TEA"}, '{"symbol": "TEA"}'),
    "a tool of the CLI": ("Bash", {"command": "id"}, '{"command": "id"}'),
    "an agent of the CLI": ("Agent", {"prompt": "x", "description": "x"}, '{"prompt": "x", "description": "x"}'),
    "the CLI's structured output": ("StructuredOutput", {"a": 1}, '{"a": 1}'),
    "prefixed name": ("mcp__client__get_time", {}, "{}"),
    "broken JSON": ("get_weather", '{"city": "Os', '{"city": "Os'),
    "no JSON at all": ("get_weather", "Oslo", "Oslo"),
    "a list": ("get_weather", '["Oslo"]', '["Oslo"]'),
    "wrong type": ("get_weather", {"city": 7, "more": None}, '{"city": 7, "more": null}'),
    "nothing": ("get_weather", "", "{}"),
    "large numbers": ("get_weather", '{"n": 12345678901234567890, "x": 1.0}', '{"n": 12345678901234567890, "x": 1.0}'),
}


@pytest.fixture
def watched(upstream, descendants, gone):
    """Return the way to get an answer while the process that asks for it is watched, and ended with the server."""

    async def run(asking, answer):
        upstream.script({**answer, "wait": "watched"})
        asked = asyncio.create_task(asking)
        await upstream.received(1)
        processes = descendants()
        upstream.release("watched")
        return await asked, processes

    return run


@pytest.mark.parametrize(("name", "arguments", "told"), MISTAKES.values(), ids=MISTAKES)
async def test_models_mistake_is_the_clients_to_judge(ask, upstream, name, arguments, told):
    """Unknown names and broken arguments come back as the model wrote them, for one request to the API.

    The CLI would tell the model of some of them by a request of its own.
    """
    upstream.script(use(name, arguments))
    answer = await ask(QUESTION, tools=TOOLS)

    [call] = answer.choices[0].message.tool_calls
    assert (name, told) == (call.function.name, call.function.arguments)
    assert "tool_calls" == answer.choices[0].finish_reason
    await ask({"role": "user", "content": "Another question, so that there is time for a request too many."})
    assert 2 == len(upstream.requests)


@pytest.mark.parametrize("mixed", [True, False], ids=["beside a known one", "alone"])
async def test_result_of_an_unknown_tool_reaches_the_api(ask, upstream, mixed):
    """What the client says to a call that it does not know is a result like any other."""
    uses = [{"type": "tool_use", "id": "toolu_1x", "name": "get_stocks", "input": {}}]
    uses += [{"type": "tool_use", "id": "toolu_2x", "name": "get_time", "input": {}}] * mixed
    upstream.script({"blocks": uses})
    called = (await ask(QUESTION, tools=TOOLS)).choices[0].message.to_dict()
    results = [{"role": "tool", "tool_call_id": each["id"], "content": "unknown"} for each in called["tool_calls"]]
    await ask(QUESTION, called, *results, tools=TOOLS)

    _, second = upstream.messages_requests
    told = [message for message in second.body["messages"] if message["role"] != "system"]
    assert uses == told[1]["content"]
    assert [each["id"] for each in uses] == [block["tool_use_id"] for block in told[2]["content"]]
    assert 2 == len(upstream.requests)


@pytest.mark.parametrize(("stop_reason", "finish_reason"), [("max_tokens", "length"), ("refusal", "content_filter")])
async def test_call_that_is_cut_short_says_so(ask, upstream, watched, gone, stop_reason, finish_reason):
    """A call may be the last thing before the end of the tokens: it comes as it is, and nothing goes on."""
    answer, _ = await watched(
        ask(QUESTION, tools=TOOLS, max_tokens=9), use("get_weather", '{"city": "Os', stop_reason=stop_reason)
    )

    [choice] = answer.choices
    assert (finish_reason, '{"city": "Os') == (
        choice.finish_reason,
        choice.message.tool_calls[0].function.arguments,
    )
    assert 1 == len(upstream.requests)


async def test_streamed_calls_are_put_together_by_the_sdk(client, upstream):
    """The SDK's own helper sees text, then each call begin, grow and end, in order."""
    cities = [{"city": "Oslo"}, {"city": 'Rio "de" Janeiro\u2028'}]
    upstream.script(
        {
            "blocks": [
                {"type": "text", "text": "I look."},
                *({"type": "tool_use", "name": "get_weather", "input": city, "pieces": 5} for city in cities),
            ]
        }
    )
    async with client.chat.completions.stream(model="sonnet", messages=[QUESTION], tools=TOOLS) as stream:
        done = [
            (event.index, event.name, json.loads(event.arguments))
            async for event in stream
            if event.type == "tool_calls.function.arguments.done"
        ]
        final = await stream.get_final_completion()

    assert [(0, "get_weather", cities[0]), (1, "get_weather", cities[1])] == done
    assert ("I look.", "tool_calls") == (final.choices[0].message.content, final.choices[0].finish_reason)


async def test_arguments_are_parsed_by_the_sdk(client, upstream):
    """A strict function made from a class gets its arguments as an object of that class, streamed or not."""
    upstream.script(*[use("Trip", {"stops": ["Köln", "Liège"], "budget": None})] * 2)
    tools = [pydantic_function_tool(Trip)]
    asked = {"model": "sonnet", "messages": [QUESTION], "tools": tools}
    plain = await client.chat.completions.parse(**asked)
    async with client.chat.completions.stream(**asked) as stream:
        final = await stream.get_final_completion()

    wanted = Trip(stops=["Köln", "Liège"], budget=None)
    assert [wanted, wanted] == [
        answer.choices[0].message.tool_calls[0].function.parsed_arguments for answer in (plain, final)
    ]
