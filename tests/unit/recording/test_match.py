"""Two turns are equal under the user's rules or not; and if not, it is said why."""

import tomllib

import pytest

from cmappy.recording.match import compared, key, miss, readable
from cmappy.recording.rules import Rules
from tests.unit.recording.said import asked

EXACT = Rules()


@pytest.mark.parametrize(
    ("one", "other", "rules", "equal"),
    [
        pytest.param(asked(), asked(), EXACT, True, id="same"),
        pytest.param(asked(), asked("Say hallo."), EXACT, False, id="another text"),
        pytest.param(asked(a=1, b=2), asked(b=2, a=1), EXACT, True, id="another order of names"),
        pytest.param(asked("on 2026-01-02"), asked("on 2027-03-04"), Rules((r"\d{4}-\d\d-\d\d",)), True, id="ignored"),
        pytest.param(asked("on 2026-01-02"), asked("on"), Rules((r"\d{4}-\d\d-\d\d",)), False, id="not there"),
        pytest.param(asked("ACME-1"), asked("<redacted>"), Rules(redact=("ACME-1",)), True, id="redacted"),
        pytest.param(asked(system="a"), asked(), Rules(match=("messages", "model")), True, id="system left out"),
        pytest.param(asked(max_tokens=1), asked(), Rules(match=("messages", "model")), True, id="settings left out"),
        pytest.param(asked(max_tokens=1), asked(), Rules(match=("messages", "settings")), False, id="settings count"),
        pytest.param(asked(), {**asked(), "model": "opus"}, Rules(match=("messages",)), True, id="model left out"),
    ],
)
def test_key(one, other, rules, equal):
    """Exact by default."""
    assert equal is (key(one, rules) == key(other, rules))


@pytest.mark.parametrize("kind", ["thinking", "redacted_thinking"])
def test_thinking_does_not_count(kind):
    """A client that drops the model's thinking and one that sends it back ask the same; another text does not."""
    text = {"type": "text", "text": "42."}
    bare, thoughtful, other = (
        asked() | {"messages": [{"role": "assistant", "content": content}]}
        for content in ([text], [{"type": kind, "signature": "x"}, text], [{"type": kind}, text, text])
    )

    assert key(bare, EXACT) == key(thoughtful, EXACT)
    assert key(bare, EXACT) != key(other, EXACT)


@pytest.mark.parametrize(
    ("turn", "rules", "differs", "advice"),
    [
        pytest.param(asked("Say hallo."), EXACT, "-user: Say hello.\n+user: Say hallo.", "", id="another text"),
        pytest.param(asked(max_tokens=5), EXACT, "+max_tokens: 5", "match = ['messages', 'model', 'system', 'tools']"),
        pytest.param(
            asked(system="Be brief."), EXACT, "+system: Be brief.", "match = ['messages', 'model', 'tools', 'settings']"
        ),
    ],
)
def test_miss(turn, rules, differs, advice):
    """The nearest recording, the difference in words, and what would make it none."""
    known = {"a": asked("What is the weather like?"), "b": asked()}

    assert ("b", differs, advice) == tuple(miss(turn, known, rules))


@pytest.mark.parametrize(
    ("before", "after", "advice"),
    [
        pytest.param("It is 2026-11-25.", "It is 2026-11-26.", r"ignore = ['\d{4}-\d\d-\d\d']", id="date"),
        pytest.param("At 10:00:01, Monday", "At 10:00:02, Sunday", r"\d\d:\d\d", id="two at a time"),
        pytest.param("in /tmp/a1", "in /tmp/b2", "/(?:tmp|private|var)/", id="temporary path"),
        pytest.param(
            "id 4c0ff0a1-0b7d-4f44-9d61-2f1f7e1f0c11", "id 9f3b2d40-6a53-4a35-8f0e-3d7a4a1b2c3d", "[0-9a-f]{8}"
        ),
        pytest.param("17 files", "18 files", r"ignore = ['\b\d+(?:\.\d+)?\b']", id="number"),
    ],
)
def test_advice_helps(before, after, advice):
    """What is advised makes the request match."""
    told = miss(asked(after), {"a": asked(before)}, EXACT).advice

    assert advice in told
    rules = Rules(tuple(tomllib.loads(told)["ignore"]))
    assert key(asked(before), rules) == key(asked(after), rules)


def test_miss_among_none():
    """An empty folder has no nearest recording."""
    assert miss(asked(), {}, EXACT) is None


def test_long_values_are_shown_short():
    """An image fills no screen, but another one differs."""
    image = {"type": "image", "source": {"type": "base64", "data": "A" * 10_000}}
    lines = readable({"model": "m", "messages": [{"role": "user", "content": [image]}]})

    assert 2100 > max(map(len, lines))
    assert "characters" in lines[-1]


def test_only_what_counts_is_compared():
    """The rest is left out."""
    turn = asked(system="s", tools=[{"name": "t"}], effort="low")

    assert {"messages", "tools"} == compared(turn, Rules(match=("messages", "tools"))).keys()
