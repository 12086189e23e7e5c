"""Bytes become lines, however they arrive."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmappy.backends.cli.framing import Lines

TEXT = '{}\n\n{"a":"\u2028\u0085\r"}\nlast\n'.encode()


def lines(*pieces):
    """Return the lines of bytes that arrive in pieces."""
    framed = Lines()
    for piece in pieces:
        framed.feed(piece)
    return [framed.pop() for _ in range(len(framed))]


@pytest.mark.parametrize("every", [1, 2, 3, 5, 100])
def test_lines_survive_any_division(every):
    """Also in the middle of a character."""
    pieces = [TEXT[at : at + every] for at in range(0, len(TEXT), every)]

    assert [b"{}", b"", '{"a":"\u2028\u0085\r"}'.encode(), b"last"] == lines(*pieces)


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=8).map(lambda data: data.replace(b"\x00", b"\n"))))
def test_lines_are_what_splitting_the_whole_gives(pieces):
    """Line feeds divide, nothing else does; what follows the last one is no line yet."""
    assert b"".join(pieces).split(b"\n")[:-1] == lines(*pieces)


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=8).map(lambda data: data.replace(b"\x00", b"\n"))))
def test_sizes_tell_what_is_held(pieces):
    """Whole lines and the rest apart, so that both can be bounded."""
    framed = Lines()
    for piece in pieces:
        framed.feed(piece)
    *whole, rest = b"".join(pieces).split(b"\n")

    assert (sum(map(len, whole)), len(rest)) == (framed.size, framed.partial)


def test_nothing_is_held_when_all_is_taken():
    """Taking a line makes room."""
    framed = Lines()
    framed.feed(b"one\ntwo\n")
    framed.pop()
    framed.pop()

    assert (0, 0, 0) == (len(framed), framed.size, framed.partial)


def test_there_is_no_line_before_its_end():
    """A torn line is never taken for one."""
    framed = Lines()
    framed.feed(b"torn")

    with pytest.raises(IndexError):
        framed.pop()
