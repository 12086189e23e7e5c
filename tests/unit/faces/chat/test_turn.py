"""Requests become turns: the settings of one. Its messages, tools and media have tests of their own."""

import pytest

from cmappy.errors import InvalidRequest
from cmappy.faces.chat.asked import read
from cmappy.faces.face import Caller, Options
from cmappy.turn import Message, Text, Turn

SMALLEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
TOOL = {"type": "function", "function": {"name": "f"}}


def turn(forward_sampling=False, **fields):
    """Return the turn for a request with these fields added."""
    return read(SMALLEST | fields, Options(forward_sampling=forward_sampling), Caller()).turn("sonnet")


def wrong(**fields):
    """Return the error for a request with these fields added."""
    with pytest.raises(InvalidRequest) as caught:
        turn(**fields)
    return caught.value.param, caught.value.code


def test_smallest_request_is_the_smallest_turn():
    """Everything else is at its default; the model is the one that was resolved."""
    assert Turn("sonnet", (Message("user", (Text("Hi"),)),)) == turn()


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
        ({"max_tokens": 0}, None),
        ({"max_tokens": -1}, None),
        ({"max_completion_tokens": 0, "max_tokens": 5}, 5),
    ],
)
def test_limit_has_two_names_and_nothing_means_none(fields, limit):
    """The newer name wins; zero and less stand for no limit in many clients."""
    assert limit == turn(**fields).max_tokens


@pytest.mark.parametrize(
    ("asked", "effort"),
    [
        (None, None),
        ("", None),
        ("none", "none"),
        ("minimal", "low"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("xhigh", "xhigh"),
        ("max", "max"),
    ],
)
def test_effort_is_openais(asked, effort):
    """All of its words, of which the CLI does not know one."""
    assert effort == turn(reasoning_effort=asked).effort


def test_stop_sequences_are_kept_in_order_without_empty_ones():
    """An empty one would end every answer before it begins."""
    assert ("b", "a") == turn(stop=["b", "", "a"]).stop


def test_sampling_is_left_out():
    """Models that always think refuse it."""
    assert () == turn(temperature=0.5, top_p=1).sampling


def test_sampling_is_forwarded_on_demand():
    """The API's scale of temperature ends where OpenAI's is in the middle."""
    assert (("temperature", 1.0), ("top_p", 0.5)) == turn(forward_sampling=True, temperature=1.5, top_p=0.5).sampling


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_value"),
        ({"modalities": ["audio"]}, "modalities", "unsupported_parameter"),
        ({"modalities": ["text", "smell"]}, "modalities", "unsupported_parameter"),
        ({"reasoning_effort": "utmost"}, "reasoning_effort", "invalid_value"),
    ],
)
def test_what_is_not_offered_is_an_error(fields, param, code):
    """Silence would be a wrong answer."""
    assert (param, code) == wrong(**fields)


def test_text_modality_is_what_is_offered():
    """The SDK's own tests send it."""
    assert turn() == turn(modalities=["text"])


@pytest.mark.parametrize(
    ("fields", "parallel"),
    [
        ({}, True),
        ({"tools": [TOOL]}, True),
        ({"tools": [TOOL], "parallel_tool_calls": False}, False),
        ({"parallel_tool_calls": False}, True),
    ],
)
def test_parallel_calls_matter_with_tools_only(fields, parallel):
    """Without tools the field changes nothing, and must not change the key of a recording."""
    assert parallel == turn(**fields).parallel_tools


def test_tools_choice_and_schema_are_part_of_the_turn():
    """Whatever the model is told belongs to it."""
    asked = turn(tools=[TOOL], tool_choice="required", response_format={"type": "json_object"})

    assert ("f", "any", '{"type":"object"}') == (asked.tools[0].name, asked.tool_choice, asked.schema)
