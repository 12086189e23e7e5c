"""What a schema costs, counted without doing the work."""

import pytest

from cmappy.middle.weight import MOST_PARTS, MUCH, Weight, depth_and_size


def chain(length, **more):
    """Return a schema whose definitions hold the next one twice each."""
    each = {f"d{at}": {"allOf": [{"$ref": f"#/$defs/d{at + 1}"}] * 2} | more for at in range(length)}
    return {"$defs": each | {f"d{length}": {}}, "$ref": "#/$defs/d0"}


def refer(to, **more):
    """Return a schema that refers to a part of itself."""
    return {"properties": {"a": {"$ref": to}}} | more


def test_schema_of_nothing_is_one_part():
    """The smallest there is."""
    weight = Weight({})

    assert (1, 0, 1, 0, 0) == (
        weight.most_beside,
        weight.most_open,
        weight.all,
        weight.unevaluated,
        weight.repetitions,
    )


@pytest.mark.parametrize("length", [1, 2, 10])
def test_paths_double_with_each_link_of_a_chain(length):
    """Though its text grows by a line."""
    assert 2 ** (length + 1) < Weight(chain(length)).most_beside < 2 ** (length + 3)


def test_longest_chain_is_counted_at_once():
    """The work is that of reading it, and numbers do not grow without end."""
    weight = Weight(chain(5000))

    assert (MUCH, MUCH) == (weight.most_beside, weight.all)


@pytest.mark.parametrize(
    ("schema", "beside", "opened", "every"),
    [
        ({"properties": {"a": {}, "b": True, "c": {"items": {}}}}, 1, 1, 4),
        ({"anyOf": [{"properties": {"a": {}}}, {"type": "null"}]}, 3, 1, 4),
        ({"not": {}, "if": {}, "then": {}, "else": {}, "dependentSchemas": {"a": {}}}, 6, 0, 6),
        ({"items": [{}, {}], "additionalItems": {}, "contains": {}}, 1, 1, 5),
        ({"prefixItems": [{}, {}], "patternProperties": {"x": {}}, "propertyNames": {}}, 1, 1, 5),
        (refer("#"), 2, 1, MUCH),
        (refer("#/$defs/d", **{"$defs": {"d": {}}}), 2, 1, 3),
        ({"$ref": "#"}, 1, 0, MUCH),
        ({"enum": [{"$ref": "http://a.invalid"}], "default": {"anyOf": [{}]}}, 1, 0, 1),
    ],
)
def test_what_holds_for_one_value_is_told_from_what_is_in_it(schema, beside, opened, every):
    """The first multiplies with each reference, the second with the value only."""
    weight = Weight(schema)

    assert (beside, opened, every) == (weight.most_beside, weight.most_open, weight.all)


@pytest.mark.parametrize(
    "schema",
    [
        refer("#"),
        refer("#/properties/a"),
        refer("#/$defs/a~1b~0c%20d", **{"$defs": {"a/b~c d": {}}}),
        refer("#/allOf/1", allOf=[{}, {}]),
        refer("#name", **{"$defs": {"d": {"$anchor": "name"}}}),
        refer("#name", **{"$defs": {"d": {"$dynamicAnchor": "name"}}}),
        refer("other", **{"$defs": {"d": {"$id": "other"}}}),
        refer("other#/$defs/e", **{"$defs": {"d": {"$id": "other", "$defs": {"e": {}}}}}),
        refer("#/$defs/yes", **{"$defs": {"yes": True}}),
        refer("#/x/y", x={"y": {"$ref": "#/x"}}),
    ],
)
def test_references_within_a_schema_are_followed(schema):
    """In all of their spellings."""
    assert Weight(schema).all > 0


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (refer("#/$defs/none"), "leads nowhere"),
        (refer("#none"), "leads nowhere"),
        (refer("#/allOf/2", allOf=[{}]), "leads nowhere"),
        (refer("#/allOf/x", allOf=[{}]), "leads nowhere"),
        (refer("#/type/x", type="object"), "leads nowhere"),
        (refer("http://a.invalid/b"), "leads out of the schema"),
        (refer("file:///etc/passwd#/a"), "leads out of the schema"),
        ({"type": ["string"] * 8}, "more names"),
        ({"properties": {str(at): {} for at in range(MOST_PARTS)}}, "parts"),
        ({"properties": {"a": {"properties": {"__proto__": {}}}}}, "__proto__"),
        ({"$defs": {"a": {"required": ["__proto__"], "properties": {"__proto__": True}}}}, "__proto__"),
    ],
)
def test_what_cannot_be_counted_is_an_error(schema, words):
    """Nothing is fetched, and nothing lost in silence."""
    with pytest.raises(ValueError, match=words):
        Weight(schema)


def test_unevaluated_keywords_are_counted_with_all_that_they_gather():
    """Compiling them takes as long as it takes to walk there."""
    assert (
        5 + 3
        == Weight(
            {"allOf": [{"allOf": [{}, {}], "unevaluatedItems": {}}, {}], "unevaluatedProperties": False}
        ).unevaluated
    )


@pytest.mark.parametrize(
    ("pattern", "repetitions"), [("a", 0), ("a{3}", 3), ("a{2,}b{1,40}", 42), ("a{99999999999999}", 999999999), (5, 0)]
)
def test_repetitions_in_patterns_are_added_up(pattern, repetitions):
    """Each is a copy of what it repeats."""
    inner = {"pattern": pattern, "patternProperties": {"b{7}": {}}}

    assert repetitions + 7 == Weight({"properties": {"a": inner}}).repetitions


@pytest.mark.parametrize(
    ("value", "depth", "size"), [(1, 1, 1), ({}, 1, 1), ([], 1, 1), ({"a": [1, {"b": 2}]}, 4, 5), ([[], [[]]], 3, 4)]
)
def test_values_have_a_depth_and_a_size(value, depth, size):
    """Leaves count, too."""
    assert (depth, size) == depth_and_size(value)
