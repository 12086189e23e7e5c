"""Schemas of clients: what is taken, what is refused before it costs anything, and what an answer must be."""

import orjson
import pytest

from cmappy.errors import InvalidRequest
from cmappy.middle import schema
from cmappy.middle.schema import follows, object_schema, output_schema
from tests.unit.middle.test_weight import chain

OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}
RECURSIVE = {"properties": {"a": {"anyOf": [{"$ref": "#"}, {"properties": {"a": {"$ref": "#"}}}]}}}


def wrong(call, *arguments):
    """Return the error of a schema."""
    with pytest.raises(InvalidRequest) as caught:
        call(*arguments, "p")
    return caught.value


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (None, {"type": "object"}),
        ({}, {"type": "object"}),
        ({"type": None, "required": None}, {"type": "object"}),
        ({"properties": {}}, {"properties": {}, "type": "object"}),
        (OBJECT, OBJECT),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{}]},) * 1
        + ({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{}], "type": "object"},),
    ],
)
def test_schema_gets_the_root_that_it_must_have(sent, taken):
    """Absent and null keywords are absent."""
    assert taken == object_schema(sent, "It", "p")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"type": "array"}, "must be of type `object`"),
        ({"type": ["object"]}, "must be of type `object`"),
        ({"required": 5}, "5 is not of type"),
        ({"properties": 5}, "5 is not of type"),
        ({"items": [{}]}, "is not of types"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$ref": "http://a.invalid/b"}, "nothing is fetched"),
        (chain(40), "too many schemas"),
        (chain(9, unevaluatedProperties=False), "too many schemas"),
    ],
)
def test_what_is_no_schema_is_refused_and_named(sent, words):
    """By whose it is, in the words of the reader who found it."""
    error = wrong(object_schema, sent, "The schema of the tool `f`")

    assert ("p", "invalid_schema") == (error.param, error.code)
    assert words in error.message
    assert error.message.startswith("The schema of the tool `f` is invalid: ")


@pytest.mark.parametrize(
    "sent", [{"$schema": "http://127.0.0.1:9/a"}, {"properties": {"a": {"$schema": "http://127.0.0.1:9/b"}}}]
)
def test_schema_of_the_schema_is_not_fetched(sent):
    """A client names it; a server that asks there can be sent anywhere."""
    assert sent | {"type": "object"} == output_schema(sent, "p")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"anyOf": [{}]}, "`anyOf` is not possible at its root"),
        ({"properties": {"a": {"pattern": "("}}}, "regex"),
        ({"properties": {"a": {"pattern": "((a{100}){100}){100}"}}}, "regex"),
        ({"properties": {str(at): {"pattern": "a{1000}"} for at in range(6)}}, "patterns repeat too much"),
    ],
)
def test_schema_of_an_answer_must_be_one_that_can_be_checked(sent, words):
    """What the model says is compared with it."""
    error = wrong(output_schema, sent)

    assert ("p", "invalid_schema") == (error.param, error.code)
    assert words in error.message


def test_pattern_of_a_tool_is_the_apis_business():
    """Nobody checks calls here."""
    assert {"properties": {"a": {"pattern": "("}}, "type": "object"} == object_schema(
        {"properties": {"a": {"pattern": "("}}}, "It", "p"
    )


@pytest.mark.parametrize(
    ("answer", "good"), [('{"a":"x"}', True), ('{"a":1}', False), ("[]", False), ('{"a":"x', False), ("", False)]
)
def test_answer_follows_its_schema_or_not(answer, good):
    """What is no JSON follows none."""
    assert good is follows(orjson.dumps(OBJECT).decode(), answer)


@pytest.mark.parametrize(
    ("answer", "checked"), [('{"a":' * 3 + "1" + "}" * 3, True), ('{"a":' * 100 + "1" + "}" * 100, False)]
)
def test_check_that_would_not_end_is_left_to_the_backend(monkeypatch, answer, checked):
    """A schema that doubles with each level of the answer takes hours for a hundred of them."""
    asked = []
    real = schema.validator
    monkeypatch.setattr(schema, "validator", lambda wanted: asked.append(wanted) or real(wanted))

    assert follows(orjson.dumps(RECURSIVE).decode(), answer)
    assert checked is bool(asked)


def test_long_answer_to_a_plain_schema_is_checked():
    """Long is not deep."""
    wanted = {"properties": {"a": {"items": {"properties": {"b": {"type": "integer"}}}}}}

    assert not follows(orjson.dumps(wanted).decode(), orjson.dumps({"a": [{"b": 1}] * 9999 + [{"b": ""}]}).decode())
