"""The user's rules are read once, and what cannot be used is refused in words."""

import pytest

from cmappy.recording.rules import PARTS, Rules, read
from cmappy.recording.turns import BadRecording


def test_without_a_file_everything_counts(tmp_path):
    """Exact by default."""
    assert Rules() == read(tmp_path)
    assert ((), (), PARTS) == (Rules().ignore, Rules().redact, Rules().match)


def test_file_is_found_beside_and_above(tmp_path):
    """One file serves the folders of many tests; the nearest counts."""
    inner = tmp_path / "test_app" / "test_one"
    inner.mkdir(parents=True)
    (tmp_path / "recordings.toml").write_text(
        "ignore = ['\\d+']\nredact = ['x']\nmatch = ['messages']\nmodels = {a = 'b'}", "utf-8"
    )
    expected = Rules((r"\d+",), ("x",), ("messages",), {"a": "b"})

    assert [expected, expected] == [read(tmp_path), read(inner)]

    (inner / "recordings.toml").write_text("", "utf-8")
    assert Rules() == read(inner)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ignore = 'x'", "has to be a list of texts"),
        ("redact = [1]", "has to be a list of texts"),
        ("ignore = ['(']", "'\\(' is no regular expression"),
        ("ignore = ['x*']", "matches the empty text"),
        ("match = ['modle', 'messages']", "knows no 'modle'"),
        ("match = ['model']", "has to hold 'messages'"),
        ("models = ['x']", "has to be a table of names"),
        ("models = {x = 1}", "has to be a table of names"),
        ("ignroe = []", "no setting 'ignroe'"),
        ("x", "recordings.toml: "),
    ],
)
def test_bad_rules_are_refused(tmp_path, text, reason):
    """The message names the file."""
    (tmp_path / "recordings.toml").write_text(text, "utf-8")

    with pytest.raises(BadRecording, match=reason) as refused:
        read(tmp_path)
    assert str(refused.value).startswith(str(tmp_path / "recordings.toml"))


def test_rules_add_up():
    """Flags and markers come on top of the file; parts replace."""
    more = Rules(("a",), ("b",), models={"e": "f"}).plus(["c"], ["d"], ["messages"])

    assert Rules(("a", "c"), ("b", "d"), ("messages",), {"e": "f"}) == more
    assert more == more.plus()
