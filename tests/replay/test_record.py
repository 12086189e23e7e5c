"""What is recorded: whole answers, and the errors that the CLI tells, and nothing else."""

import stat
from contextlib import aclosing

import orjson
import pytest

from cmappy.answer import Ended, Piece, Routed
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Answering, Line, Times
from cmappy.errors import CmappyError, TimedOut
from cmappy.recording import folder as folders
from cmappy.recording.folder import put, slug
from cmappy.recording.format import Recording, load
from cmappy.recording.missing import Missing
from cmappy.recording.record import FolderRecorder
from cmappy.recording.replay import Replay
from cmappy.recording.rules import Rules
from cmappy.recording.turns import BadRecording
from cmappy.status import Model, Status
from cmappy.turn import Message, Text, ToolResult, ToolUse, Turn
from tests.unit.recording.said import asked, delta, line

pytestmark = pytest.mark.anyio

ASKED = (Message("user", (Text("Say hello."),)),)
HELLO = Turn("sonnet", ASKED)
INIT = b'{"type":"system","subtype":"init","session_id":"4c0ff0a1-0b7d-4f44-9d61-2f1f7e1f0c11"}'
START = line({"type": "message_start", "message": {"id": "msg_0001", "model": "claude-test"}})
TEXT = delta("one two")
END = line({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
IMAGE = {"type": "image"}
RESULT = b'{"type":"result","is_error":true,"result":"no"}'


class Scripted:
    """Answers every turn with the same lines, then fails if it should."""

    def __init__(self, *lines, failure=None):
        self.told = []
        self.script = lines
        self._failure = failure

    async def lines(self, turn, owner=""):
        """Yield a route and the lines."""
        self.told.append(owner)
        yield Routed("cold")
        for raw in self.script:
            yield Line(raw)
        if self._failure:
            raise self._failure

    async def start(self):
        """Take down that it was called."""
        self.told.append("start")

    async def status(self, *, closely=False):
        """Tell one model."""
        return Status("claude-code-cli", "2.1.330", "none", (Model("sonnet"),))

    async def close(self):
        """Take down that it was called."""
        self.told.append("close")


def recording(source, folder, **options):
    """Return a backend that records."""
    return Answering(source, Interpreter, FolderRecorder(folder, Interpreter, **options))


async def read(backend, turn=HELLO, until=None):
    """Read the events for a turn, and leave at a certain kind of them."""
    seen = []
    async with aclosing(backend.answer(turn, "ada")) as events:
        async for event in events:
            seen.append(event)
            if type(event) is until:
                break
    return seen


def recordings(folder):
    """Load what was recorded."""
    return [load(path.read_bytes()) for path in sorted(folder.glob("*.ndjson"))]


async def test_answer_passes_through_and_is_kept(tmp_path):
    """The answer is untouched; what a replay does not need is no part of the recording."""
    source = Scripted(INIT, START, TEXT, END)
    plain = await read(Answering(source, Interpreter))

    seen = await read(recording(source, tmp_path / "new"))

    [kept] = recordings(tmp_path / "new")
    assert plain == seen
    assert ((START, TEXT, END), None, "recorded", HELLO.canonical()) == (kept.lines, kept.exit, kept.origin, kept.turn)
    assert ["ada", "ada"] == source.told
    assert None not in (kept.first, kept.took)


async def test_reader_that_leaves_early_leaves_nothing(tmp_path):
    """Half an answer is not kept for a whole one; who reads its end has read all of it."""
    backend = recording(Scripted(START, TEXT, END), tmp_path)

    await read(backend, until=Piece)
    assert [] == recordings(tmp_path)

    await read(backend, until=Ended)
    assert 1 == len(recordings(tmp_path))


@pytest.mark.parametrize(
    ("failure", "lines", "kept"),
    [
        pytest.param(Exited(7, "oh"), (START,), [(7, "oh")], id="exit"),
        pytest.param(None, (START, RESULT), [(None, "")], id="error of the API"),
        pytest.param(TimedOut("too long"), (START,), [], id="time limit of cmappy"),
    ],
)
async def test_errors_are_kept_if_that_is_asked_for(tmp_path, failure, lines, kept):
    """And only what the CLI did can be replayed."""
    for name, options in (("no", {}), ("yes", {"errors": True})):
        with pytest.raises(CmappyError):
            await read(recording(Scripted(*lines, failure=failure), tmp_path / name, **options))

    assert [] == recordings(tmp_path / "no")
    assert kept == [(each.exit, each.stderr) for each in recordings(tmp_path / "yes")]


async def test_error_that_the_lines_do_not_tell_is_not_kept(tmp_path):
    """Its recording would be replayed with another error."""
    recorder = FolderRecorder(tmp_path, Interpreter, errors=True)
    status = await Scripted().status()

    await recorder.keep(HELLO, (START, RESULT), status, TimedOut("too long"), Times(0, 0))

    assert [] == recordings(tmp_path)


async def test_recorded_error_is_replayed(tmp_path):
    """The same for the client."""
    source = Scripted(INIT, START, RESULT)
    with pytest.raises(CmappyError) as told:
        await read(recording(source, tmp_path, errors=True))

    with pytest.raises(CmappyError) as replayed:
        await read(Answering(Replay(tmp_path), Interpreter))
    assert (type(told.value), told.value.message) == (type(replayed.value), replayed.value.message)


async def test_recorded_folder_can_be_replayed(tmp_path):
    """The same answer, and the names of its model come along."""
    source = Scripted(INIT, START, TEXT, END)
    seen = await read(recording(source, tmp_path, names={"gpt-4o": "sonnet", "gpt-5": "opus"}))
    replay = Replay(tmp_path)

    assert seen[1:] == (await read(Answering(replay, Interpreter)))[1:]
    assert ((Model("sonnet"),), {"gpt-4o": "sonnet"}) == ((await replay.status()).models, replay.names)


def loop(id):
    """Return the turn after a call with an id, as the API has given it this time."""
    call = Message("assistant", (ToolUse(id, "f", "{}"),))
    return Turn("sonnet", (*ASKED, call, Message("user", (ToolResult(id, (Text("7"),)),))))


def call(id):
    """Return the line with which a call begins."""
    block = {"type": "tool_use", "id": id, "name": "f", "input": {}}
    return line({"type": "content_block_start", "index": 0, "content_block": block})


async def test_tool_loop_that_is_recorded_again_leaves_no_dead_file(tmp_path):
    """Whatever ids the API has given: the files are the same, byte for byte."""

    async def record(id):
        end = line({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})
        await read(recording(Scripted(START, call(id), end), tmp_path))
        await read(recording(Scripted(START, TEXT, END), tmp_path), loop(id))
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    first = await record("toolu_01abc")

    assert first == await record("toolu_01xyz")
    assert 2 == len(first)
    assert b"toolu_0001" in b"".join(first.values())
    assert [Piece("one two")] == [
        event for event in await read(Answering(Replay(tmp_path), Interpreter), loop("call_7")) if type(event) is Piece
    ]


async def test_same_turn_is_recorded_in_sequence(tmp_path):
    """An answer that is the same again needs no file; the next run replaces one after the other."""
    source = Scripted(START, TEXT, END)
    backend = recording(source, tmp_path)
    await read(backend)
    await read(backend)
    source.script = (START, delta("two"), END)
    await read(backend)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert ["01-say-hello", "02-say-hello"] == [name.rpartition("-")[0] for name in names]

    source.script = (START, delta("three"), END)
    await read(recording(source, tmp_path))
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert [(START, delta("three"), END), (START, delta("two"), END)] == [each.lines for each in recordings(tmp_path)]


async def test_two_recorders_lose_nothing(tmp_path):
    """What one has written since the other began is not replaced."""
    await read(recording(Scripted(START, delta("old"), END), tmp_path))
    one, other = (recording(Scripted(START, delta(text), END), tmp_path) for text in ("one", "other"))

    await read(one)
    await read(other)

    assert {(START, delta(text), END) for text in ("one", "other")} == {each.lines for each in recordings(tmp_path)}


async def test_recording_that_was_deleted_meanwhile_is_written_anew(tmp_path):
    """A folder may be tidied up while a server runs."""
    await read(recording(Scripted(START, TEXT, END), tmp_path))
    backend = recording(Scripted(START, TEXT, END), tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()

    await read(backend)

    assert 1 == len(recordings(tmp_path))


async def test_list_of_models_is_left_alone(tmp_path):
    """It answers no turn, so that no answer replaces it."""
    models = Recording(None, (b"1",), "2.1.330", "2026-11-22")
    put(tmp_path / "initialize.ndjson", models)

    await read(recording(Scripted(START, TEXT, END), tmp_path))

    assert [None, HELLO.canonical()] == sorted((each.turn for each in recordings(tmp_path)), key=bool)
    assert models.dump() == (tmp_path / "initialize.ndjson").read_bytes()


async def test_secrets_are_replaced_or_told(tmp_path, caplog):
    """In the request and in the answer, however that is divided; what is left is told with file and line."""
    turn = Turn("sonnet", (Message("user", (Text("I am ada@example.org of ACME-1."),)),))
    source = Scripted(START, delta("of AC"), delta("ME-1, sk-01"), delta("23456789abcdef"), END)

    await read(recording(source, tmp_path, rules=Rules(redact=(r"ACME-\d",))), turn)

    [path] = tmp_path.iterdir()
    assert b"ACME" not in path.read_bytes()
    assert [
        f"{path}:3: this looks like an e-mail address (ada@exam…); `redact` in recordings.toml replaces it",
        f"{path}:6: this looks like a key (sk-01234…); `redact` in recordings.toml replaces it",
    ] == [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert (
        Routed("replay") == (await read(Answering(Replay(tmp_path, Rules(redact=(r"ACME-\d",))), Interpreter), turn))[0]
    )


async def test_many_secrets_are_told_in_few_lines(tmp_path, caplog):
    """Nobody reads a hundred."""
    texts = tuple(Text(f"ada{number}@example.org") for number in range(20))

    await read(recording(Scripted(START, TEXT, END), tmp_path), Turn("sonnet", (Message("user", texts),)))

    assert 6 == sum(record.levelname == "WARNING" for record in caplog.records)


async def test_pieces_are_joined_if_that_is_asked_for(tmp_path):
    """A line of text in each, and the header says so."""
    source = Scripted(START, *(delta(text) for text in ("a", "b\n", "c", "d")), END)

    await read(recording(source, tmp_path, compact=True))

    [kept] = recordings(tmp_path)
    assert ((START, delta("ab\n"), delta("cd"), END), True) == (kept.lines, kept.compact)


async def test_lines_that_only_make_sense_together_are_all_kept(tmp_path):
    """Where fewer lines would give another answer, all are kept."""
    whole = b'{"type":"assistant","message":{"id":"msg_9","model":"m","stop_reason":"end_turn","content":[%s]}}'
    result = b'{"type":"result","subtype":"success","stop_reason":"end_turn"}'
    source = Scripted(INIT, whole % b'{"type":"text","text":"x"}', result)

    seen = await read(recording(source, tmp_path))

    assert seen[1:] == (await read(Answering(Replay(tmp_path), Interpreter)))[1:]


async def test_files_are_for_the_user_only(tmp_path):
    """An answer may hold what nobody else should read."""
    await read(recording(Scripted(START, TEXT, END), tmp_path / "a" / "b"))

    [path] = (tmp_path / "a" / "b").iterdir()
    assert (0o600, 0o700) == (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode))


async def test_write_that_fails_costs_no_answer(tmp_path, monkeypatch, caplog):
    """The client has its answer, and the log says what was not kept; no draft stays."""
    backend = recording(Scripted(START, TEXT, END), tmp_path)

    def full(path, data):
        path.write_bytes(data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "_create", full)

    assert Ended is type((await read(backend))[-1])
    assert "could not be recorded" in caplog.text
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["file", "unwritable", "full"])
def test_folder_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch, kind):
    """At the start, in words."""
    folder = tmp_path / "x"
    if kind == "file":
        folder.write_text("x")
    else:
        monkeypatch.setattr(folders, "_create", lambda path, data: (_ for _ in ()).throw(OSError(28, "No space left")))

    with pytest.raises(BadRecording, match="is a file" if kind == "file" else "cannot be written to: No space left"):
        FolderRecorder(folder, Interpreter)


def test_unreadable_recordings_are_left_alone(tmp_path, caplog):
    """They are no reason not to record."""
    (tmp_path / "a.ndjson").write_text("torn")

    FolderRecorder(tmp_path, Interpreter)

    assert "a.ndjson: the header is no JSON object" in caplog.text


async def test_what_is_missing_is_asked_once(tmp_path):
    """From then on it is recorded; what was recorded is not asked at all."""
    source = Scripted(START, TEXT, END)
    replay = Replay(tmp_path, may_be_empty=True)
    recorder = FolderRecorder(tmp_path, Interpreter, kept=replay.add)
    backend = Missing(replay, Answering(replay, Interpreter), Answering(source, Interpreter, recorder))
    await backend.start()

    first, second = await read(backend), await read(backend)

    await backend.close()
    assert [Routed("cold"), Routed("replay")] == [first[0], second[0]]
    assert first[1:] == second[1:]
    assert ["start", "ada", "close"] == source.told
    assert 1 == len(recordings(tmp_path))
    assert "claude-code-cli" == (await backend.status()).provider


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        pytest.param(Recording(None, (b"1",), "", "", "handmade"), (b"1",), id="by hand"),
        pytest.param(Recording(None, (b"1",), "", "", "edited"), (b"1",), id="edited"),
        pytest.param(Recording(None, (b"1",), "", ""), (b"2",), id="recorded"),
        pytest.param(None, (b"2",), id="torn"),
    ],
)
def test_put_respects_what_was_made_by_hand(tmp_path, before, lines):
    """A recorder replaces what a recorder has written, and what is of no use, and nothing else."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(before.dump() if before else b"torn")

    put(path, Recording(None, (b"2",), "", ""))

    assert lines == load(path.read_bytes()).lines
    assert [path] == list(tmp_path.iterdir())


def test_put_keeps_a_file_that_would_only_change_its_date(tmp_path):
    """Recording again what has not changed changes no file."""
    path = tmp_path / "a.ndjson"
    put(path, Recording(None, (b"1",), "", "2026-11-22", first=1, took=2))

    put(path, Recording(None, (b"1",), "", "2026-11-23", first=3, took=4))

    assert ("2026-11-22", 1) == (load(path.read_bytes()).date, load(path.read_bytes()).first)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        pytest.param(asked("Say hello, please, to all of us here!"), "say-hello-please-to-all-of", id="words"),
        pytest.param(asked("Grüße ../../etc"), "grue-etc", id="accents and paths"),
        pytest.param(asked("你好"), "turn", id="another script"),
        pytest.param(asked("x" * 100), "x" * 40, id="long"),
        pytest.param(loop("a").canonical(), "result-of-a-call", id="result"),
        pytest.param(
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Look!"}, IMAGE]}]},
            "look",
            id="image",
        ),
        pytest.param(None, "turn", id="nothing"),
    ],
)
def test_slug(turn, expected):
    """A name that every file system takes."""
    assert expected == slug(turn)


def test_name_that_was_taken_meanwhile_is_left_to_its_owner(tmp_path, monkeypatch):
    """Two servers may record the same question at the same moment."""
    create = folders._create

    def slowly(path, data):
        create(path, data)
        (tmp_path / "01-say-hello-abcd.ndjson").write_bytes(b"another")

    monkeypatch.setattr(folders, "_create", slowly)
    path = folders.add(tmp_path, Recording(asked(), (TEXT,), "1", "2026-11-25"), "abcdef")

    assert "02-say-hello-abcd.ndjson" == path.name
    assert {"01-say-hello-abcd.ndjson", path.name} == {each.name for each in tmp_path.iterdir()}
    assert b"another" == (tmp_path / "01-say-hello-abcd.ndjson").read_bytes()


def test_file_is_readable(tmp_path):
    """A reviewer sees the prompt on lines of its own."""
    path = folders.add(tmp_path, Recording(asked("Say\nhello."), (TEXT,), "1", "2026-11-25"), "abcdef")

    assert "01-say-hello-abcd.ndjson" == path.name
    assert [{"cmappy": "user", "text": "Say"}, {"cmappy": "+", "text": "hello."}] == [
        orjson.loads(each) for each in path.read_bytes().splitlines()[2:4]
    ]


async def test_names_of_models_are_remembered(tmp_path):
    """Of the rules, of what is recorded already, and what is told now, which wins; only what fits is kept."""
    first = recording(Scripted(START, TEXT, END), tmp_path, names={"gpt-4o": "sonnet", "gpt-4.1": "opus"})
    await read(first)
    [kept] = recordings(tmp_path)
    assert {"gpt-4o": "sonnet"} == kept.models

    rules = Rules(models={"gpt-5": "sonnet", "gpt-4o": "opus"})
    again = recording(Scripted(START, TEXT, END), tmp_path, rules=rules, names={"gpt-4.1": "sonnet"})
    assert {"gpt-5": "sonnet", "gpt-4o": "sonnet", "gpt-4.1": "sonnet"} == (await again.status()).names
    assert {} == (await Answering(Scripted(), Interpreter).status()).names
