"""Plain text inside a JSON object comes out whole, wherever the pieces are divided."""

import json

import orjson
import pytest

from cmappy.faces.responses.freeform import Freeform, wrap

TEXT = '*** Begin "Patch"\n\\ é \u2028 \U0001f600 \t/\x00 end'


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "utf-8"])
def test_text_survives_any_division(size, ascii_only):
    """A piece may end in the middle of an escape, or between the halves of a character."""
    whole = json.dumps({"input": TEXT}, ensure_ascii=ascii_only)
    freeform = Freeform()
    pieces = [freeform.feed(whole[at : at + size]) for at in range(0, len(whole), size)]

    assert TEXT == "".join([*pieces, freeform.close()]) == freeform.text


def test_text_is_wrapped_as_the_model_would_give_it():
    """What the client sends back is what the model said."""
    assert {"input": TEXT} == orjson.loads(wrap(TEXT))


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("given", "text"),
    [
        ('{ "input" : "a" }', "a"),
        ('{"why":"x","input":"a"}', "a"),
        ('{"input":"a","why":"x"}', "a"),
        ('{"input":""}', ""),
        ('{"patch":"a"}', '{"patch":"a"}'),
        ('{"input":1}', '{"input":1}'),
        ("[1]", "[1]"),
        ('{"patch":"a', '{"patch":"a'),
        ('{"input":"a\nb"}', "a\nb"),
        ('{"input":"\\ud800x"}', "\ufffdx"),
        ('{"input":"a \\ud83d b \\ud83d\\ude00 c"}', "a \ufffd b \U0001f600 c"),
        ('{"input":"a \\ude00 b"}', "a \ufffd b"),
        ('{"input":"a \\d+ \\"b\\" \\u00"}', 'a \\d+ "b" \\u00'),
        ('{"input":"a\\', "a"),
    ],
    ids=[
        "spaced",
        "second",
        "first",
        "empty",
        "misnamed",
        "no string",
        "no object",
        "cut",
        "line end",
        "half",
        "half inside",
        "low half",
        "backslash",
        "cut in an escape",
    ],
)
def test_pieces_add_up_to_the_text_even_if_the_model_strays(given, text, size):
    """Nothing is lost: what is no such object is passed on as it is, and what JSON does not allow as it is meant."""
    freeform = Freeform()
    pieces = [freeform.feed(given[at : at + size]) for at in range(0, len(given), size)]

    assert text == "".join([*pieces, freeform.close()]) == freeform.text
