"""The response headers that belong to one API alone."""

import pytest

from cmappy.faces import FACES


@pytest.mark.parametrize(
    ("name", "headers"),
    [("chat.completions", {}), ("responses", {}), ("completions", {}), ("messages", {"request-id": "req_1"})],
)
def test_responses_have_the_headers_of_their_api(name, headers):
    """Of a plan that is not known nothing is said."""
    [face] = [face for face in FACES if face.name == name]

    assert headers == face.headers(None, 0.0, "req_1")
