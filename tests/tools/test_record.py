"""The recorder compares what lines look like, whatever they say, and tells what it cannot do."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tools.recording.flags import differences, flags
from tools.recording.shape import changes, shape, together

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
        pytest.param([{"type": "a", "x": 1}], [{"type": "a", "x": "1"}], ["! a: x was number and is text"], id="type"),
        pytest.param([{"type": "a", "x": None}], [{"type": "a", "x": "1"}], [], id="null may be anything"),
    ],
)
def test_change_of_shape_is_told(before, after, told):
    """Every kind of line and every key that comes or goes is named."""
    assert told == changes(shape_of(*before), shape_of(*after))


def test_changes_of_many_recordings_are_told_once():
    """A new version changes the same field in every recording: it is one change."""
    changed = {"hello": ["- a: x", "+ b"], "image": ["- a: x"], "files": [], "length": ["- a: x"], "stop": ["- a: x"]}

    assert (["- a: x  (4 recordings)"], ["+ b  (hello)"]) == (together(changed, new=False), together(changed, new=True))


@pytest.mark.parametrize(
    "key", ["input", "arguments", "structured_output", "modelUsage", "model_usage_since_last_result"]
)
def test_keys_of_contents_do_not_matter(key):
    """What a model wrote, and which model it was, is not the CLI's shape."""
    assert [] == changes(shape_of({"type": "a", key: {"x": 1}}), shape_of({"type": "a", key: {"y": 1}}))


def test_results_of_the_clis_own_do_not_matter():
    """They come before the end of an answer or after it, as it happens, and after it nobody reads."""
    result = {"type": "user", "tool_use_result": "done", "message": {"content": [{"type": "tool_result"}]}}

    assert [] == changes(shape_of({"type": "user"}), shape_of({"type": "user"}, result))


def test_noise_is_a_shape_of_its_own():
    """A line that is no JSON object is noticed, and breaks nothing."""
    assert ["+ (no JSON object)"] == changes(shape([b'{"type":"a"}']), shape([b'{"type":"a"}', b"oops", b"42"]))


HELP = """Usage: claude [options] [command] [prompt]

Options:
  --tools <tools...>                    Built-in tools to make available. Also
                                        --print and more
  --allowedTools, --allowed-tools <tools...>
      Comma-separated list of tool names
  -p, --print                           Print the answer
  --bare                                Minimal mode

Commands:
  attach <id>                           Open a session --bg
"""


HARMLESS = "New, which is harmless: cmappy skips what it does not know:"
CLAUDE = """#!/bin/sh
if [ "$1" = --help ]; then printf '  --kept  old\\n  --new   fresh\\n'; else echo '9.9.9 (Claude Code)'; fi
"""


def test_flags_are_read_from_the_help():
    """Every flag with its short form and with what it takes, and nothing that a description mentions."""
    told = ["--allowedTools, --allowed-tools <tools...>", "--bare", "-p, --print", "--tools <tools...>"]

    assert told == flags(HELP)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(["--a", "--b"], ["--a", "--b"], [], id="nothing"),
        pytest.param(["--a", "--b"], ["--b"], ["- --a"], id="gone"),
        pytest.param(["--a"], ["--a", "--b"], ["+ --b"], id="new"),
        pytest.param(["--a <json>"], ["--a <file>"], ["- --a <json>", "+ --a <file>"], id="another value"),
    ],
)
def test_change_of_flags_is_told(before, after, told):
    """Every flag that comes or goes is named, and so is one that takes something else."""
    assert told == differences(before, after)


@pytest.mark.parametrize(
    ("known", "code", "told"),
    [
        ("--gone\n--kept\n", 1, [HARMLESS, "  + --new  (flags)", "CHANGED:", "  - --gone  (flags)"]),
        ("--kept\n", 0, [HARMLESS, "  + --new  (flags)"]),
        ("--kept\n--new\n", 0, []),
    ],
)
def test_check_tells_the_flags_that_have_changed(tmp_path, known, code, told):
    """Another version of the CLI is compared with the list that was recorded, and the list is left alone."""
    (tmp_path / "flags.txt").write_text(known)
    claude = tmp_path / "claude"
    claude.write_text(CLAUDE)
    claude.chmod(0o755)
    done = run("--check", "flags", "--claude", str(claude), "--into", str(tmp_path))

    assert (code, told) == (done.returncode, done.stdout.splitlines()[2:]), done.stderr
    assert known == (tmp_path / "flags.txt").read_text()


def test_list_names_all_scenarios():
    """One line for each, with what it is about; nothing is recorded."""
    told = run("--list").stdout.splitlines()

    assert len(list((RECORD.parent.parent / "fixtures" / "scenarios").rglob("*.json"))) == len(told)
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
