"""The CLI's lines become answer events: what no chat client sees, and how blocks begin and end."""

import orjson
import pytest

from cmappy.answer import Aside, Began, BlockEnd, CallStart, Ended, OtherStart, Piece, TextStart, ThinkingStart, Usage
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed
from cmappy.turn import Turn


def api(**event):
    """Return a line that passes on an event of the Messages API."""
    return orjson.dumps({"type": "stream_event", "event": event})


def start(block):
    """Return the line that begins a block."""
    return api(type="content_block_start", index=0, content_block=block)


def delta(**delta):
    """Return the line with a piece of a block."""
    return api(type="content_block_delta", index=0, delta=delta)


STOP = api(type="content_block_stop", index=0)
BEGIN = api(type="message_start", message={"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 3}})
TEXT = start({"type": "text", "text": ""})
THINKING = start({"type": "thinking", "thinking": "", "signature": ""})


def text(piece):
    """Return the line with a piece of a text."""
    return delta(type="text_delta", text=piece)


def end(reason="end_turn", **more):
    """Return the line that ends the answer."""
    return api(type="message_delta", delta={"stop_reason": reason} | more, usage={"output_tokens": 2})


def told(*lines, **turn):
    """Return the answer events for lines, without the first."""
    interpreter = Interpreter(Turn("sonnet", (), **turn))
    began, *events = [event for line in lines for event in interpreter.feed(Line(line))]
    assert Began("claude-x", Usage(3)) == began
    return events


def blocks(*lines, **turn):
    """Return the answer events for the lines of blocks, without those around them."""
    *events, _ = told(BEGIN, *lines, end(), **turn)
    return events


def test_answer_is_a_sequence_of_blocks():
    """One is open at a time, and each has an end."""
    call = start({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}})
    arguments = delta(type="input_json_delta", partial_json='{"x":1}')

    assert [
        *(TextStart(), Piece("Hi"), BlockEnd()),
        *(CallStart("toolu_1", "f"), Piece('{"x":1}'), BlockEnd()),
        Ended("tool_use", Usage(3, 2)),
    ] == told(BEGIN, TEXT, text("Hi"), STOP, call, arguments, STOP, end("tool_use"))


def test_call_without_arguments_has_an_empty_object():
    """An empty text is not JSON."""
    call = start({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}})

    assert Piece("{}") in told(BEGIN, call, delta(type="input_json_delta", partial_json=""), STOP, end())


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        pytest.param((delta(type="thinking_delta", thinking="hm"),), [Piece("hm")], id="shown"),
        pytest.param((), [], id="hidden"),
    ],
)
def test_thinking_has_its_signature(pieces, said):
    """Without it the API does not take the thinking back; thinking that is hidden has one as well."""
    signature = delta(type="signature_delta", signature="c2ln")

    assert [ThinkingStart(), *said, BlockEnd("c2ln")] == blocks(THINKING, *pieces, signature, STOP)


def test_block_without_anything_is_left_out():
    """The API gives and takes none."""
    assert [] == told(BEGIN, TEXT, STOP, THINKING, STOP)


def test_block_may_say_something_at_its_start():
    """Then it is said."""
    lines = start({"type": "text", "text": "Hi"}), STOP, start({"type": "thinking", "thinking": "hm"}), STOP

    assert [TextStart(), Piece("Hi"), BlockEnd(), ThinkingStart(), Piece("hm"), BlockEnd()] == blocks(*lines)


def test_block_that_only_the_api_knows_is_passed_on():
    """Its pieces as well, whatever they are."""
    block = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    piece = {"type": "input_json_delta", "partial_json": "{}"}

    events = blocks(start(block), delta(**piece), STOP)

    assert [OtherStart, Aside, BlockEnd] == [type(event) for event in events]
    assert (block, piece) == (orjson.loads(events[0].block), orjson.loads(events[1].delta))


def test_citation_of_a_text_is_passed_on():
    """It may come before the text that it belongs to."""
    citation = {"type": "citations_delta", "citation": {"cited_text": "green"}}

    events = blocks(TEXT, delta(**citation), text("Green."), STOP)

    assert [TextStart(), Piece("Green."), BlockEnd()] == [event for event in events if type(event) is not Aside]
    assert citation == orjson.loads(events[1].delta)


@pytest.mark.parametrize(
    ("ending", "ends"),
    [
        pytest.param((), [], id="not followed"),
        pytest.param((api(type="message_delta", delta={"stop_reason": None}, usage={}),), [], id="broken off"),
        pytest.param((end(),), [BlockEnd(), Ended("end_turn", Usage(3, 2))], id="end"),
        pytest.param((text("!"),), [BlockEnd(), TextStart(), Piece("!")], id="text of no block"),
        pytest.param((delta(type="citations_delta"),), [], id="piece of no block"),
    ],
)
def test_end_of_a_block_is_told_with_what_follows(ending, ends):
    """Where an answer breaks off, the CLI ends the open block by itself, and then the message, without a reason."""
    assert [TextStart(), Piece("Hi"), *ends] == told(BEGIN, TEXT, text("Hi"), STOP, *ending)


def test_piece_of_no_block_is_left_out_unless_it_is_text():
    """A text needs no beginning; what else came would belong to nothing."""
    assert [TextStart(), Piece("Hi")] == told(BEGIN, delta(type="citations_delta"), text("Hi"))


def test_end_tells_what_else_the_api_told():
    """The sequence that ended the answer, and the details."""
    [ended] = told(BEGIN, end("stop_sequence", stop_sequence="END", stop_details={"a": 1}))

    assert Ended("stop_sequence", Usage(3, 2), "END", "", '{"stop_details":{"a":1}}') == ended


def test_cut_names_its_sequence():
    """As the API does for those that it knows."""
    assert Ended("stop_sequence", Usage(3), "\n") == told(BEGIN, TEXT, text("a\nb"), stop=(" ", "\n"))[-1]


def test_stop_sequence_may_be_divided_among_texts():
    """Chat clients see one text; the two are then told as one."""
    lines = TEXT, text("one E"), STOP, TEXT, text("ND two"), STOP

    assert [TextStart(), Piece("one "), BlockEnd(), Ended("stop_sequence", Usage(3), "END")] == told(
        BEGIN, *lines, stop=("END",)
    )


def test_what_was_held_back_of_a_text_is_told_at_its_end():
    """Before the next block begins."""
    lines = TEXT, text("one E"), STOP, THINKING, delta(type="thinking_delta", thinking="hm"), STOP

    assert [Piece("one "), Piece("E"), BlockEnd(), ThinkingStart()] == told(BEGIN, *lines, stop=("END",))[1:5]


def test_what_a_failed_try_held_back_is_not_told():
    """The second try answers instead."""
    assert [TextStart(), Piece("Go")] == told(BEGIN, TEXT, text("E"), BEGIN, TEXT, text("Go"), stop=("END",))


def test_halves_of_a_character_are_joined():
    """They come in two pieces; neither is a text."""
    pieces = [delta(type="text_delta", text="HALF").replace(b"HALF", half) for half in (rb"a\ud83d", rb"\ude00b")]

    assert [TextStart(), Piece("a"), Piece("\U0001f600b"), BlockEnd()] == blocks(TEXT, *pieces, STOP)


def test_half_a_character_at_the_end_is_replaced():
    """Nothing completes it any more, and the rest of the answer is whole."""
    half = delta(type="text_delta", text="HALF").replace(b"HALF", rb"a\ud83d")

    assert [TextStart(), Piece("a"), Piece("\ufffd"), BlockEnd()] == blocks(TEXT, half, STOP, stop=("END",))


def test_end_before_any_beginning_is_an_error():
    """Nobody would know which model answered."""
    with pytest.raises(CliFailed, match="which model"):
        list(Interpreter(Turn("sonnet", ())).feed(Line(end())))


def test_stop_sequence_in_what_completes_a_structured_answer_ends_it():
    """An empty object stands for arguments that the model did not give."""
    call = start({"type": "tool_use", "id": "toolu_1", "name": "StructuredOutput", "input": {}})

    assert [TextStart(), Piece("{"), BlockEnd(), Ended("stop_sequence", Usage(3), "}")] == told(
        BEGIN, call, STOP, schema="{}", stop=("}",)
    )
