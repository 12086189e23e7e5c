"""A recording's file holds what was asked and what was said, and only what can be one is read."""

import orjson
import pytest

from cmappy.recording.format import Recording, load
from cmappy.recording.turns import BadRecording
from tests.unit.recording.said import asked

HEAD = b'{"cmappy":"recording/2","origin":"recorded","cli":"2.1.330","date":"2026-11-25"}'
OLD = b'{"cmappy":"fixture/1","origin":"recorded","cli":"2.1.330","date":"2026-11-22","turn":null}'
TURN = b'{"cmappy":"turn","model":"sonnet"}'
TAIL = b'{"cmappy":"end","exit":null,"stderr":""}'

DEEP = orjson.dumps(asked(extra=0)).replace(b'"extra":0', b'"extra":' + b"[" * 300 + b"]" * 300)


def test_dump_is_header_lines_and_trailer():
    """A file begins with what was asked and of whom, and ends with how the process ended."""
    recording = Recording(
        asked("Say\nhello.", system="Be brief."), (b'{"type":"x"}', b"noise"), "2.1.330", "2026-11-25"
    )

    assert [
        HEAD,
        TURN,
        b'{"cmappy":"system","text":"Be brief."}',
        b'{"cmappy":"user","text":"Say"}',
        b'{"cmappy":"+","text":"hello."}',
        b'{"type":"x"}',
        b"noise",
        TAIL,
        b"",
    ] == recording.dump().split(b"\n")


def test_dump_of_the_older_format_has_the_turn_in_its_first_line():
    """The recordings of cmappy's own tests stay as they are."""
    recording = Recording({"model": "sonnet"}, (b"noise",), "2.1.330", "2026-11-22", exit=1, version=1)

    assert [
        b'{"cmappy":"fixture/1","origin":"recorded","cli":"2.1.330","date":"2026-11-22","turn":{"model":"sonnet"}}',
        b"noise",
        b'{"cmappy":"end","exit":1,"stderr":""}',
        b"",
    ] == recording.dump().split(b"\n")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"turn": None, "lines": ()}, id="no turn"),
        pytest.param({"turn": asked(), "lines": (b"",)}, id="one empty line"),
        pytest.param(
            {"turn": asked(), "lines": (b"{}", b"\xff"), "origin": "edited", "exit": 2, "stderr": "oh"}, id="an end"
        ),
        pytest.param({"turn": asked("\u2028"), "lines": ('"\u2028"'.encode(),)}, id="line separator"),
        pytest.param({"turn": asked(max_tokens=5, tools=[{"name": "t"}]), "lines": ()}, id="options"),
        pytest.param(
            {"turn": {"model": "m", "messages": [{"role": "user", "content": []}]}, "lines": ()}, id="nothing said"
        ),
        pytest.param(
            {
                "turn": {
                    "model": "m",
                    "system": "a\nb\n",
                    "messages": [
                        {"role": "user", "content": [{"type": "text", "text": "\n"}, {"type": "text", "text": ""}]},
                        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
                        {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]},
                    ],
                },
                "lines": (b'{"type":"x"}',),
            },
            id="conversation",
        ),
    ],
)
def test_load_returns_what_was_dumped(fields, version):
    """Nothing is lost on the way into a file and back."""
    recording = Recording(**fields, cli="1", date="2025-01-01", version=version)

    assert recording == load(recording.dump())


def test_newer_fields_survive():
    """Names, the mark of joined pieces and the times are read back."""
    recording = Recording(asked(), (), "1", "2025-01-01", models={"gpt-4o": "sonnet"}, compact=True, first=0.5, took=2)

    assert recording == load(recording.dump())


def test_windows_line_ends_are_read():
    """A checkout may have changed them."""
    assert (b'{"type":"x"}',) == load(b"\r\n".join([HEAD, TURN, b'{"type":"x"}', TAIL, b""])).lines


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param([], "no JSON object", id="empty"),
        pytest.param([b"[" * 2000], "no JSON object, or too deep", id="too deep for a parser"),
        pytest.param([b"[]", TAIL], "no JSON object", id="list"),
        pytest.param([b"{}", TAIL], "does not begin with the header", id="other JSON"),
        pytest.param([HEAD], "torn", id="header only"),
        pytest.param([HEAD, b'{"type":"system"}'], "torn", id="no trailer"),
        pytest.param([HEAD, TAIL[:20]], "torn", id="half a trailer"),
        pytest.param([HEAD, b"[]"], "torn", id="list at the end"),
        pytest.param([HEAD.replace(b"/2", b"/3"), TAIL], "'recording/3'.*upgrade", id="newer"),
        pytest.param([OLD.replace(b"/1", b"/9"), TAIL], "'fixture/9'.*upgrade", id="newer fixture"),
        pytest.param([HEAD.replace(b'"recorded"', b'"guessed"'), TAIL], "`origin`", id="unknown origin"),
        pytest.param([HEAD.replace(b'"cli":"2.1.330",', b""), TAIL], "`cli`", id="no version"),
        pytest.param([HEAD.replace(b'"2.1.330"', b"7"), TAIL], "`cli`", id="version of a wrong type"),
        pytest.param([HEAD, TAIL.replace(b"null", b'"x"')], "`exit`", id="exit of a wrong type"),
        pytest.param([HEAD, TAIL.replace(b"null", b"true")], "`exit`", id="exit is no number"),
        pytest.param([HEAD, TAIL.replace(b"}", b',"first":-1}')], "number of seconds", id="negative time"),
        pytest.param([HEAD.replace(b"}", b',"models":{"a":1}}'), TAIL], "`models`", id="no model"),
        pytest.param([HEAD, b'{"cmappy":"user","text":"x"}', TAIL], "before the turn", id="no turn line"),
        pytest.param([HEAD, b'{"cmappy":"us', TAIL], "line of the header", id="half a header line"),
        pytest.param([HEAD, b'{"cmappy":"turn"}', TAIL], "name its model", id="no model in the turn"),
        pytest.param([HEAD, TURN, b'{"cmappy":"robot","text":"x"}', TAIL], "'robot'", id="unknown header line"),
        pytest.param([HEAD, TURN, b'{"cmappy":"+","text":"x"}', TAIL], "'\\+'", id="text of nothing"),
        pytest.param([HEAD, TURN, b'{"cmappy":"user","text":5}', TAIL], "content blocks", id="text of a wrong type"),
        pytest.param([HEAD, TURN, b'{"cmappy":"user","block":[]}', TAIL], "content blocks", id="no block"),
        pytest.param([HEAD, TURN, b'{"cmappy":"tool","tool":1}', TAIL], "tool is no JSON object", id="no tool"),
        pytest.param([OLD.replace(b"null", b'{"model":"m"}'), TAIL], "no list of messages", id="old without messages"),
        pytest.param([OLD.replace(b"null", b"[1]"), TAIL], "name its model", id="old with a list"),
        pytest.param(
            [OLD.replace(b"null", b'{"model":"m","system":1,"messages":[]}'), TAIL], "is no text", id="old system"
        ),
        pytest.param([OLD.replace(b"null", DEEP), TAIL], "nested", id="deep turn"),
        pytest.param([HEAD, TURN, b'{"a":' * 600 + b"1" + b"}" * 600, TAIL], "nested", id="deep line"),
        pytest.param([HEAD, TURN, b'{"event":{"usage":{"input_tokens":-1}}}', TAIL], "count of tokens", id="negative"),
        pytest.param([HEAD, TURN, b'{"usage":[{"x_tokens":"5"}]}', TAIL], "count of tokens", id="text for a number"),
    ],
)
def test_load_refuses_what_is_no_whole_recording(lines, reason):
    """Half a recording is never replayed as if it were whole, and a stranger's file breaks nothing."""
    with pytest.raises(BadRecording, match=reason):
        load(b"\n".join(lines))


@pytest.mark.parametrize(
    "line",
    [b'{"input":{"max_tokens":-5}}', b'{"input_tokens":null,"output_tokens_details":{"thinking_tokens":0}}', b"{torn"],
)
def test_load_takes_what_a_cli_may_say(line):
    """What a model writes is its own business; a torn line may be what was recorded."""
    assert (line,) == load(b"\n".join([HEAD, TURN, line, TAIL])).lines
