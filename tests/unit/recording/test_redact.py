"""What the user calls secret is in no line, however it was divided; everything else stays."""

import re
from itertools import pairwise

import orjson
import pytest

from cmappy.recording.redact import in_lines, in_value
from cmappy.recording.rules import Rules
from tests.unit.recording.said import delta, line, pieces, stop


def replace(text):
    """Replace what begins with ACME."""
    return re.sub(r"ACME-\w+", "<redacted>", text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("to ACME-1 and", "to <redacted> and", id="text"),
        pytest.param({"text": ["ACME-1"], "n": 1, "x": None}, {"text": ["<redacted>"], "n": 1, "x": None}, id="inside"),
        pytest.param({"id": "ACME-1", "type": "ACME-1"}, {"id": "ACME-1", "type": "ACME-1"}, id="structure"),
        pytest.param({"input": {"id": "ACME-1"}}, {"input": {"id": "<redacted>"}}, id="arguments"),
        pytest.param({"input": {"a": {"id": "ACME-1"}}}, {"input": {"a": {"id": "<redacted>"}}}, id="deep arguments"),
        pytest.param(
            {"source": {"type": "base64", "data": "ACME-1"}},
            {"source": {"type": "base64", "data": "ACME-1"}},
            id="image",
        ),
    ],
)
def test_values(before, after):
    """Texts are replaced wherever somebody may have said them."""
    assert after == in_value(before, replace)


@pytest.mark.parametrize("cuts", [(3,), (7,), (1, 5, 8), (8, 9, 10, 11, 12), (2, 13, 16), (30,)])
def test_secret_that_is_divided_among_pieces_is_found(cuts):
    """The pieces together say the replaced text, and none is empty."""
    text = "before ACME-42 and behind"
    bounds = [0, *(min(cut, len(text)) for cut in cuts), len(text)]
    lines = [delta(text[a:b]) for a, b in pairwise(bounds) if a < b]

    told = pieces(in_lines([*lines, stop()], replace))

    assert replace(text) == "".join(piece for piece in told if piece)
    assert "" not in told


def test_pieces_without_a_secret_keep_their_bounds():
    """The stream looks as it did, around what was replaced."""
    lines = [delta("one "), delta("two "), delta("AC"), delta("ME-1 "), delta("three "), delta("four")]

    assert ["one ", "two ", "<redacted> ", "three ", "four"] == pieces(in_lines(lines, replace))


def test_piece_of_which_nothing_is_left_goes():
    """An empty piece would be a chunk that says nothing."""
    lines = [delta("to "), delta("ACME"), delta("-1")]

    assert ["to "] == pieces(in_lines(lines, lambda text: re.sub(r"ACME-\w+", "", text)))


def test_arguments_stay_json():
    """Replacing goes value by value."""
    lines = [delta('{"a": "ACME', "call"), delta('-1\\"", "b": [1]}', "call"), stop()]

    assert {"a": '<redacted>"', "b": [1]} == orjson.loads("".join(filter(None, pieces(in_lines(lines, replace)))))


def test_arguments_that_are_cut_off_are_replaced_as_text():
    """An answer may end in the middle of a call."""
    assert ['{"a": "<redacted>'] == pieces(in_lines([delta('{"a": "ACME-1', "call")], replace))


def test_other_lines():
    """The CLI repeats answers in lines of its own, and some are no JSON."""
    whole = line({"content": [{"text": "ACME-1"}]})
    lines = [whole, b"ACME-1 noise \xff", b'{"a" : 1}', delta("a", "thinking")]

    assert [whole.replace(b"ACME-1", b"<redacted>"), b"<redacted> noise \xff", *lines[2:]] == in_lines(lines, replace)


def test_a_pattern_may_match_nothing_in_places():
    """What matches the empty text somewhere inserts nothing."""
    assert "ab" == Rules(redact=(r"(?=b)",)).redacting()("ab")
