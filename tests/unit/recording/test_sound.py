"""What the interpreter could not read is refused before anybody asks for it."""

import pytest

from cmappy.backends.claude.interpret import Interpreter
from cmappy.recording.folder import read_all
from cmappy.recording.format import Recording
from cmappy.recording.sound import check
from cmappy.recording.turns import BadRecording
from cmappy.settings import RECORDINGS
from tests.unit.recording.said import delta, line

START = line({"type": "message_start", "message": {"id": "msg_0001", "model": "claude-test"}})
TEXT = line({"type": "content_block_start", "content_block": {"type": "text", "text": ""}})
END = line({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
TURN = {"model": "sonnet", "messages": []}


def recording(*lines, turn=TURN):
    """Return a recording with these lines."""
    return Recording(turn, lines, "2.1.330", "2026-11-25")


def test_every_packaged_recording_is_sound():
    """Errors, torn lines and lines that nobody knows among them."""
    assert 100 < len(list(read_all(RECORDINGS, lambda each: check(each, Interpreter))))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((START, TEXT, delta("one"), END, b'{"type":"result","is_error":3}'), id="whole"),
        pytest.param((START, b'{"type":"stream_ev'), id="torn"),
        pytest.param((START, b"a wrapper's note"), id="no JSON"),
        pytest.param((b'{"type":"result","is_error":true,"result":"no"}',), id="error"),
        pytest.param((), id="empty"),
    ],
)
def test_what_a_cli_writes_is_sound(lines):
    """What comes after the end of an answer is never read."""
    check(recording(*lines), Interpreter)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        pytest.param((START, TEXT, delta(5)), 3, id="text"),
        pytest.param((START, line({"type": "content_block_start", "content_block": {"type": "text", "text": 5}})), 2),
        pytest.param((line({"type": "message_start", "message": []}),), 1, id="message"),
        pytest.param((START, b'{"type":"result","is_error":"perhaps"}'), 2, id="result"),
        pytest.param((START, b'{"type":"stream_event"}'), 2, id="no event"),
    ],
)
def test_wrong_types_are_told_with_their_line(lines, number):
    """They would be a failure of the first request that asks for them."""
    with pytest.raises(BadRecording, match=f"line {number} of the answer cannot be read: {{"):
        check(recording(*lines), Interpreter)


def test_turn_that_no_client_can_ask_is_refused():
    """What the interpreter needs of it has to be fit for use."""
    with pytest.raises(BadRecording, match="`stop` of the turn cannot be read"):
        check(recording(START, turn=TURN | {"stop": 5}), Interpreter)


def test_list_of_models_is_no_answer():
    """Whoever lists them reads it."""
    check(recording(b'{"type":"control_response"}', turn=None), Interpreter)
