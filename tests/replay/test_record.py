"""What is recorded: whole answers, and the errors that the CLI tells, and nothing else."""

from contextlib import aclosing

import pytest

from cmappy.answer import Ended, Piece, Routed
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Answering, Line
from cmappy.backends.record import FolderRecorder, write
from cmappy.backends.replay import ReplaySource
from cmappy.errors import CmappyError, TimedOut
from cmappy.fixture import Fixture, load
from cmappy.status import Model, Status
from cmappy.turn import Message, Text, Turn

pytestmark = pytest.mark.anyio

ASKED = (Message("user", (Text("Say hello."),)),)
HELLO = Turn("sonnet", ASKED)
START = b'{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_0001","model":"claude-test"}}}'
TEXT = b'{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"one two"}}}'
END = b'{"type":"stream_event","event":{"type":"message_delta","delta":{"stop_reason":"end_turn"}}}'
RESULT = b'{"type":"result","is_error":true,"result":"no"}'


class Scripted:
    """Answers every turn with the same lines, then fails if it should."""

    def __init__(self, *lines, failure=None):
        self.told = []
        self._lines = lines
        self._failure = failure

    async def lines(self, turn, owner=""):
        """Yield a route and the lines."""
        self.told.append(owner)
        yield Routed("cold")
        for line in self._lines:
            yield Line(line)
        if self._failure:
            raise self._failure

    async def start(self):
        """Take down that it was called."""
        self.told.append("start")

    async def status(self):
        """Tell one model."""
        return Status("claude-code-cli", "2.1.330", "none", (Model("sonnet"),))

    async def close(self):
        """Take down that it was called."""
        self.told.append("close")


def recording(source, folder, name=None):
    """Return a backend that records."""
    return Answering(source, Interpreter, FolderRecorder(folder, name))


async def read(backend, turn=HELLO, until=None):
    """Read the answer to a turn, and leave at a certain kind of event."""
    seen = []
    async with aclosing(backend.answer(turn, "ada")) as events:
        async for event in events:
            seen.append(event)
            if until and isinstance(event, until):
                break
    return seen


def recordings(folder):
    """Load what was recorded of answers."""
    return [load(path.read_bytes()) for path in sorted(folder.glob("*.ndjson")) if path.stem != "initialize"]


async def test_lines_are_kept(tmp_path):
    """What cmappy says of itself is no part of the recording."""
    source = Scripted(START, TEXT, END)

    seen = await read(recording(source, tmp_path / "new"))

    [kept] = recordings(tmp_path / "new")
    assert ([Routed("cold")], "end_turn") == (seen[:1], seen[-1].reason)
    assert ((START, TEXT, END), None, "recorded", HELLO.canonical()) == (kept.lines, kept.exit, kept.origin, kept.turn)
    assert ["ada"] == source.told


async def test_recording_is_named_for_its_turn(tmp_path):
    """Every turn has a file of its own, unless a name is given."""
    await read(recording(Scripted(START, END), tmp_path))
    await read(recording(Scripted(START, END), tmp_path, "named"))

    assert {f"{HELLO.key()[:16]}.ndjson", "named.ndjson", "initialize.ndjson"} == {
        path.name for path in tmp_path.iterdir()
    }


async def test_reader_that_stops_at_the_end_leaves_a_recording(tmp_path):
    """The answer is whole by then; what follows its end is not read."""
    await read(recording(Scripted(START, TEXT, END, b'{"type":"more"}'), tmp_path), until=Ended)

    [kept] = recordings(tmp_path)
    assert (START, TEXT, END) == kept.lines


async def test_error_of_the_api_leaves_a_recording(tmp_path):
    """It can be replayed like an answer."""
    with pytest.raises(CmappyError):
        await read(recording(Scripted(START, TEXT, RESULT, b'{"type":"more"}'), tmp_path))

    [kept] = recordings(tmp_path)
    assert (START, TEXT, RESULT) == kept.lines


async def test_reader_that_leaves_early_leaves_nothing(tmp_path):
    """Half an answer is not kept for a whole one."""
    await read(recording(Scripted(START, TEXT, END), tmp_path), until=Piece)

    assert [] == recordings(tmp_path)


async def test_exit_is_recorded_and_passed_on(tmp_path):
    """A CLI that ends by itself does so in the replay too."""
    backend = recording(Scripted(START, failure=Exited(7, "oh")), tmp_path)

    with pytest.raises(Exited):
        await read(backend)

    [kept] = recordings(tmp_path)
    assert ((START,), 7, "oh") == (kept.lines, kept.exit, kept.stderr)


async def test_failure_of_cmappy_is_not_recorded(tmp_path):
    """Only what the CLI did can be replayed."""
    backend = recording(Scripted(START, failure=TimedOut("too long")), tmp_path)

    with pytest.raises(TimedOut):
        await read(backend)

    assert [] == recordings(tmp_path)


async def test_recorded_folder_can_be_replayed(tmp_path):
    """Models come along, so that a replay knows the same names."""
    told = await read(recording(Scripted(START, TEXT, END), tmp_path))
    replaying = Answering(ReplaySource(tmp_path), Interpreter)

    assert [Routed("replay"), *told[1:]] == await read(replaying)
    assert (Model("sonnet"),) == (await replaying.status()).models


async def test_life_of_the_source_is_shared(tmp_path):
    """Start and end reach it."""
    source = Scripted()
    backend = recording(source, tmp_path)

    await backend.start()
    await backend.close()

    assert ["start", "close"] == source.told
    assert "2.1.330" == (await backend.status()).cli_version


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        pytest.param(Fixture(None, (b"1",), "", "", "handmade"), (b"1",), id="by hand"),
        pytest.param(Fixture(None, (b"1",), "", "", "edited"), (b"1",), id="edited"),
        pytest.param(Fixture(None, (b"1",), "", ""), (b"2",), id="recorded"),
        pytest.param(None, (b"2",), id="torn"),
    ],
)
def test_write_respects_what_was_made_by_hand(tmp_path, before, lines):
    """A recorder replaces what a recorder has written, and what is of no use, and nothing else."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(before.dump() if before else b"torn")

    write(path, Fixture(None, (b"2",), "", ""))

    assert lines == load(path.read_bytes()).lines
    assert [path] == list(tmp_path.iterdir())


def test_write_keeps_a_file_that_would_only_change_its_date(tmp_path):
    """Recording again what has not changed changes no file."""
    path = tmp_path / "a.ndjson"
    write(path, Fixture(None, (b"1",), "", "2026-11-22"))

    write(path, Fixture(None, (b"1",), "", "2026-11-23"))

    assert "2026-11-22" == load(path.read_bytes()).date
