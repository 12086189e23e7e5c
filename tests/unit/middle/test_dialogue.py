"""A conversation in the making: what the Messages API wants, whatever order an API has."""

import pytest

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.middle.dialogue import Dialogue
from cmappy.turn import Media, Message, Opaque, Text, Thinking, ToolResult, ToolUse

IMAGE = Media("image", "image/png", "aGk=")


def build(*steps):
    """Return the conversation of steps, each a method's name and its arguments."""
    dialogue = Dialogue("input")
    for name, *arguments in steps:
        getattr(dialogue, name)(*arguments)
    return dialogue.close("input[9]")


def user(*texts):
    """Return the step of a user's texts."""
    return "user", map(Text, texts)


def assistant(*texts):
    """Return the step of a model's texts."""
    return "assistant", map(Text, texts)


def call(id):
    """Return the step of a call."""
    return "call", id, "f", "{}", f"at {id}"


def result(id, *texts):
    """Return the step of a result."""
    return "result", id, map(Text, texts), f"at {id}"


def test_items_of_one_answer_become_one_message():
    """APIs of items say text, calls and results one by one."""
    thinking = Thinking("Hm.", "c2ln")

    conversation = build(
        user("a"), ("assistant", [thinking]), assistant("b"), call("x"), call("y"), result("y", "2"), result("x", "1")
    )

    assert (
        Message("user", (Text("a"),)),
        Message("assistant", (thinking, Text("b"), ToolUse("x", "f", "{}"), ToolUse("y", "f", "{}"))),
        Message("user", (ToolResult("y", (Text("2"),)), ToolResult("x", (Text("1"),)))),
    ) == conversation


def test_results_keep_what_is_said_of_them():
    """An error is one, and a mark for the cache stays where it was."""
    dialogue = Dialogue("messages")
    dialogue.call("x", "f", '{"a":1}', "p")
    dialogue.result("x", [IMAGE, Opaque('{"type":"search_result"}')], "p", is_error=True, cache_control='{"t":1}')

    assert (
        ToolResult("x", (IMAGE, Opaque('{"type":"search_result"}')), True, '{"t":1}')
        == (dialogue.close("p")[1].content[0])
    )


def test_text_between_calls_and_results_is_the_models():
    """Some APIs put what the model said behind its calls."""
    conversation = build(user("a"), call("x"), assistant("b"), result("x"))

    assert (ToolUse("x", "f", "{}"), Text("b")) == conversation[1].content


def test_unanswered_calls_are_known():
    """Oldest first, as the client named them."""
    dialogue = Dialogue("messages")
    for id in ("y z", "x"):
        dialogue.call(id, "f", "{}", "p")

    assert ("y z", "x") == dialogue.waiting


def test_end_is_known():
    """Nothing, then whoever spoke last; blank texts say nothing."""
    dialogue = Dialogue("messages")
    ends = [dialogue.ends_with]
    for step in (dialogue.user, dialogue.assistant):
        step([Text(" ")])
        ends.append(dialogue.ends_with)
        step([Text("a")])
        ends.append(dialogue.ends_with)

    assert [None, None, "user", "user", "assistant"] == ends


@pytest.mark.parametrize(
    ("steps", "kind", "param", "words"),
    [
        ([user(" ")], InvalidRequest, "input", "no content"),
        ([user("a"), assistant("b")], Unsupported, "input[9]", "last message"),
        ([call("x"), call("x")], InvalidRequest, "at x", "Two calls"),
        ([call("x"), user("a")], InvalidRequest, "input", "`x`"),
        ([call("x"), call("y"), result("x"), assistant("a")], InvalidRequest, "input", "none: `y`"),
        ([call("x"), call("y"), result("x"), call("z")], InvalidRequest, "input", "none: `y`"),
        ([call("x")], InvalidRequest, "input", "none: `x`"),
        ([call(f"x{at}") for at in range(8)], InvalidRequest, "input", "`x4` and 3 more"),
        ([user("a"), result("x")], InvalidRequest, "at x", "no call `x`"),
        ([call("x"), result("x"), result("x")], InvalidRequest, "at x", "only once"),
    ],
    ids=[
        "nothing",
        "no question",
        "two with one id",
        "question instead of a result",
        "answer instead of a result",
        "call instead of a result",
        "end instead of a result",
        "many",
        "no call",
        "twice",
    ],
)
def test_what_the_api_refuses_is_named(steps, kind, param, words):
    """By the path that its caller gave."""
    with pytest.raises(kind, match=words) as caught:
        build(*steps)

    assert param == caught.value.param


@pytest.mark.parametrize("id", ["x", "é", "x_1", "", "x-2"])
def test_ids_stay_unique_and_stable(id):
    """A second use of an id is another call, and the same conversation always has the same ids."""
    steps = [step for _ in range(50) for step in (call(id), result(id))]

    ids = [block.id for message in build(*steps) if message.role == "assistant" for block in message.content]

    assert (50, ids) == (len(set(ids)), [block.id for message in build(*steps)[::2] for block in message.content])


class Counted(Text):
    """A text that counts how often it is looked at."""

    looks = 0

    def __getattribute__(self, name):
        """Count every look at the text."""
        if name == "text":
            Counted.looks += 1
        return super().__getattribute__(name)


@pytest.mark.parametrize("text", ["a", " "])
def test_work_is_linear_in_the_number_of_neighbours(text):
    """Ten thousand messages of one role took minutes when each was merged with all before it."""
    counts = []
    for number in (1000, 2000):
        Counted.looks = 0
        build(("user", [Text("a")]), *(("user", [Counted(text)]) for _ in range(number)))
        counts.append(Counted.looks)

    assert counts[0] * 2 == pytest.approx(counts[1], rel=0.01)


def test_ids_cost_no_more_the_more_there_are(monkeypatch):
    """Thousands of ids that are all the same for the API took seconds when each was counted up from 2."""
    from cmappy.middle import dialogue

    tried = []
    monkeypatch.setattr(dialogue, "_stem", lambda id: tried.append(id) or id)
    build(*(step for at in range(3000) for step in (call(chr(0x4E00 + at)), result(chr(0x4E00 + at)))))

    assert 3000 * 4 > len(tried)
