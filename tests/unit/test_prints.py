"""By what a message is known again, and what does not matter."""

import pytest

from cmappy.backends.claude.prints import common, prints
from cmappy.turn import Message, Opaque, Text, Thinking, ToolResult, ToolUse


def talk(*messages):
    """Return the prints of messages of user and assistant by turns; words are texts."""
    roles = ["user", "assistant"] * len(messages)
    contents = (each if isinstance(each, tuple) else (each,) for each in messages)
    return prints(
        Message(role, tuple(Text(block) if isinstance(block, str) else block for block in content))
        for role, content in zip(roles, contents, strict=False)
    )


def call(id, n=1):
    """Return a call."""
    return ToolUse(id, "f", f'{{"n": {n}}}')


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("a", "b", "c"), ("a", "b", "d"), 2),
        (("a", "b"), ("a", "b", "c"), 2),
        (("a", ("b", "c")), ("a", "bc"), 2),
        (("a", "bc"), ("a", ("b", "c")), 1),
        (("a", (Thinking("t", "s"), "b")), ("a", "b"), 2),
        (("a", "b"), ("a", (Thinking("t", "s"), "b")), 1),
        (("a", call("x"), ToolResult("x", (Text("4"),))), ("a", call("y"), ToolResult("y", (Text("4"),))), 3),
        (("a", call("x"), ToolResult("x", (Text("4"),))), ("a", call("y", 2), ToolResult("y", (Text("4"),))), 1),
        (("a", call("x"), ToolResult("x", (Text("4"),))), ("a", call("x"), ToolResult("x", (Text("5"),))), 2),
        (
            ("a", (call("x"), call("y")), (ToolResult("x", ()), ToolResult("y", ()))),
            ("a", (call("x"), call("y")), (ToolResult("y", ()), ToolResult("x", ()))),
            2,
        ),
    ],
    ids=["last", "longer", "merged", "split", "thinking", "made-up", "ids", "arguments", "result", "order"],
)
def test_messages_are_the_same_by_what_they_say(one, other, same):
    """Ids of calls are the client's; texts may come merged, and thinking be left out, but not the other way round."""
    assert same == common(talk(*one), talk(*other))


def test_marks_matter_only_exactly():
    """A client moves them from turn to turn."""
    marked = Opaque('{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}')

    assert (1, 0) == (common(talk(marked), talk("a"), exactly=False), common(talk(marked), talk("a")))


def test_nobody_goes_on_from_a_message_that_is_nobodys():
    """What was given up is in no client's history."""
    assert 1 == common([talk("a")[0], None], talk("a", "b"))


def test_long_messages_are_known_by_work_that_grows_with_their_length():
    """Texts that follow each other, and results of many calls: were each looked up in all, this would take hours."""
    texts = tuple(Text("y" * 1000) for _ in range(20_000))
    calls = tuple(call(f"toolu_{at}") for at in range(20_000))
    results = tuple(ToolResult(f"toolu_{at}", ()) for at in range(20_000))

    assert talk("a", Text("y" * 20_000_000))[1].said == talk("a", texts)[1].merged
    assert 20_000 == len(talk("a", calls, results)[1].calls)
