"""The answer that has to follow a schema, checked when it is complete."""

import pytest

from cmappy.backends.claude.structured import Structured
from cmappy.errors import CliFailed

SCHEMA = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}'


def fed(*pieces, schema=SCHEMA):
    """Return a structured answer that consists of these pieces."""
    structured = Structured(schema)
    structured.begins("StructuredOutput")
    for piece in pieces:
        structured.feed(piece)
    return structured


def test_second_answer_has_no_room():
    """The model may call the CLI's tool twice; the first call is the answer, and stays whole JSON."""
    structured = fed('{"n":1}')
    structured.begins("StructuredOutput")

    assert ("", "", None) == (structured.feed('{"n":2}'), structured.stop(), structured.check())


def test_answer_without_arguments_is_an_empty_object():
    """The same as of any other call."""
    structured = fed()

    assert ("{}", False, True) == (structured.stop(), structured.open, structured.given)


def test_the_clis_own_tool_begins_the_answer():
    """A call of the client's tools is a call."""
    structured = Structured(SCHEMA)

    assert [False, True, False] == [structured.begins(name) for name in ("f", "StructuredOutput", "f")]


@pytest.mark.parametrize("pieces", [('{"n":1}',), ('{"n', '":1', "}"), ('{"n": 1, "more": true}',)])
def test_answer_that_follows_the_schema_passes(pieces):
    """However it was divided."""
    assert fed(*pieces).check() is None


@pytest.mark.parametrize("pieces", [('{"n":"one"}',), ("{}",), ('{"n":1',), ("[1]",)])
def test_answer_that_does_not_follow_the_schema_is_an_error(pieces):
    """Wrong type, missing, torn, no object: the client was promised otherwise."""
    with pytest.raises(CliFailed) as caught:
        fed(*pieces).check()

    assert "schema_not_followed" == caught.value.code


def test_schema_of_an_older_draft_is_read_as_such():
    """In draft 7 `items` may be a list."""
    schema = '{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"items":[{"type":"string"}]}}}'

    assert fed('{"a":["x",1]}', schema=schema).check() is None


def test_schema_of_no_draft_is_read_as_the_newest():
    """A schema may say of itself what it likes."""
    assert fed('{"a":1}', schema='{"$schema":5,"required":["a"]}').check() is None


def test_schema_of_a_schema_is_not_fetched():
    """A client could make the server send requests wherever it wants: here nobody would answer."""
    assert fed("{}", schema='{"$schema":"http://127.0.0.1:9/schema"}').check() is None


def test_prose_instead_is_an_error_with_advice():
    """The CLI has reminded the model once already."""
    error = Structured(SCHEMA).missing()

    assert ("schema_not_followed", True) == (error.code, "prompt" in error.message)
