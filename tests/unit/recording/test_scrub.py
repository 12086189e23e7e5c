"""A recording tells of no person, machine or session."""

import orjson
import pytest

from cmappy.recording.format import Recording, load
from cmappy.recording.scrub import Scrub

FIRST, SECOND = "4c0ff0a1-0b7d-4f44-9d61-2f1f7e1f0c11", "9f3b2d40-6a53-4a35-8f0e-3d7a4a1b2c3d"
ONE, TWO = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


def scrubbed(*values):
    """Scrub values as the lines of one recording."""
    scrub = Scrub()
    return [orjson.loads(scrub.line(orjson.dumps(value))) for value in values]


def test_scrub_gives_an_id_the_same_placeholder_everywhere():
    """Who is who can still be told, in every line of a recording."""
    assert [{"session_id": ONE, "uuid": TWO}, {"uuids": [TWO], "session_id": ONE}] == scrubbed(
        {"session_id": FIRST, "uuid": SECOND}, {"uuids": [SECOND], "session_id": FIRST}
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"id": "msg_01AbC"}, {"id": "msg_0001"}, id="message"),
        pytest.param({"request_id": "req_011x"}, {"request_id": "req_0001"}, id="request"),
        pytest.param({"capabilities": ["msg_v1"]}, {"capabilities": ["msg_v1"]}, id="only a name"),
        pytest.param({"id": "toolu_01"}, {"id": "toolu_01"}, id="call, which the client must find again"),
        pytest.param({"parent": FIRST}, {"parent": ONE}, id="uuid under any key"),
        pytest.param({"cwd": "/home/ada"}, {"cwd": "/scrubbed"}, id="path"),
        pytest.param({"dirs": ["~/x", "C:\\Users\\ada"]}, {"dirs": ["/scrubbed", "/scrubbed"]}, id="paths"),
        pytest.param({"source": "a/b"}, {"source": "a/b"}, id="no path"),
        pytest.param({"new": "for ada@example.org"}, {"new": "for <private>"}, id="address under a new key"),
        pytest.param({"new": "at /home/ada/x y"}, {"new": "at /scrubbed y"}, id="folder under a new key"),
        pytest.param({"new": "by sk-ant-0123456789abcdef"}, {"new": "by <private>"}, id="key under a new key"),
        pytest.param({"email": "ada@example.org"}, {"email": "<private>"}, id="address"),
        pytest.param(
            {"organizationName": "A", "userId": "B"}, {"organizationName": "<private>", "userId": "<private>"}
        ),
        pytest.param(
            {"account": {"tokenSource": "x", "plan": {"a": 1}}},
            {"account": {"tokenSource": "x", "plan": "<private>"}},
            id="account",
        ),
        pytest.param({"pid": 4711, "ttft_ms": 1.5}, {"pid": 0, "ttft_ms": 0}, id="numbers of this run"),
        pytest.param({"timestamp": "2026-11-22"}, {"timestamp": "2026-01-01T00:00:00.000Z"}, id="time"),
        pytest.param({"resetsAt": 4102444800}, {"resetsAt": 4102444800}, id="when the plan starts again"),
        pytest.param(
            {"agents": [{"name": "a", "description": "b"}], "description": "c"},
            {"agents": [{"name": "a", "description": "<left out>"}], "description": "c"},
            id="the CLI's own prompts",
        ),
        pytest.param(
            {"usage": {"input_tokens": 12}, "ok": True, "no": None},
            {"usage": {"input_tokens": 12}, "ok": True, "no": None},
            id="rest",
        ),
    ],
)
def test_scrub_goes_by_keys(before, after):
    """What identifies somebody or something is replaced, and nothing else."""
    assert [after] == scrubbed(before)


@pytest.mark.parametrize("key", ["text", "thinking", "partial_json", "content", "result", "input", "arguments"])
@pytest.mark.parametrize("value", [FIRST, "/home/ada", {"id": "msg_1", "email": "ada@example.org", "pid": 5}])
def test_scrub_leaves_what_was_said(key, value):
    """An answer may speak of ids, paths and addresses; it is kept to the letter."""
    assert [{key: value}] == scrubbed({key: value})


@pytest.mark.parametrize(
    "line", [b"npm warn", b"", b'{"session_id": "torn', b'{"a" : 1,  "b":"\\u00e9"}', b"[1 ]", b"7"]
)
def test_scrub_returns_a_line_without_secrets_as_it_is(line):
    """Lines are kept byte for byte as long as there is nothing in them to replace."""
    assert line == Scrub().line(line)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({"type": "result", "is_error": True, "result": "{}"}, id="result"),
        pytest.param({"message": {"model": "<synthetic>", "content": [{"type": "text", "text": "{}"}]}}, id="message"),
    ],
)
def test_scrub_searches_the_clis_own_words(line):
    """An error's text names requests, addresses and folders, which no key gives away."""
    told = f"Failed (req_011x, {FIRST}) at 127.0.0.1:4711 for ada@example.org in /home/ada/x"
    scrubbed_told = f"Failed (req_0001, {TWO}) at 127.0.0.1:0 for <private> in /scrubbed"

    assert [orjson.loads(orjson.dumps(line).replace(b"{}", scrubbed_told.encode()))] == scrubbed(
        orjson.loads(orjson.dumps(line).replace(b"{}", told.encode()))
    )


def test_dump_scrubs_stderr():
    """What the process wrote to stderr is the CLI's own words too."""
    recording = Recording(None, (), "", "", exit=1, stderr="cannot read /home/ada/.claude.json")

    assert "cannot read /scrubbed" == load(recording.dump()).stderr


def test_dump_of_a_loaded_recording_is_the_same_file():
    """Placeholders are not replaced again."""
    line = orjson.dumps({"is_error": True, "session_id": FIRST, "uuid": SECOND, "result": f"{SECOND} {FIRST}"})
    data = Recording(None, (line,), "", "").dump()

    assert data == load(data).dump()
