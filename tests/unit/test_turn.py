"""A turn's canonical form and key: what makes two turns the same."""

import dataclasses

import orjson
import pytest

from cmappy.turn import Media, Message, Opaque, Text, Thinking, Tool, ToolResult, ToolUse, Turn

HI = (Message("user", (Text("Hi"),)),)
SMALLEST = Turn("sonnet", HI)
FULL = Turn(
    "sonnet",
    HI,
    system="Be kind.",
    tools=(Tool("f", "does f", '{"type":"object"}'),),
    tool_choice="tool",
    tool_name="f",
    parallel_tools=False,
    schema='{"type":"object"}',
    max_tokens=5,
    stop=("END",),
    effort="low",
    adaptive=False,
    sampling=(("temperature", 0.5),),
    extra='{"thinking":{"type":"disabled"}}',
    betas=("context-1m",),
    own_marks=True,
)


@pytest.mark.parametrize(
    ("block", "api"),
    [
        (Text("Hi"), {"type": "text", "text": "Hi"}),
        (
            Media("image", "image/png", "aGk="),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        ),
        (
            Media("image", "", "https://example.com/a.png"),
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        ),
        (
            Media("document", "text/plain", "words", "notes.txt"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "words"},
                "title": "notes.txt",
            },
        ),
        (
            ToolUse("toolu_1", "f", '{"b":1,"a":2}'),
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"b": 1, "a": 2}},
        ),
        (
            ToolResult("toolu_1", (Text("4"),)),
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "4"}]},
        ),
        (
            ToolResult("toolu_1", (), is_error=True, cache_control='{"type":"ephemeral"}'),
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": "",
                "is_error": True,
                "cache_control": {"type": "ephemeral"},
            },
        ),
        (Thinking("Hm.", "c2ln"), {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}),
        (Opaque('{"type":"redacted_thinking","data":"x"}'), {"type": "redacted_thinking", "data": "x"}),
    ],
    ids=["text", "image", "image by URL", "text file", "call", "result", "failed result", "thinking", "other"],
)
def test_blocks_have_the_messages_apis_form(block, api):
    """What is inside a turn is what the API gets."""
    assert api == block.api()


def test_smallest_canonical_form_has_no_defaults():
    """A field that is added tomorrow must not change the key of today's recordings."""
    expected = {"model": "sonnet", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}

    assert expected == SMALLEST.canonical()


def test_full_canonical_form_has_everything():
    """Whatever changes the answer belongs to the key."""
    expected = {
        **SMALLEST.canonical(),
        "system": "Be kind.",
        "tools": [{"name": "f", "description": "does f", "input_schema": {"type": "object"}}],
        "tool_choice": "tool",
        "tool_name": "f",
        "single_tool": True,
        "schema": {"type": "object"},
        "max_tokens": 5,
        "stop": ["END"],
        "effort": "low",
        "not_adaptive": True,
        "sampling": {"temperature": 0.5},
        "extra": {"thinking": {"type": "disabled"}},
        "betas": ["context-1m"],
        "own_marks": True,
    }

    assert expected == FULL.canonical()


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Turn)])
def test_every_field_changes_the_key(field):
    """A field that the key does not know would let one turn get another one's answer."""
    other = {"model": "opus", "messages": (Message("user", (Text("Hello"),)),)} | {
        field.name: field.default for field in dataclasses.fields(Turn) if field.default is not dataclasses.MISSING
    }

    assert FULL.key() != dataclasses.replace(FULL, **{field: other[field]}).key()


def test_key_is_the_same_for_equal_turns():
    """The key is of the value: no time, no identity."""
    assert SMALLEST.key() == Turn("sonnet", (Message("user", (Text("Hi"),)),)).key()


def test_key_does_not_depend_on_the_order_of_keys_in_json():
    """Clients write the same schema in any order."""
    one, other = (dataclasses.replace(SMALLEST, schema=schema) for schema in ('{"a":1,"b":2}', '{"b":2,"a":1}'))

    assert one.key() == other.key()


def test_turn_is_hashable():
    """Equal turns are one key of a dictionary."""
    assert {FULL: 1} == {dataclasses.replace(FULL): 1}


def test_canonical_form_is_json():
    """It is written to recordings."""
    assert FULL.canonical() == orjson.loads(orjson.dumps(FULL.canonical()))
