"""What the server asks of a chat request."""

import pytest

from cmappy.errors import InvalidRequest
from cmappy.faces.chat.asked import read
from cmappy.faces.face import Caller, Options

SMALLEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def ask(options=None, **fields):
    """Return the request with these fields."""
    return read(SMALLEST | fields, options or Options(), Caller())


def test_model_and_stream_are_the_clients():
    """Nothing is resolved here."""
    assert ("gpt-4o", False, True) == (ask().model, ask().stream, ask(stream=True).stream)


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
