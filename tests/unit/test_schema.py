"""JSON Schema as the CLI takes it: what it does not know is taken out, at every depth."""

import pytest

from cmappy.backends.claude.schema import draft7


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]},
        {"$defs": {"x": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"items": {"type": "string"}, "additionalProperties": False},
        {"items": [{"type": "string"}, True]},
        {"const": {"if": "this is a value"}, "enum": [{"unknown": 1}], "default": {"contains": 1}},
        {"properties": {"unevaluatedItems": {"type": "string"}}},
        {"pattern": "^[a-z]+$"},
        {"pattern": r"^(?:\+\d{1,3} )?[\w.\-]{2,}\.(com|org)$"},
        {"if": {}, "then": {}, "patternProperties": {"^x": {}}},
        {"items": [{}], "additionalItems": False},
        {},
        True,
    ],
)
def test_what_the_cli_knows_stays_as_it_is(schema):
    """Values and names are the client's, even if they look like keywords."""
    assert schema == draft7(schema)


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"type": "object", "unevaluatedProperties": False}, {"type": "object"}),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, {}),
        ({"properties": {"a": {"x-order": 1, "type": "string"}}}, {"properties": {"a": {"type": "string"}}}),
        ({"oneOf": [{"discriminator": {}}, {"type": "string"}]}, {"oneOf": [{}, {"type": "string"}]}),
        ({"not": {"minContains": 2}}, {"not": {}}),
        ({"prefixItems": [{"type": "string", "x": 1}]}, {"items": [{"type": "string"}]}),
        ({"pattern": "(?i)a"}, {}),
        ({"pattern": r"\d\-\d"}, {}),
        ({"pattern": r"\Aa"}, {}),
        ({"pattern": r"[\w-.]"}, {}),
        ({"pattern": r"[.-\w]"}, {}),
        ({"pattern": "a}"}, {}),
        ({"type": "string", "nullable": True}, {"type": "string"}),
        ({"if": {}, "items": {}}, {"items": {}}),
        ({"then": {}, "else": {}}, {}),
        ({"items": {}, "additionalItems": False}, {"items": {}}),
        ({"properties": 5}, {}),
    ],
)
def test_what_the_cli_does_not_know_is_taken_out(schema, kept):
    """One unknown keyword, and it drops the whole schema in silence."""
    assert kept == draft7(schema)
