"""The replay answers a recorded turn like the CLI did, and no other turn."""

import asyncio
import os
from contextlib import aclosing

import pytest

from cmappy.answer import Routed
from cmappy.backends.claude.parse import listed
from cmappy.backends.exits import Exited
from cmappy.errors import FixtureMissing
from cmappy.recording import replay as replaying
from cmappy.recording.demo import PROMPTS, demo
from cmappy.recording.faults import NAMES, scenarios
from cmappy.recording.format import Recording
from cmappy.recording.replay import Replay
from cmappy.recording.rules import Rules
from cmappy.recording.turns import BadRecording
from cmappy.status import Model
from cmappy.turn import Message, Text, Turn
from tests.unit.recording.said import delta, stop
from tools import scenario as scenario_list

pytestmark = pytest.mark.anyio

FIXTURES = scenario_list.FOLDER.parent
HELLO = Turn("sonnet", (Message("user", (Text("Say hello."),)),))
HALLO = Turn("sonnet", (Message("user", (Text("Say hallo."),)),))
MODELS = (
    b'{"type":"control_response","response":{"subtype":"success","request_id":"1","response":'
    b'{"models":[{"value":"sonnet","resolvedModel":"claude-sonnet-5-5","displayName":"Sonnet"}]}}}'
)
A, B = b'{"type":"a"}', b'{"type":"b"}'


@pytest.fixture
def put(tmp_path):
    """Write recordings into a folder."""

    def write(name, turn, *lines, **fields):
        recording = Recording(turn and turn.canonical(), lines, "2.1.330", "2026-11-22", **fields)
        (tmp_path / f"{name}.ndjson").write_bytes(recording.dump())

    return write


async def replay(backend, turn):
    """Read all lines for a turn."""
    async with aclosing(backend.lines(turn)) as lines:
        return [line.raw async for line in lines if not isinstance(line, Routed)]


@pytest.mark.parametrize("version", [1, 2])
async def test_recorded_turn_is_answered_with_its_lines(put, tmp_path, version):
    """Same turn, same lines, any number of times and at once, after the route."""
    put("hello", HELLO, A, B, version=version)
    backend = Replay(tmp_path)

    answers = await asyncio.gather(*(replay(backend, HELLO) for _ in range(3)))

    assert [[A, B]] * 3 == answers
    assert Routed("replay") == await anext(backend.lines(HELLO))


async def test_exit_is_replayed(put, tmp_path):
    """A process that ended by itself ends in the same way again, after its lines."""
    put("hello", HELLO, A, exit=3, stderr="a\nb\n")

    with pytest.raises(Exited) as exited:
        await replay(Replay(tmp_path), HELLO)
    assert (3, "a\nb\n") == (exited.value.exit, exited.value.stderr)


async def test_answers_to_one_turn_come_in_sequence(put, tmp_path):
    """In the order of their files, then always the last."""
    put("02-hello", HELLO, B)
    put("01-hello", HELLO, A)
    backend = Replay(tmp_path)

    assert [[A], [B], [B]] == [await replay(backend, HELLO) for _ in range(3)]


async def test_folders_below_are_read_too(put, tmp_path):
    """One server can answer for the tests of a whole project."""
    (tmp_path / "test_app").mkdir()
    put("test_app/hello", HELLO, A)
    backend = Replay(tmp_path)

    assert [A] == await replay(backend, HELLO)
    assert {"test_app/hello.ndjson"} == backend.used


async def test_miss_names_the_nearest_recording_and_what_differs(put, tmp_path):
    """Who changed a request sees which recording it was and what to record anew."""
    put("hello", HELLO)
    put("weather", Turn("haiku", (Message("user", (Text("What is the weather like?"),)),), system="Be brief."))

    with pytest.raises(FixtureMissing) as missed:
        await replay(Replay(tmp_path), HALLO)

    assert [
        "No recording answers this request. The nearest is hello.ndjson; what differs:",
        "-user: Say hello.",
        "+user: Say hallo.",
        f"Record it with `cmappy --replay {tmp_path} --record-missing`, or send a request that was recorded.",
    ] == str(missed.value).splitlines()


async def test_miss_advises_what_would_help(put, tmp_path):
    """A date in a prompt is the usual reason."""
    put("hello", Turn("sonnet", (Message("user", (Text("It is 2026-11-24."),)),)), A)
    today = Turn("sonnet", (Message("user", (Text("It is 2026-11-25."),)),))

    with pytest.raises(FixtureMissing, match=r"recordings.toml: ignore = \['\\d\{4\}-\\d\\d-\\d\\d'\]"):
        await replay(Replay(tmp_path), today)
    assert [A] == await replay(Replay(tmp_path, Rules(ignore=(r"\d{4}-\d\d-\d\d",))), today)


async def test_miss_in_an_empty_folder(tmp_path):
    """Where nothing is recorded yet, the command that records is named."""
    with pytest.raises(FixtureMissing, match=r"there is none in .* yet\. Record it with `just so`"):
        await replay(Replay(tmp_path / "new", may_be_empty=True, how="just so"), HELLO)


async def test_status_is_what_the_recordings_tell(put, tmp_path):
    """Version and models are those of the CLI that was recorded, and what was asked of it."""
    put("hello", Turn("haiku", HELLO.messages), models={"gpt-4o": "haiku"})
    put("initialize", None, b'{"type":"system"}', MODELS)
    backend = Replay(tmp_path, models=listed)
    await backend.start()

    status = await backend.status()
    await backend.close()

    assert ("replay", "2.1.330", "none") == (status.provider, status.cli_version, status.login)
    assert {Model("sonnet", "claude-sonnet-5-5", "Sonnet"), Model("haiku")} == set(status.models)
    assert ({"gpt-4o": "haiku"}, True) == (status.names, status.any_model)


async def test_report_names_what_was_not_used(put, tmp_path):
    """A line for each file, written at the end."""
    put("hello", HELLO, A)
    put("hallo", HALLO, A)
    put("initialize", None, MODELS)
    backend = Replay(tmp_path, unused=tmp_path / "unused.txt")

    await replay(backend, HELLO)
    await backend.close()

    assert "hallo.ndjson\n" == (tmp_path / "unused.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("pace", "fields", "pauses"),
    [
        pytest.param(None, {"first": 1, "took": 3}, [], id="at once"),
        pytest.param(4.0, {}, [0.25, 0.25, 0.25], id="pieces per second"),
        pytest.param("recorded", {"first": 1, "took": 3}, [1, 1, 1], id="as recorded"),
        pytest.param("recorded", {}, [], id="nobody took the time"),
    ],
)
async def test_pace(put, tmp_path, monkeypatch, pace, fields, pauses):
    """Pauses are made before the pieces that clients see."""
    put("hello", HELLO, A, delta("a"), delta("b"), delta("c"), stop(), **fields)
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(replaying.asyncio, "sleep", sleep)

    assert 5 == len(await replay(Replay(tmp_path, pace=pace), HELLO))
    assert pauses == slept


async def test_recorded_pace_of_an_answer_without_pieces(put, tmp_path, monkeypatch):
    """An error is not waited for."""
    put("hello", HELLO, A, B, first=1, took=3)
    monkeypatch.setattr(replaying.asyncio, "sleep", None)

    assert [A, B] == await replay(Replay(tmp_path, pace="recorded"), HELLO)


@pytest.mark.parametrize(
    ("turn", "example"),
    [
        pytest.param(Turn("haiku", HELLO.messages), ("haiku", "Say hello."), id="plain"),
        pytest.param(Turn("haiku", HELLO.messages, system="Be brief."), None, id="with a system prompt"),
        pytest.param(Turn("haiku", (*HELLO.messages, *HALLO.messages)), None, id="conversation"),
        pytest.param(Turn("haiku", (Message("user", (Text("a"), Text("b"))),)), None, id="two texts"),
        pytest.param(Turn("haiku", (Message("user", (Text("a" * 200),)),)), None, id="long"),
    ],
)
def test_example_is_a_recorded_plain_question(put, tmp_path, turn, example):
    """Whoever pastes it gets an answer: nothing else is in the request that was recorded."""
    put("a", turn, A)

    assert example == Replay(tmp_path).example()


@pytest.mark.parametrize("name", NAMES)
async def test_scenario_answers_any_turn(put, tmp_path, name):
    """With what was really recorded."""
    put("hello", HELLO, A)
    told = scenarios(FIXTURES)[name]
    turn = Turn(f"scenario/{name}", HELLO.messages)
    backend = Replay(tmp_path, scenarios={name: told._replace(pace=None)})

    if told.recording.exit is not None:
        with pytest.raises(Exited):
            await replay(backend, turn)
    else:
        assert list(told.recording.lines) == await replay(backend, turn)


async def test_demo_answers_plain_questions_only():
    """It says that it is a replay; whoever wants a certain form or call gets an error."""
    backend = Replay(FIXTURES, demo=demo(FIXTURES))

    assert b"This is a replay" in b"".join(await replay(backend, Turn("opus", HALLO.messages))).replace(b'"}}}', b"")
    for turn in (Turn("sonnet", HALLO.messages, schema="{}"), Turn("sonnet", HALLO.messages, tool_choice="any")):
        with pytest.raises(FixtureMissing):
            await replay(backend, turn)


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_prompts_of_the_demo_show_something(prompt):
    """Without tools, schema or image in the request, which nobody types."""
    answer = demo(FIXTURES)(Turn("sonnet", (Message("user", (Text(prompt),)),)))

    assert f"{PROMPTS[prompt][1]}.ndjson" == answer.name


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: None, "there is no folder", id="missing"),
        pytest.param(lambda path: path.write_text("x"), "is a file", id="file"),
        pytest.param(lambda path: path.mkdir(), "there are no recordings", id="empty"),
        pytest.param(lambda path: (path.mkdir(), os.mkfifo(path / "a.ndjson")), "a.ndjson: it is no regular file"),
        pytest.param(lambda path: (path / "a.ndjson").mkdir(parents=True), "a.ndjson: it is no regular", id="folder"),
        pytest.param(
            lambda path: (path.mkdir(), (path / "a.ndjson").symlink_to("/dev/zero")),
            "it is no regular file",
            id="device",
        ),
        pytest.param(
            lambda path: (path.mkdir(), (path / "a.ndjson").write_text('{"cmappy":"recording/9"}\n')),
            "a.ndjson: it has the format 'recording/9'",
            id="newer",
        ),
        pytest.param(
            lambda path: (path.mkdir(), (path / "a.ndjson").symlink_to(path / "gone")),
            "a.ndjson: No such",
            id="dangling",
        ),
    ],
)
def test_folder_of_no_use_is_refused(tmp_path, make, reason):
    """A wrong folder is told at the start, not by the first request, and never waited for."""
    make(tmp_path / "x")

    with pytest.raises(BadRecording, match=reason):
        Replay(tmp_path / "x")


def test_large_file_is_refused(tmp_path):
    """Before it is read."""
    with (tmp_path / "a.ndjson").open("wb") as file:
        file.truncate(300 << 20)

    with pytest.raises(BadRecording, match=r"a.ndjson: it has more than 256 MB"):
        Replay(tmp_path)


def test_unreadable_folder_is_refused(put, tmp_path, monkeypatch):
    """With the system's own reason."""
    put("hello", HELLO)

    def refuse(path, pattern):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "rglob", refuse)

    with pytest.raises(BadRecording, match="cannot be read: Permission denied"):
        Replay(tmp_path)
