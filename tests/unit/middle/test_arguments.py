"""Arguments of earlier calls: always an object, whatever the model or the client wrote."""

import orjson
import pytest

from cmappy.middle.arguments import as_object

DEEP = '{"a":' * 300 + "1" + "}" * 300


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_no_arguments_are_an_empty_object(text):
    """Clients leave them out where there are none."""
    assert "{}" == as_object(text)


@pytest.mark.parametrize(
    ("text", "object"),
    [('{"b": 1, "a": 2}', '{"b":1,"a":2}'), (' {"x":"é"} ', '{"x":"é"}'), ('{"id": 18446744073709551615}',) * 2],
)
def test_object_stays_one(text, object):
    """With its keys in order and its numbers as they are."""
    assert object.replace(" ", "") == as_object(text).replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        '{"city": "Par',
        "{",
        "[1]",
        "5",
        "null",
        '"text"',
        "Paris",
        "{'a': 1}",
        '{"a":1}{"b":2}',
        '{"a":1,}',
        '{"a":NaN}',
        '{"a":1e999}',
        DEEP,
    ],
)
def test_anything_else_is_kept_as_text_in_an_object(text):
    """The model sees what it wrote."""
    assert {"INVALID_JSON": text} == orjson.loads(as_object(text))
