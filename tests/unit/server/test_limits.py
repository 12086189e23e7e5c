"""How much one request may hold, by count."""

import pytest

from cmappy.errors import TooLarge
from cmappy.server.limits import check

FITS = [
    [],
    {"messages": "x"},
    {"messages": [1, {"content": "x"}]},
    {"messages": [{"content": [1, 2]}, {"content": [3]}]},
]


@pytest.mark.parametrize("body", FITS)
def test_body_within_the_limits_is_returned(body):
    """Whatever it is: what is wrong with it is said later, by the API."""
    assert body is check(body, messages=2, parts=3)


@pytest.mark.parametrize(
    ("messages", "flag"),
    [([1, 2, 3], "--max-messages"), ([{"content": [1, 2]}, {"content": [3, 4]}], "--max-parts")],
    ids=["messages", "parts"],
)
def test_too_many_are_refused_by_the_name_of_the_flag(messages, flag):
    """So that whoever needs more can have it."""
    with pytest.raises(TooLarge, match=flag) as refusal:
        check({"messages": messages}, messages=2, parts=3)

    assert "messages" == refusal.value.param
