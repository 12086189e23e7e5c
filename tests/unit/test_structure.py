"""What a body holds is known before it is parsed, however it arrives."""

import orjson
import pytest

from cmappy.errors import InvalidRequest, TooLarge
from cmappy.server.structure import MAX_DEPTH, MAX_VALUES, Structure

BODIES = {
    "scalar": (b"7", 1, 0),
    "empty containers": (b"[[],{},[{}]]", 8, 0),
    "object": (b'{"a":1,"b":[2,3]}', 5, 0),
    "brackets in a text": (b'["[[[{{{,,,]]]"]', 2, 0),
    "escaped quotes": (rb'["\"[,[","\\",["\\\"[,"]]', 5, 0),
    "text that ends in backslashes": (rb'["\\\\",[1,2]]', 5, 0),
    "escaped backslash before a quote that ends": (rb'["a\\",{"b":"\\\\\""}]', 4, 0),
    "cut off": (b'{"a":[{"b":"[', 4, 3),
}


def fed(structure, body, size):
    """Feed a body in pieces."""
    for at in range(0, len(body), size):
        structure.feed(body[at : at + size])


@pytest.mark.parametrize(("body", "values", "depth"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_counts_do_not_depend_on_how_a_body_arrives(body, values, depth, size):
    """An escape or a text may be cut anywhere."""
    structure = Structure()
    fed(structure, body, size)

    assert (values, depth) == (structure.values, structure.depth)


def test_counts_cover_what_the_parser_makes():
    """Every value but the first follows a comma or a bracket, so that none is overlooked."""

    def count(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return 1 + sum(map(count, inner))

    value = {"a": [1, "x,[", {"b": None, "c": [[], {}, ""]}], 'd"\\': {"e": [True] * 9}}
    structure = Structure()
    structure.feed(orjson.dumps(value))

    assert count(value) <= structure.values


@pytest.mark.parametrize("filler", [b"[],", b"{},", b"0,", b'"",', b'{"a":1},', b"[[[]]],"])
def test_too_many_values_are_refused_before_the_rest_arrives(filler):
    """What is counted is bounded, whatever the size of the body."""
    structure = Structure()
    with pytest.raises(TooLarge, match=str(MAX_VALUES)):
        fed(structure, filler * MAX_VALUES, 5000)

    assert structure.values <= MAX_VALUES + 5000


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"b":'])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_too_many_levels_are_refused(opening, size):
    """The limit is the same for all that is nested, and far from that of the parser."""
    body = opening * 100_000
    structure = Structure()
    with pytest.raises(InvalidRequest, match=f"more than {MAX_DEPTH} levels"):
        fed(structure, body, size)


def test_levels_at_the_limit_are_taken():
    """A limit of so many levels allows them."""
    structure = Structure()
    structure.feed(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)

    assert 0 == structure.depth


def test_long_text_is_no_structure():
    """A prompt of source code has more brackets than any request."""
    structure = Structure()
    structure.feed(orjson.dumps({"text": "[{,}]" * MAX_VALUES}))

    assert 2 == structure.values
