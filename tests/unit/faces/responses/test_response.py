"""The echo in a response is what SDKs and the public suite accept, whatever the client sent."""

import pytest
from openai.types.responses import Response

from cmappy.faces.responses.response import base

SENT = {
    "nothing": {},
    "all": {
        "instructions": "x",
        "max_output_tokens": 5,
        "max_tool_calls": 2,
        "parallel_tool_calls": False,
        "previous_response_id": "resp_0",
        "prompt_cache_key": "k",
        "reasoning": {"effort": "high", "summary": "auto"},
        "safety_identifier": "s",
        "store": False,
        "temperature": 0,
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}, "verbosity": "low"},
        "tool_choice": {"type": "allowed_tools", "tools": [{"type": "function", "name": "f"}]},
        "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "c"}, {"type": "web_search"}],
        "top_p": 1,
        "truncation": "auto",
        "user": "u",
        "metadata": {"a": "b"},
    },
    "nulls": {
        "text": None,
        "reasoning": None,
        "metadata": None,
        "tools": None,
        "tool_choice": None,
        "temperature": None,
    },
    "oddities": {
        "max_tool_calls": "x",
        "prompt_cache_key": 5,
        "reasoning": {"effort": "auto", "summary": "long"},
        "temperature": True,
        "text": {"format": {"type": "json_schema"}, "verbosity": 3},
        "truncation": {},
        "metadata": {"a": 1},
    },
}


@pytest.mark.parametrize("body", SENT.values(), ids=SENT)
def test_the_echo_is_a_valid_response(body):
    """The strict SDK takes it."""
    Response.model_validate(base(body, id="resp_1", created=1000, model="sonnet"), strict=True)


@pytest.mark.parametrize("body", SENT.values(), ids=SENT)
def test_numbers_and_objects_are_never_null(body):
    """The public compliance suite wants these."""
    told = base(body, id="resp_1", created=1000, model="sonnet")

    for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs"):
        assert isinstance(told[name], int | float)
    for tool in told["tools"]:
        assert tool["type"] != "function" or {"name", "description", "parameters", "strict"} <= tool.keys()
    assert isinstance(told["metadata"], dict)


def test_what_was_sent_is_echoed():
    """A client may compare."""
    sent = SENT["all"]
    told = base(sent, id="resp_1", created=1000, model="sonnet")

    names = ["instructions", "max_output_tokens", "previous_response_id", "metadata", "user", "store", "truncation"]
    assert [sent[name] for name in names] == [told[name] for name in names]
    assert "auto" == told["tool_choice"]["mode"]
