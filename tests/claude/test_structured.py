"""Answers that follow a schema: which schema the CLI gets to see, and what the client gets of what the model makes."""

import json
from enum import Enum
from typing import Annotated, Literal

import pytest
from openai import BadRequestError, InternalServerError
from pydantic import BaseModel, Field

from tests.scripted.harness import until

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Plan a trip."}


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server as it is by default: with a process in reserve, and with room for conversations."""
    async with serve(folder, warm=1, live=4) as running:
        yield running


class Class(Enum):
    """How one travels."""

    FIRST = "first"
    SECOND = "second"


class Person(BaseModel):
    """Who travels; friends are persons too."""

    name: Annotated[str, Field(min_length=1, description="First name")]
    email: str | None
    friends: list["Person"]


class Train(BaseModel):
    """One way to travel."""

    kind: Literal["train"]
    number: Annotated[int, Field(ge=1, lt=10_000)]


class Walk(BaseModel):
    """Another way to travel."""

    kind: Literal["walk"]
    hours: float


class Stop(BaseModel):
    """A place on the way."""

    place: str
    by: Annotated[Train | Walk, Field(discriminator="kind")]


class Trip(BaseModel):
    """All that pydantic knows of: nesting, references, recursion, lists, enums, unions, limits."""

    traveller: Person
    stops: list[Stop]
    seat: Class
    extras: dict[str, int]
    at: tuple[float, float]


ADA = {"name": "Ada", "email": None, "friends": [{"name": "Bo", "email": "bo@example.com", "friends": []}]}
STOPS = [
    {"place": "Köln", "by": {"kind": "train", "number": 42}},
    {"place": "Aare", "by": {"kind": "walk", "hours": 2.5}},
]
VALUE = {"traveller": ADA, "stops": STOPS, "seat": "first", "extras": {"bags": 2}, "at": [50.9, 6.9]}
SIMPLE = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def written(value, **more):
    """Return the answer of a model that follows the schema, or writes something else in that place."""
    return {"blocks": [{"type": "tool_use", "name": "StructuredOutput", "input": value, **more}]}


def following(schema):
    """Return the request's fields that ask for a schema."""
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


async def test_class_of_every_kind_is_parsed(client, upstream):
    """The SDK's helper sends what pydantic makes of a class, and gets an object of it, with one request to the API."""
    upstream.script(written(VALUE))
    answer = await client.chat.completions.parse(model="sonnet", messages=[QUESTION], response_format=Trip)

    assert Trip(**VALUE) == answer.choices[0].message.parsed
    assert (1, ["StructuredOutput"]) == (
        len(upstream.requests),
        [tool["name"] for tool in upstream.requests[0].body["tools"]],
    )


async def test_class_is_parsed_from_a_stream(client, upstream):
    """The JSON comes as content while it is written, and the SDK's helper makes an object of it."""
    upstream.script(written(VALUE, pieces=30))
    async with client.chat.completions.stream(model="sonnet", messages=[QUESTION], response_format=Trip) as stream:
        pieces = [event.delta async for event in stream if event.type == "content.delta"]
        final = await stream.get_final_completion()

    assert Trip(**VALUE) == final.choices[0].message.parsed
    assert 30 == len([piece for piece in pieces if piece])


async def test_answer_comes_while_it_is_written(client, upstream):
    """Nothing waits for the end of the JSON."""
    upstream.script({**written({"n": 1}, pieces=2), "then": "hang"})
    said = ""
    async with await client.chat.completions.create(
        model="sonnet", messages=[QUESTION], stream=True, **following(SIMPLE)
    ) as stream:
        async for chunk in stream:
            said += chunk.choices[0].delta.content or ""
            if said == '{"n": 1}':
                break

    assert '{"n": 1}' == said


KEYWORDS = {
    "draft 2020-12": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"at": {"prefixItems": [{"type": "number"}], "items": False, "type": "array"}},
        "unevaluatedProperties": False,
        "dependentRequired": {"at": ["at"]},
    },
    "draft 4": {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "properties": {"at": {}}},
    "discriminator": {"type": "object", "discriminator": {"propertyName": "at"}, "properties": {"at": {}}},
    "unknown keywords": {"type": "object", "x-order": 1, "properties": {"at": {"x-note": "y", "markdown": True}}},
    "regular expression": {"type": "object", "properties": {"k": {"type": "string", "pattern": "(?i)^a"}}},
    "regular expressions of Python": {
        "type": "object",
        "properties": {
            "k": {"type": "string", "pattern": r"^\d{3}\-\d{4}$"},
            "l": {"type": "string", "pattern": r"\Aa\_b"},
            "m": {"type": "string", "pattern": r"[\w.\-]+@[\w\-]+(?:\.\w{2,4})+"},
            "n": {"type": "string", "pattern": "a}]"},
        },
    },
    "OpenAPI's": {"type": "object", "properties": {"at": {"$ref": "#/$defs/x", "nullable": True}}, "$defs": {"x": {}}},
    "conditions without an end": {"type": "object", "if": {"required": ["at"]}, "properties": {"k": {"then": {}}}},
    "more items": {"type": "object", "properties": {"at": {"type": "array", "additionalItems": False}}},
    "anchors": {"type": "object", "$defs": {"p": {"$anchor": "p"}}, "properties": {"at": {"$ref": "#/$defs/p"}}},
    "formats": {"type": "object", "properties": {"k": {"type": "string", "format": "made-up"}}},
    "no type": {"properties": {"at": {"type": "array"}}},
    "nothing": {},
    "recursion": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}},
}


@pytest.mark.parametrize("schema", KEYWORDS.values(), ids=KEYWORDS)
async def test_no_keyword_makes_the_cli_ignore_the_schema(ask, upstream, schema):
    """The CLI drops a schema that it does not understand without a word; it must never come to that."""
    upstream.script(written({"at": [1.5]}))
    answer = await ask(QUESTION, **following(schema))

    [tool] = upstream.requests[0].body["tools"]
    assert ("StructuredOutput", "object") == (tool["name"], tool["input_schema"]["type"])
    assert {"at": [1.5]} == json.loads(answer.choices[0].message.content)


async def test_schema_that_the_cli_ignores_all_the_same_is_an_error(upstream, serve, tmp_path_factory, gone):
    """Its process is ended before it asks the API for an answer that nothing would hold to the schema."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "home").mkdir()
    upstream.always = {"text": "Prose.", "wait": "the error"}
    schema = {"type": "object", "properties": {"a": {"enum": ["twice", "twice"]}}}
    async with serve(folder, warm=1, live=4) as own, own.client() as client:
        await until(lambda: own.source.pool.warm)
        processes = own.source.pool.warm
        with pytest.raises(BadRequestError, match="schema") as refused:
            await client.chat.completions.create(model="sonnet", messages=[QUESTION], **following(schema))
        await gone(processes)

    assert ("response_format.json_schema.schema", 0) == (refused.value.param, len(upstream.requests))


BROKEN = {
    "bad type": {"type": "object", "properties": {"a": {"type": "strin"}}},
    "lost reference": {"type": "object", "properties": {"a": {"$ref": "#/$defs/nowhere"}}},
    "reference to the network": {"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}},
    "no dialect": {"$schema": 5, "type": "object", "properties": {"a": {"type": "strin"}}},
    "bad expression": {"type": "object", "properties": {"a": {"pattern": "("}}},
    "list at the root": {"type": "array", "items": {}},
}


@pytest.mark.parametrize("schema", BROKEN.values(), ids=BROKEN)
async def test_broken_schema_is_refused(ask, upstream, schema):
    """A mistake in a schema is told to whoever made it, before anything is sent."""
    with pytest.raises(BadRequestError) as refused:
        await ask(QUESTION, **following(schema))

    assert ("response_format.json_schema.schema", 0) == (refused.value.param, len(upstream.requests))


async def test_json_object_is_any_object(ask, upstream):
    """`json_object` gives bare JSON too."""
    upstream.script(written({"any": ["thing", None, {"é": "\u2028"}]}))
    answer = await ask(QUESTION, response_format={"type": "json_object"})

    assert {"any": ["thing", None, {"é": "\u2028"}]} == json.loads(answer.choices[0].message.content)


async def test_empty_object_is_an_object(ask, upstream):
    """A model that gives no arguments at all has given an empty object."""
    upstream.script(written(""))
    answer = await ask(QUESTION, response_format={"type": "json_object"})

    assert "{}" == answer.choices[0].message.content


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_prose_is_followed_by_one_reminder(ask, stream, upstream, streamed):
    """The CLI reminds a model that answers in prose, which the client never sees; tokens of both tries count."""
    upstream.script({"text": "Gladly! Here it is:", "output_tokens": 5}, {**written({"n": 7}), "output_tokens": 3})
    if streamed:
        chunks = await stream(QUESTION, **following(SIMPLE), stream_options={"include_usage": True})
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        usage = chunks[-1].usage
    else:
        answer = await ask(QUESTION, **following(SIMPLE))
        said, usage = answer.choices[0].message.content, answer.usage

    assert (2, '{"n": 7}', 8) == (len(upstream.requests), said, usage.completion_tokens)


async def test_prose_twice_is_an_error(ask, upstream):
    """A model that will not follow the schema is an error; its prose is no answer."""
    upstream.script({"text": "No."}, {"text": "Still no."})
    with pytest.raises(InternalServerError) as failed:
        await ask(QUESTION, **following(SIMPLE))

    assert (502, "schema_not_followed", 2) == (failed.value.status_code, failed.value.code, len(upstream.requests))
    assert "Still no." not in str(failed.value)
    assert "false" == failed.value.response.headers["x-should-retry"]


VIOLATIONS = {"type": {"n": "seven"}, "missing": {}, "more": {"n": 7, "m": 8}, "no object": "[7]", "no JSON": '{"n": 7'}


@pytest.mark.parametrize("value", VIOLATIONS.values(), ids=VIOLATIONS)
async def test_answer_that_breaks_the_schema_is_an_error(ask, upstream, value):
    """The CLI would ask up to five times; the client pays for one answer, and is told that it is none."""
    upstream.script(written(value))
    with pytest.raises(InternalServerError) as failed:
        await ask(QUESTION, **following(SIMPLE))
    await ask({"role": "user", "content": "Another question, so that there is time for a request too many."})

    assert ("schema_not_followed", 2) == (failed.value.code, len(upstream.requests))


async def test_constraint_that_the_cli_does_not_know_holds(ask, upstream):
    """What is taken out of the schema for the CLI is still asked of the answer."""
    upstream.script(written({"at": [1.5, "east"]}))
    with pytest.raises(InternalServerError, match="schema"):
        await ask(QUESTION, **following(KEYWORDS["draft 2020-12"]))

    assert 1 == len(upstream.requests)


async def test_schema_and_tools_go_together(ask, upstream):
    """The model may call first; with the results it answers as the schema wants, each time for one request."""
    tools = [{"type": "function", "function": {"name": "get_fares"}}]
    call = {"type": "tool_use", "id": "toolu_1x", "name": "get_fares", "input": {}}
    upstream.script({"blocks": [call]}, written({"n": 7}))
    called = await ask(QUESTION, tools=tools, **following(SIMPLE))
    result = {"role": "tool", "tool_call_id": "toolu_1x", "content": "cheap"}
    answer = await ask(QUESTION, called.choices[0].message.to_dict(), result, tools=tools, **following(SIMPLE))

    assert ("tool_calls", '{"n": 7}') == (called.choices[0].finish_reason, answer.choices[0].message.content)
    assert ["get_fares", "StructuredOutput"] == [tool["name"] for tool in upstream.requests[1].body["tools"]]
    assert 2 == len(upstream.requests)


async def test_answer_and_call_in_one_message(ask, upstream):
    """A model may answer and call at once: nothing of it is lost."""
    tools = [{"type": "function", "function": {"name": "get_fares"}}]
    call = {"type": "tool_use", "id": "toolu_1x", "name": "get_fares", "input": {}}
    upstream.script({"blocks": [*written({"n": 7})["blocks"], call]})
    answer = await ask(QUESTION, tools=tools, **following(SIMPLE))

    [choice] = answer.choices
    assert ("tool_calls", '{"n": 7}', 1) == (
        choice.finish_reason,
        choice.message.content,
        len(choice.message.tool_calls),
    )


async def test_limits_apply_to_structured_answers(ask, upstream):
    """An answer that is cut by its limit says so, and is not repaired."""
    upstream.script({**written('{"n": '), "stop_reason": "max_tokens"})
    answer = await ask(QUESTION, max_tokens=3, **following(SIMPLE))

    assert ("length", '{"n": ', 1) == (
        answer.choices[0].finish_reason,
        answer.choices[0].message.content,
        len(upstream.requests),
    )


async def test_history_of_structured_answers_is_text(ask, upstream):
    """What was answered as JSON is, in the next turn, the text that the client has, not a call of the CLI's own."""
    upstream.script(written({"n": 7}), written({"n": 8}))
    first = await ask(QUESTION, **following(SIMPLE))
    more = {"role": "user", "content": "One more."}
    await ask(QUESTION, first.choices[0].message.to_dict(), more, **following(SIMPLE))

    told = [message for message in upstream.requests[1].body["messages"] if message["role"] != "system"]
    assert [{"type": "text", "text": '{"n": 7}'}] == told[1]["content"]
