"""Characters that were cut in two."""

import pytest

from cmappy.middle.characters import Joiner

SMILE = "\U0001f600"
FIRST, SECOND = "\ud83d", "\ude00"


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (("Hello", "!"), "Hello!"),
        ((f"a{FIRST}", f"{SECOND}b"), f"a{SMILE}b"),
        ((FIRST, SECOND), SMILE),
        ((FIRST, "a"), "\ufffda"),
        ((f"a{SECOND}b",), "a\ufffdb"),
        ((FIRST, FIRST, SECOND), f"\ufffd{SMILE}"),
        ((f"a{FIRST}",), "a\ufffd"),
        ((f"\ufeff{FIRST}", SECOND), f"\ufeff{SMILE}"),
        ((f"{SMILE}{FIRST}", "", SECOND), SMILE + SMILE),
    ],
)
def test_halves_are_joined_or_replaced(pieces, shown):
    """What comes out is a text, and nothing of it is lost but a half that stays alone."""
    joiner = Joiner()
    said = [joiner.feed(piece) for piece in pieces]

    assert shown == "".join(said) + joiner.flush()
    assert all(piece.encode() or not piece for piece in said)


def test_joiner_tells_that_it_waits():
    """A text does not end while half a character is held back."""
    joiner = Joiner()
    joiner.feed(FIRST)

    assert [True, FIRST + SECOND == SMILE] == [joiner.holds, False]
