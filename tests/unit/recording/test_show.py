"""Recordings in words."""

import pytest

from cmappy.recording.format import Recording
from cmappy.recording.show import answer, conversation, differences, row, table
from tests.unit.recording.said import asked, delta, line, stop


def begin(**block):
    """Return the begin of a block."""
    return line({"type": "content_block_start", "index": 0, "content_block": block})


PING = line({"type": "ping"})
NO_END = line({"type": "message_delta", "delta": {"stop_reason": None}})
END = line({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})
LINES = (
    b'{"type":"system"}',
    begin(type="thinking"),
    delta("Hm.", "thinking"),
    stop(),
    begin(type="text"),
    delta("I look\n"),
    delta("it up."),
    stop(),
    begin(type="tool_use", name="f"),
    delta('{"a":', "call"),
    delta("1}", "call"),
    stop(),
    END,
)


def recording(*lines, turn=None, **fields):
    """Return a recording."""
    return Recording(turn or asked(), lines, "2.1.331", "2026-11-25", **fields)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(LINES, ["thinking: Hm.", "I look", "it up.", 'call of f: {"a":1}', "(tool_use)"], id="all"),
        pytest.param([delta("half")], ["half (broken off)"], id="broken off"),
        pytest.param([delta("whole"), END], ["whole", "(tool_use)"], id="no end of a block"),
        pytest.param([delta("a"), PING, NO_END, delta("b"), stop()], ["ab"], id="other events"),
        pytest.param([begin(), stop()], [], id="strange block"),
        pytest.param([begin(type="text"), stop()], [], id="empty text"),
        pytest.param([begin(type="tool_use", name="f"), stop()], ["call of f: "], id="call without arguments"),
        pytest.param([b'{"is_error":true,"result":"no","api_error_status":429}'], ["error 429: no"], id="error"),
        pytest.param([b'{"is_error":true,"subtype":"odd"}'], ["error : odd"], id="error without text"),
        pytest.param([b'{"is_error":true', b'[{"is_error":true}]', b'{"a":{"is_error":true}}'], [], id="no error"),
    ],
)
def test_answer(lines, told):
    """Texts, thinking and calls are joined; errors and the reason of the end are told."""
    assert told == answer(lines)


def test_conversation():
    """Who was asked what, and what came back."""
    shown = conversation(
        recording(END, turn=asked(system="Be brief."), models={"gpt-4o": "sonnet"}, compact=True, exit=1, stderr="oh\n")
    )

    assert [
        "# recorded on 2026-11-25 with CLI 2.1.331, asked for as gpt-4o, pieces joined",
        "model: sonnet",
        "system: Be brief.",
        "user: Say hello.",
        "",
        "(tool_use)",
        "the process exited with code 1: oh",
    ] == shown.splitlines()
    assert "`initialize`" in conversation(Recording(None, (), "1", "2026-11-25"))


@pytest.mark.parametrize(
    ("turn", "question"),
    [
        pytest.param(asked("Say\x1b[31m hello, " + "x" * 50), f"Say [31m hello, {'x' * 27}…", id="long and hostile"),
        pytest.param(
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "tool_result"}, {"type": "image"}]}]},
            "tool result, image",
            id="no text",
        ),
    ],
)
def test_row(turn, question):
    """One line, whatever is in it."""
    assert question == row("a.ndjson", recording(END, turn=turn))[3]


def test_table():
    """Columns stand below each other."""
    rows = [row("a.ndjson", recording(END)), row("initialize.ndjson", Recording(None, (), "1", "2026-11-25"))]

    assert [
        "file               date        model   question            answer",
        "a.ndjson           2026-11-25  sonnet  Say hello.          (tool_use)",
        "initialize.ndjson  2026-11-25          (the CLI's models)",
    ] == table(rows).splitlines()


def test_differences():
    """In the request, then in the answer."""
    one, other = recording(delta("a"), END), recording(delta("b"), END, turn=asked("Say hallo."))

    assert "" == differences(one, one)
    assert [
        "The request differs:",
        "-user: Say hello.",
        "+user: Say hallo.",
        "The answer differs:",
        "-a",
        "+b",
    ] == differences(one, other).splitlines()
