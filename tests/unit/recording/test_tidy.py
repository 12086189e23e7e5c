"""Only what a replay needs is kept, and pieces are joined on demand."""

from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.exits import Exited
from cmappy.recording.tidy import join, tidy
from cmappy.turn import Message, Text, Turn
from tests.unit.recording.said import delta, line, pieces, stop


def test_all_lines_are_kept_if_fewer_do_not_tell_of_the_failure():
    """A process that fails behind a whole answer shows why in lines that no event is made of."""
    init, end = b'{"type":"system"}', line({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
    lines = [init, line({"type": "message_start", "message": {"id": "msg_1", "model": "m"}}), delta("a"), end]
    turn = Turn("sonnet", (Message("user", (Text("Say a."),)),))

    assert lines[1:] == tidy(turn, lines, Interpreter, None)
    assert lines == tidy(turn, lines, Interpreter, Exited(1, "oh"))


def test_join_keeps_lines_of_text_apart():
    """So that a difference is one of lines; other blocks and kinds are never mixed."""
    lines = [
        delta("a"),
        delta("b\n"),
        delta("c"),
        delta("d", "thinking"),
        delta("e", "thinking"),
        stop(),
        delta("f", "thinking"),
        b"noise",
        delta("g", "thinking"),
    ]

    joined = join(lines)

    assert ["ab\n", "c", "de", "f", "g"] == [piece for piece in pieces(x for x in joined if x != b"noise") if piece]
    assert [stop(), b"noise"] == [each for each in joined if each in (stop(), b"noise")]


def test_join_bounds_the_pieces():
    """A very long line stays readable in an editor."""
    assert 1 < len(join([delta("x" * 1000)] * 10))


def test_join_leaves_other_deltas():
    """A signature is no text."""
    signature = line({"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}})

    assert [signature, signature] == join([signature, signature])
