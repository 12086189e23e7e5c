"""What the server asks of a chat request."""

import pytest

from cmappy import answer
from cmappy.errors import InvalidRequest
from cmappy.faces.chat.asked import read
from cmappy.faces.face import Caller, Options

SMALLEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def ask(options=None, **fields):
    """Return the request with these fields."""
    return read(SMALLEST | fields, options or Options(), Caller())


def test_model_and_stream_are_the_clients():
    """Nothing is resolved here."""
    assert ("gpt-4o", False, True) == (ask().request.model, ask().request.stream, ask(stream=True).request.stream)


def test_fields_without_effect_depend_on_the_options():
    """What is forwarded has one."""
    assert (["seed", "temperature"], ["seed"]) == (
        ask(seed=1, temperature=1).ignored(),
        ask(Options(forward_sampling=True), seed=1, temperature=1).ignored(),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "é"}}]},
        {"response_format": {"type": "json_schema"}},
        {"messages": []},
    ],
)
def test_mistakes_are_found_before_anything_is_asked_of_the_backend(fields):
    """Reading is enough for that."""
    with pytest.raises(InvalidRequest):
        ask(**fields)


def test_names_of_properties_of_the_answer_are_the_apis_in_the_turn():
    """And the client's are kept for the way back."""
    schema = {"type": "object", "properties": {"Full Name": {}}, "required": ["Full Name"]}
    asked = ask(response_format={"type": "json_schema", "json_schema": {"schema": schema}})

    assert {"Full_Name": "Full Name"} == asked.form.names
    assert '"required":["Full_Name"]' in asked.turn("sonnet").schema


def said(asked, *events):
    """Return the plain answer that answer events make for a request."""
    reply = asked.reply(asked.turn("sonnet"), token="1", created=1)
    for event in (answer.Began("m"), *events, answer.Ended("end_turn")):
        for chunk in reply.feed(event):
            reply.add(chunk)
    return reply.whole()["choices"][0]["message"]


def test_client_gets_its_own_names_of_properties_back():
    """In calls, in pieces of whatever size; also the half of a key with which an answer was cut."""
    schema = {"type": "object", "properties": {"$filter": {}}}
    tools = [{"type": "function", "function": {"name": "a.b", "parameters": schema}}]
    pieces = map(answer.Piece, ['{"fil', 'ter":"fil', 'ter","x":{"filter":1},"fi'])

    [call] = said(ask(tools=tools), answer.CallStart("x", "a_b"), *pieces, answer.BlockEnd())["tool_calls"]

    assert {"name": "a.b", "arguments": '{"$filter":"filter","x":{"filter":1},"fi'} == call["function"]


def test_client_gets_its_own_names_of_the_answer_back():
    """Thinking before it stays as it is."""
    schema = {"type": "object", "properties": {"Full Name": {}}}
    asked = ask(response_format={"type": "json_schema", "json_schema": {"schema": schema}})
    thinking = (answer.ThinkingStart(), answer.Piece('{"Full_Name"'), answer.BlockEnd())
    text = (answer.TextStart(), answer.Piece('{"Full_N'), answer.Piece('ame":"Full_Name"}'), answer.BlockEnd())

    message = said(asked, *thinking, *text)

    assert ('{"Full_Name"', '{"Full Name":"Full_Name"}') == (message["reasoning_content"], message["content"])
