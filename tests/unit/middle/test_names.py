"""Names that must differ from each other."""

import pytest

from cmappy.middle.names import LONGEST, Names

LONG = "x" * LONGEST


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a_2", "a", "a"], ["a_2", "a", "a_3"]),
        (["taken"], ["taken_2"]),
        ([LONG, LONG], [LONG, "x" * 58 + "_2"]),
    ],
)
def test_each_name_is_given_once(wanted, given):
    """As near to what is wanted as can be."""
    unique = Names({"taken"}).unique

    assert given == [unique(name) for name in wanted]


@pytest.mark.parametrize("stems", [1, 500], ids=["one name", "many that begin alike"])
def test_any_number_of_names_that_are_alike_is_given_at_once(stems):
    """As many as schemas may have parts: were each compared with those before it, this would take half an hour."""
    unique = Names(()).unique
    given = [unique("x" * 60 + f"{at % stems:04}") for at in range(50_000)]

    assert (50_000, LONGEST) == (len(set(given)), max(map(len, given)))
