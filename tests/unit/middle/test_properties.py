"""Names that the API refuses: others on the way up, and the client's own back, wherever the pieces are cut."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmappy.middle.properties import Renamer, rename, rename_keys

LONG = "x" * 70


@pytest.mark.parametrize(
    ("names", "new"),
    [
        (["$filter"], ["filter"]),
        (["Full Name"], ["Full_Name"]),
        ([LONG], ["x" * 64]),
        (["naïve"], ["na_ve"]),
        (["__proto__"], ["proto"]),
        ([""], ["property"]),
        (["日本"], ["property"]),
        (["@id", "id"], ["id_2", "id"]),
        (["$id", "@id"], ["id", "id_2"]),
        ([LONG, LONG + "y"], ["x" * 64, "x" * 58 + "_2"]),
        (["a.b", "c-d_E9", "proto"], ["a.b", "c-d_E9", "proto"]),
    ],
)
def test_new_names_are_taken_and_unique(names, new):
    """As near to the client's as can be."""
    schema, back = rename({"type": "object", "properties": {name: {} for name in names}})

    assert new == list(schema["properties"])
    assert {new: old for old, new in zip(names, new, strict=True) if old != new} == back


def test_schema_that_needs_no_new_names_is_not_touched():
    """Not even copied."""
    schema = {"properties": {"a": {"properties": {"$b": {}}}}}

    assert (True, {}) == (rename(schema)[0] is schema, rename(schema)[1])
    assert ({"type": "object"}, {}) == rename({"type": "object"})


def test_all_that_holds_for_the_object_is_renamed():
    """And nothing that holds for what is in it."""
    schema = {
        "properties": {"$a": {"properties": {"$a": {}}, "required": ["$a"], "title": "T"}, "$b": True},
        "required": ["$a", "c"],
        "dependentRequired": {"$a": ["c"]},
        "dependentSchemas": {"$a": {"required": ["c"]}},
        "if": {"required": ["$a"]},
        "then": {"properties": {"$a": {"const": 1}}},
        "not": True,
        "allOf": [{"required": ["$b"]}],
        "$defs": {"d": {"properties": {"$a": {}}}},
    }

    expected = {
        "properties": {"a": {"properties": {"$a": {}}, "required": ["$a"], "title": "T"}, "b": True},
        "required": ["a", "c"],
        "dependentRequired": {"a": ["c"]},
        "dependentSchemas": {"a": {"required": ["c"]}},
        "if": {"required": ["a"]},
        "then": {"properties": {"a": {"const": 1}}},
        "not": True,
        "allOf": [{"required": ["b"]}],
        "$defs": {"d": {"properties": {"$a": {}}}},
    }
    assert (expected, {"a": "$a", "b": "$b"}) == rename(schema)


def test_model_is_told_the_name_that_the_client_knows():
    """The words around a tool may speak of it."""
    assert {"title": "$filter", "type": "string"} == rename({"properties": {"$filter": {"type": "string"}}})[0][
        "properties"
    ]["filter"]


def test_references_into_the_whole_schema_find_the_clients_names():
    """What they describe is the value of a property, whose keys nobody renames back."""
    schema = {
        "type": "object",
        "properties": {"$next": {"$ref": "#"}, "e": {"anyOf": [{"$ref": "#/properties/$next"}, {"$ref": "#/$defs/d"}]}},
        "$defs": {"d": {"$ref": "#"}, "whole": {}},
    }

    made, back = rename(schema)

    whole = "#/$defs/whole_"
    assert {"next": "$next"} == back
    assert {"title": "$next", "$ref": whole} == made["properties"]["next"]
    assert {"anyOf": [{"$ref": f"{whole}/properties/$next"}, {"$ref": "#/$defs/d"}]} == made["properties"]["e"]
    assert {"d": {"$ref": whole}, "whole": {}, "whole_": made["$defs"]["whole_"]} == made["$defs"]
    assert {"type": "object", "properties": {"$next": {"$ref": whole}, "e": made["properties"]["e"]}} == (
        made["$defs"]["whole_"]
    )


def test_keys_of_earlier_calls_get_the_new_names():
    """The order stays; keys that are deeper are no properties of the root."""
    assert '{"b":1,"filter":{"$filter":2}}' == rename_keys('{"b":1,"$filter":{"$filter":2}}', {"filter": "$filter"})


def pieces(text, size):
    """Cut a text."""
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('{"filter":"x"}', '{"$filter":"x"}'),
        (' { "filter" : 1 , "b" : 2, "filter":3} ', ' { "$filter" : 1 , "b" : 2, "$filter":3} '),
        ('{"a":{"filter":1},"b":[{"filter":"filter"}],"filter":[","]}',) * 1
        + ('{"a":{"filter":1},"b":[{"filter":"filter"}],"$filter":[","]}',),
        ('{"a":"filter","b":"}\\"{,\\\\","filter":"\\\\"}', '{"a":"filter","b":"}\\"{,\\\\","$filter":"\\\\"}'),
        ('{"\\u0066ilter":1}', '{"$filter":1}'),
        ('{"\\ud83d":1,"filter":2}', '{"\\ud83d":1,"$filter":2}'),
        ('["filter",{"filter":1},"filter"]', '["filter",{"filter":1},"filter"]'),
        ('"filter"', '"filter"'),
        ("{}", "{}"),
    ],
)
def test_keys_of_the_root_get_their_names_back(said, shown, size):
    """And nothing else, wherever the text is cut."""
    renamer = Renamer({"filter": "$filter"})

    assert shown == "".join(map(renamer.feed, pieces(said, size))) + renamer.flush()


def test_cut_key_is_shown_at_the_end():
    """`max_tokens` cuts anywhere, and nothing that the model wrote is lost."""
    renamer = Renamer({"filter": "$filter"})

    assert ('{"a":1,', '"filt', "") == (renamer.feed('{"a":1,"filt'), renamer.flush(), renamer.flush())


def test_without_names_pieces_are_passed_on_as_they_are():
    """Nothing is held back, and no character is looked at."""
    piece = '{"a'

    assert Renamer({}).feed(piece) is piece


@given(
    st.dictionaries(st.text(), st.recursive(st.none() | st.text(), lambda inner: st.lists(inner), max_leaves=5)),
    st.integers(1, 9),
)
def test_renaming_back_undoes_renaming(value, size):
    """For every object, whatever its keys are."""
    schema, names = rename({"properties": {name: {} for name in value}})
    text = orjson.dumps(value).decode()
    renamer = Renamer(names)

    back = "".join(map(renamer.feed, pieces(rename_keys(text, names), size))) + renamer.flush()

    assert value == orjson.loads(back)
    assert len(value) == len(schema["properties"])


def test_values_are_shown_as_they_are():
    """Also where they are the API's names."""
    assert '{"$filter":"filter","b":["filter"]}' == Renamer({"filter": "$filter"}).feed(
        '{"filter":"filter","b":["filter"]}'
    )
