"""The recorder compares what lines look like, whatever they say, and tells what it cannot do."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tools.recording.shape import changes, shape

RECORD = Path(__file__).parents[2] / "tools" / "record"


def shape_of(*lines):
    """Return the shape of lines given as values."""
    return shape(map(orjson.dumps, lines))


def delta(**fields):
    """Build a line with a piece of an answer."""
    return {"type": "stream_event", "event": {"type": "content_block_delta", "delta": fields}}


def run(*arguments):
    """Run the command."""
    return subprocess.run(
        [sys.executable, RECORD, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def test_values_do_not_matter():
    """Other words, numbers and more lines of the same kind are the same shape."""
    before = shape_of(delta(type="text_delta", text="a"))
    after = shape_of(delta(type="text_delta", text="b"), delta(type="text_delta", text="c"))

    assert [] == changes(before, after)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param([{"type": "a"}], [{"type": "a"}, {"type": "b"}], ["+ b"], id="new kind"),
        pytest.param([{"type": "a"}, {"type": "system", "subtype": "b"}], [{"type": "a"}], ["- system/b"], id="gone"),
        pytest.param(
            [{"type": "a", "x": {"y": 1}}], [{"type": "a", "x": {"z": 1}}], ["- a: x.y", "+ a: x.z"], id="keys"
        ),
        pytest.param([{"type": "a", "x": [{}]}], [{"type": "a", "x": [{"y": 1}]}], ["+ a: x[].y"], id="keys in lists"),
        pytest.param(
            [delta(type="text_delta")],
            [delta(type="other_delta")],
            ["- stream_event/content_block_delta/text_delta", "+ stream_event/content_block_delta/other_delta"],
            id="inner kind",
        ),
        pytest.param(
            [{"type": "control_response", "response": {"subtype": "success"}}],
            [{"type": "control_response", "response": {"subtype": "error"}}],
            ["- control_response/success", "+ control_response/error"],
            id="answer",
        ),
    ],
)
def test_change_of_shape_is_told(before, after, told):
    """Every kind of line and every key that comes or goes is named."""
    assert told == changes(shape_of(*before), shape_of(*after))


@pytest.mark.parametrize("key", ["input", "arguments", "structured_output", "modelUsage"])
def test_keys_of_contents_do_not_matter(key):
    """What a model wrote, and which model it was, is not the CLI's shape."""
    assert [] == changes(shape_of({"type": "a", key: {"x": 1}}), shape_of({"type": "a", key: {"y": 1}}))


def test_noise_is_a_shape_of_its_own():
    """A line that is no JSON object is noticed, and breaks nothing."""
    assert ["+ (no JSON object)"] == changes(shape([b'{"type":"a"}']), shape([b'{"type":"a"}', b"oops", b"42"]))


def test_list_names_all_scenarios():
    """One line for each, with what it is about; nothing is recorded."""
    told = run("--list").stdout.splitlines()

    assert len(list((RECORD.parent.parent / "fixtures" / "scenarios").glob("*.json"))) == len(told)
    assert "hello                            The request of the README." in told


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["helo"], "there is no scenario 'helo'; `tools/record --list` names them all", id="name"),
        pytest.param(["--live"], "--live spends the quota of your plan: name the scenarios to record.", id="live"),
        pytest.param(["--claude", "/nowhere", "hello"], "was not found as `/nowhere`", id="no CLI"),
    ],
)
def test_wrong_use_is_explained(arguments, reason):
    """The command says what is wrong and exits with 1."""
    done = run(*arguments)

    assert 1 == done.returncode
    assert reason in done.stderr
