"""The replaying backend answers a recorded turn like the CLI did, and no other turn."""

import asyncio
from contextlib import aclosing

import pytest

from cmappy.answer import Routed
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.backends.replay import ReplaySource
from cmappy.errors import FixtureMissing
from cmappy.fixture import BadFixture, Fixture
from cmappy.turn import Message, Text, Turn

pytestmark = pytest.mark.anyio

HELLO = Turn("sonnet", (Message("user", (Text("Say hello."),)),))
MODELS = (
    b'{"type":"control_response","response":{"subtype":"success","request_id":"1","response":'
    b'{"models":[{"value":"sonnet","resolvedModel":"claude-sonnet-5-5","displayName":"Sonnet"}]}}}'
)
ROUTE = Routed("replay")


@pytest.fixture
def put(tmp_path):
    """Write recordings into a folder."""

    def write(name, turn, *lines, **fields):
        recording = Fixture(turn and turn.canonical(), lines, "2.1.330", "2026-11-22", **fields)
        (tmp_path / f"{name}.ndjson").write_bytes(recording.dump())

    return write


async def replay(backend, turn):
    """Read all lines for a turn."""
    async with aclosing(backend.lines(turn)) as lines:
        return [line.raw if isinstance(line, Line) else line async for line in lines]


async def test_recorded_turn_is_answered_with_its_lines(put, tmp_path):
    """Same turn, same lines, any number of times and at once."""
    put("hello", HELLO, b'{"type":"a"}', b'{"type":"b"}')
    backend = ReplaySource(tmp_path)

    answers = await asyncio.gather(*(replay(backend, HELLO) for _ in range(3)))

    assert [[ROUTE, b'{"type":"a"}', b'{"type":"b"}']] * 3 == answers


async def test_exit_is_replayed(put, tmp_path):
    """A process that ended by itself ends in the same way again, after its lines."""
    put("hello", HELLO, b'{"type":"a"}', exit=3, stderr="a\nb\n")
    lines = ReplaySource(tmp_path).lines(HELLO)

    assert (ROUTE, b'{"type":"a"}') == (await anext(lines), (await anext(lines)).raw)
    with pytest.raises(Exited, match="exited with code 3 before the answer was complete"):
        await anext(lines)


async def test_miss_names_the_nearest_recording_and_what_differs(put, tmp_path):
    """Who changed a request sees which recording it was and what to record anew."""
    put("hello", HELLO)
    put("weather", Turn("haiku", (Message("user", (Text("What is the weather like?"),)),), system="Be brief."))

    with pytest.raises(FixtureMissing) as missed:
        await replay(ReplaySource(tmp_path), Turn("sonnet", (Message("user", (Text("Say hallo."),)),)))

    assert [
        "No recording answers this request. The nearest is hello.ndjson; what differs:",
        '-          "text": "Say hello."',
        '+          "text": "Say hallo."',
        "Record it with `cmappy --record DIR`, or send a request that was recorded.",
    ] == str(missed.value).replace(",\n", "\n").splitlines()


async def test_status_is_what_the_recordings_tell(put, tmp_path):
    """Version and models are those of the CLI that was recorded."""
    put("hello", HELLO)
    put("initialize", None, b'{"type":"system"}', MODELS)
    backend = ReplaySource(tmp_path)
    await backend.start()

    status = await backend.status()
    await backend.close()

    assert ("replay", "2.1.330", "none") == (status.provider, status.cli_version, status.login)
    assert ["sonnet"] == [model.name for model in status.models]


async def test_folder_without_models_lists_none(put, tmp_path):
    """Recordings without the CLI's own list are still answers."""
    put("hello", HELLO)
    put("initialize", None, b'{"type":"system"}')

    assert () == (await ReplaySource(tmp_path).status()).models


def test_empty_folder_is_refused(tmp_path):
    """A wrong folder is told at the start, not by the first request."""
    with pytest.raises(BadFixture, match="there are no recordings"):
        ReplaySource(tmp_path)


def test_torn_recording_is_refused(put, tmp_path):
    """A recording without its end is named at the start."""
    put("hello", HELLO, b'{"type":"a"}')
    (tmp_path / "hello.ndjson").write_bytes((tmp_path / "hello.ndjson").read_bytes().rpartition(b'{"cmappy"')[0])

    with pytest.raises(BadFixture, match=r"hello\.ndjson: the trailer is missing: the recording is torn"):
        ReplaySource(tmp_path)


def test_two_recordings_of_one_turn_are_refused(put, tmp_path):
    """It is never left to chance which answer comes."""
    put("hello", HELLO)
    put("hello_again", HELLO)

    with pytest.raises(BadFixture, match=r"hello_again\.ndjson and hello\.ndjson are recordings of the same turn"):
        ReplaySource(tmp_path)
