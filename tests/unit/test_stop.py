"""Stop sequences: the answer is cut at the first one, however the text arrives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmappy.errors import TooLarge
from cmappy.middle.stop import Stop, bounded

LETTERS = st.text(alphabet="abé😀", max_size=12)


def show(sequences, pieces):
    """Return all that is shown of a text that arrives in pieces."""
    stop, shown = Stop(tuple(sequences)), ""
    for piece in pieces:
        shown += stop.feed(piece)
        if stop.reached:
            return shown
    return shown + stop.flush()


def cut(sequences, text):
    """Return the text before whichever sequence is complete first, found letter by letter."""
    for end in range(len(text) + 1):
        if endings := [len(sequence) for sequence in sequences if text[:end].endswith(sequence)]:
            return text[: end - max(endings)]
    return text


@pytest.mark.parametrize(
    ("sequences", "pieces", "shown"),
    [
        (["STOP"], ["one STOP two"], "one "),
        (["STOP"], ["one S", "TO", "P two"], "one "),
        (["STOP"], ["one S", "TO", "Y two"], "one STOY two"),
        (["STOP"], ["one ST"], "one ST"),
        (["aab"], ["a", "a", "a", "b"], "a"),
        (["\n\n"], ["one\n", "\ntwo"], "one"),
        (["two", "one"], ["one two"], ""),
        (["abcd", "c"], ["abcd"], "ab"),
        (["abcd", "c"], ["abc", "d"], "ab"),
        (["c", "bc"], ["abc"], "a"),
        (["😀!"], ["so 😀", "!"], "so "),
        ([], ["anything"], "anything"),
        ([""], ["anything"], "anything"),
    ],
    ids=[
        "in one piece",
        "over three pieces",
        "nearly",
        "begun at the end",
        "overlapping itself",
        "white space",
        "earlier wins",
        "complete first wins",
        "complete first wins, divided",
        "longer wins at the same end",
        "emoji",
        "none",
        "empty",
    ],
)
def test_text_is_cut_before_the_first_stop_sequence(sequences, pieces, shown):
    """Neither the sequence nor anything after it is shown."""
    assert shown == show(sequences, pieces)


def test_text_that_cannot_be_a_beginning_is_shown_at_once():
    """Only what may turn out to be a stop sequence waits; the rest streams."""
    stop = Stop(("STOP",))

    assert ["so far ", ""] == [stop.feed("so far S"), stop.feed("T")]


def test_flush_shows_what_was_held_back_once():
    """What was held back belongs to the answer if no more text comes."""
    stop = Stop(("STOP",))
    stop.feed("ST")

    assert ["ST", ""] == [stop.flush(), stop.flush()]


def test_reached_tells_whether_a_sequence_was_found():
    """Whoever feeds has to know when to end the run."""
    stop = Stop(("b",))
    before = stop.reached
    stop.feed("abc")

    assert (None, "b") == (before, stop.reached)


@settings(deadline=None)
@given(sequences=st.lists(LETTERS.filter(bool), max_size=4), pieces=st.lists(LETTERS, max_size=6))
def test_any_division_of_the_text_shows_the_same(sequences, pieces):
    """How the model's text is divided into deltas is chance, and must not matter."""
    assert cut(sequences, "".join(pieces)) == show(sequences, pieces)


@settings(deadline=None)
@given(sequences=st.lists(LETTERS, max_size=4), pieces=st.lists(LETTERS, max_size=6))
def test_what_is_shown_is_a_beginning_of_the_text(sequences, pieces):
    """Text is cut off, never changed."""
    text = "".join(pieces)

    assert text.startswith(show(sequences, pieces))


@pytest.mark.parametrize("given", [("x",) * 256, ("x" * 10_000,), ("", "x")], ids=["many", "long", "empty"])
def test_sequences_of_a_request_are_taken(given):
    """An empty one stands nowhere."""
    assert tuple(filter(None, given)) == bounded(given, "stop")


@pytest.mark.parametrize("given", [("x",) * 257, ("x" * 5_000, "y" * 5_001)], ids=["many", "long"])
def test_sequences_that_take_too_long_to_look_for_are_refused(given):
    """Every piece of the answer is searched for each of them."""
    with pytest.raises(TooLarge, match="At most 256 stop sequences") as refusal:
        bounded(given, "stop")

    assert "stop" == refusal.value.param
