"""How much one request may hold, by count."""

import pytest

from cmappy.errors import TooLarge
from cmappy.server.limits import check, check_turn
from cmappy.turn import Message, Text, ToolResult, Turn

FITS = [
    [],
    {"messages": "x", "input": "x", "system": "x"},
    {"messages": [1, {"content": "x"}]},
    {"messages": [{"content": [1, 2]}, {"content": [3]}], "system": [1, 2, 3]},
    {"input": [{"content": [1, {"content": "x"}]}, {"output": [3]}]},
]


@pytest.mark.parametrize("body", FITS)
def test_body_within_the_limits_is_returned(body):
    """Whatever it is: what is wrong with it is said later, by the API."""
    assert body is check(body, messages=2, parts=3)


@pytest.mark.parametrize("name", ["messages", "input"])
@pytest.mark.parametrize(
    ("messages", "flag"),
    [
        ([1, 2, 3], "--max-messages"),
        ([{"content": [1, 2]}, {"content": [3, 4]}], "--max-parts"),
        ([{"content": [{"type": "tool_result", "content": [1, 2, 3]}]}], "--max-parts"),
        ([{"type": "function_call_output", "output": [1, 2, 3, 4]}], "--max-parts"),
        ([{"content": {"content": [1, 2, 3, 4]}}], "--max-parts"),
    ],
    ids=["messages", "parts", "parts in a part", "outputs", "parts of an object"],
)
def test_too_many_are_refused_by_the_name_of_the_flag(name, messages, flag):
    """So that whoever needs more can have it; wherever an API puts them."""
    with pytest.raises(TooLarge, match=flag) as refusal:
        check({name: messages}, messages=2, parts=3)

    assert name == refusal.value.param


def test_system_text_has_parts_too():
    """Where it is a list."""
    with pytest.raises(TooLarge, match="The system text has 4 content parts, and 3 are allowed") as refusal:
        check({"system": [1, 2, 3, 4]}, messages=2, parts=3)

    assert "system" == refusal.value.param


TEXT = Text("x")
LONG = Turn("sonnet", tuple(Message(role, (TEXT,)) for role in ("user", "assistant", "user")))
WIDE = Turn("sonnet", (Message("user", (TEXT, ToolResult("a", (TEXT,) * 4))),))


@pytest.mark.parametrize(("turn", "flag"), [(LONG, "--max-messages"), (WIDE, "--max-parts")])
def test_conversation_is_counted_with_all_that_the_request_refers_to(turn, flag):
    """Each request of it may have been a short one."""
    assert turn is check_turn(turn, messages=3, parts=4)
    with pytest.raises(TooLarge, match=flag):
        check_turn(turn, messages=2, parts=3)
