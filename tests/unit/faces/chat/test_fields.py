"""The table of request fields: complete, and the one source of what is said about them."""

import inspect

import pytest
from openai.resources.chat.completions import Completions

from cmappy.faces.chat import fields
from cmappy.faces.chat.request import ChatRequest, read
from cmappy.faces.fields import capabilities, markdown

SDK_ONLY = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
SMALLEST = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}


def test_table_has_every_field_that_the_sdk_can_send():
    """A new SDK with a new field needs a decision here."""
    parameters = set(inspect.signature(Completions.create).parameters) - SDK_ONLY

    assert parameters == {field.name for field in fields.FIELDS}


def test_table_is_sorted():
    """It is long, and read by people."""
    names = [field.name for field in fields.FIELDS]

    assert sorted(names) == names


@pytest.mark.parametrize("name", sorted(set(ChatRequest.model_fields) - {"temperature", "top_p"}))
def test_what_is_read_is_not_said_to_be_ignored(name):
    """Nobody parses a field to ignore it."""
    assert [] == [field.name for field in fields.FIELDS if field.name == name and field.treatment == "ignored"]


@pytest.mark.parametrize(
    ("sent", "forward_sampling", "named"),
    [
        ({}, False, []),
        ({"max_tokens": 5, "stop": "a", "stream": True}, False, []),
        ({"seed": 1, "logit_bias": {}}, False, ["logit_bias", "seed"]),
        ({"no_such_field": 1}, False, ["no_such_field"]),
        ({"temperature": 0, "top_p": 1}, False, ["temperature", "top_p"]),
        ({"temperature": 0, "top_p": 1}, True, []),
        ({"seed": None}, False, []),
        ({"tools": [{"type": "custom"}, {"type": "function", "function": {"name": "f"}}]}, False, ["tools[0]"]),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "strict": True}}]},
            False,
            ["tools[].function.strict"],
        ),
        ({"tool_choice": "required"}, False, ["tool_choice"]),
        ({"tool_choice": "required", "functions": [{"name": "f"}]}, False, []),
    ],
    ids=[
        "nothing",
        "effective",
        "ignored",
        "unknown",
        "sampling",
        "sampling forwarded",
        "null",
        "tool of another type",
        "strict",
        "choice of nothing",
        "choice",
    ],
)
def test_fields_without_effect_are_named(sent, forward_sampling, named):
    """What was sent and changes nothing, and nothing else."""
    assert named == fields.ignored(read(SMALLEST | sent), forward_sampling=forward_sampling)


def test_capabilities_show_the_whole_table():
    """A program can ask what becomes of a field."""
    table = capabilities(fields.FIELDS)

    assert ({field.name for field in fields.FIELDS}, "honoured") == (set(table), table["model"]["treatment"])


def test_markdown_has_a_row_for_every_field():
    """The README's table is made from it."""
    assert len(fields.FIELDS) + 2 == len(markdown(fields.FIELDS).splitlines())
