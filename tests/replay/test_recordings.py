"""The recordings are whole, honest about where they come from, and tell of nobody."""

import re
from pathlib import Path

import orjson
import pytest

from cmappy.recording.format import load
from tools import scenario as scenarios

FIXTURES = scenarios.FOLDER.parent
RECORDINGS = sorted(FIXTURES.glob("*.ndjson"))
FILES = [*RECORDINGS, *sorted(scenarios.FOLDER.rglob("*.json"))]
DELTA = re.compile(rb"\"content_block_delta\".*}$")  # a torn one does not count
PLACEHOLDER = "00000000-0000-4000-8000-"


@pytest.fixture(params=RECORDINGS, ids=lambda path: path.stem)
def path(request):
    """Go through all recordings."""
    return request.param


def said(lines):
    """Join what the pieces of an answer say: a secret may be divided among them."""
    deltas = [orjson.loads(line)["event"]["delta"] for line in lines if DELTA.search(line)]
    return "".join(delta.get(key, "") for delta in deltas for key in ("text", "thinking", "partial_json"))


def test_every_scenario_has_a_recording_and_every_recording_a_scenario():
    """Nothing is missing and nothing is left over; `initialize` holds the CLI's models instead of an answer."""
    names = {scenario.name for scenario in scenarios.load_all()}

    assert names | {"initialize"} == {path.stem for path in RECORDINGS}


def test_origin_is_told(scenario, recording):
    """What was written by hand says so, and so does what the real CLI said."""
    assert ("handmade" if scenario.handmade else "recorded") == recording.origin


def test_recording_is_scrubbed(path):
    """Writing a recording again changes no byte: there is nothing left in it to replace."""
    data = path.read_bytes()

    assert data == load(data).dump()


def test_recording_comes_from_the_pinned_cli(path):
    """All recordings are of the version that tools/install-claude installs."""
    assert "2.1.331" == load(path.read_bytes()).cli


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(rf"(?!{PLACEHOLDER})[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", id="uuid"),
        pytest.param(r"/(home|root|Users|tmp|private|var)/", id="path"),
        pytest.param(re.escape(str(Path.home())) + r"\b", id="own home"),
        pytest.param(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", id="e-mail address"),
        pytest.param(r"sk-[\w-]{8,}|Bearer |eyJ[\w-]{16,}|CLAUDE_CODE_OAUTH_TOKEN=", id="token"),
        pytest.param(r"\b(127\.0\.0\.1|localhost):[1-9]", id="port"),
        pytest.param(r"\b[0-9a-f]{32,}\b", id="digest"),
    ],
)
def test_nothing_private_is_in_the_files(pattern):
    """No file tells of a person, a machine or a session, neither as it stands nor when its pieces are joined."""
    texts = {path.name: path.read_text("utf-8") for path in FILES}
    joined = {path.stem: said(path.read_bytes().splitlines()) for path in RECORDINGS}

    assert {} == {name: found[0] for name, text in (texts | joined).items() if (found := re.search(pattern, text))}
