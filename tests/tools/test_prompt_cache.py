"""The rules of the prompt cache, as far as the benchmark and the tests with the real CLI count with them."""

import pytest

from tools.benchmark.cache import LOOK_BACK, PromptCache

MARK = {"cache_control": {"type": "ephemeral"}}
LONG = "x" * 5000


def text(said, **more):
    """Return a text block."""
    return {"type": "text", "text": said, **more}


def body(*blocks, **more):
    """Return a request whose messages are of one block each."""
    messages = [{"role": ("user", "assistant")[at % 2], "content": [block]} for at, block in enumerate(blocks)]
    return {"model": "m", "messages": messages} | more


FIRST = body(text(LONG, **MARK))
NEXT = body(text(LONG), text("a"), text("b", **MARK))


def shares(*bodies):
    """Return the share of each request."""
    cache = PromptCache()
    return [round(cache.share(each), 2) for each in bodies]


def test_what_was_marked_is_read_by_what_begins_with_it():
    """A mark of its own stands close behind it."""
    [first, second] = shares(FIRST, NEXT)

    assert (0, True) == (first, second > 0.9)


@pytest.mark.parametrize(
    "other",
    [
        body(text(LONG), text("a"), text("b")),
        body(text(LONG + "!"), text("a"), text("b", **MARK)),
        body(text(LONG), *[text("a")] * (LOOK_BACK + 1), text("b", **MARK)),
        NEXT | {"model": "n"},
        NEXT | {"tools": [{"name": "t"}]},
        NEXT | {"system": "s"},
        NEXT | {"tool_choice": {"type": "any"}},
        NEXT | {"thinking": {"type": "disabled"}},
    ],
    ids=["no mark", "another text", "too far", "model", "tools", "system", "tool choice", "thinking"],
)
def test_nothing_is_read_where_the_beginning_is_another(other):
    """Each of these is part of the prefix, or of where it is looked for."""
    assert [0, 0] == shares(FIRST, other)


def test_mark_may_be_as_far_as_the_cache_looks_back():
    """The block itself does not count."""
    [_, share] = shares(FIRST, body(text(LONG), *[text("a")] * (LOOK_BACK - 1), text("b", **MARK)))

    assert share > 0.8


def test_system_is_read_whatever_the_messages_are():
    """It comes before them."""
    system = [text(LONG, **MARK)]
    other = {"tool_choice": {"type": "any"}, "system": system}

    assert shares(body(text("a"), system=system), body(text("b"), **other))[1] > 0.9


def test_short_prefix_is_not_kept():
    """It is not worth it to the API."""
    assert [0, 0] == shares(body(text("short", **MARK)), body(text("short", **MARK), text("a"), text("b", **MARK)))


def test_more_marks_than_the_api_takes_are_an_error():
    """The CLI does not count them."""
    with pytest.raises(ValueError, match="5 marks"):
        shares(body(*[text("a", **MARK)] * 5))
