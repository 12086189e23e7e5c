"""The tools of a request: their names and their properties, both ways."""

import pytest

from cmappy.errors import InvalidRequest, TooLarge
from cmappy.middle import tools
from cmappy.middle.tools import Toolbox, api_name


def box(*names, schema=None):
    """Return a box with tools of these names."""
    toolbox = Toolbox()
    for name in names:
        toolbox.add(name, "", schema, name_at=f"{name} name", schema_at=f"{name} schema")
    return toolbox


@pytest.mark.parametrize(("name", "api"), [("a.b c/é", "a_b_c__"), ("a-b_9", "a-b_9"), ("", "")])
def test_api_knows_letters_digits_and_two_signs(name, api):
    """Everything else is a line."""
    assert api == api_name(name)


def test_names_go_both_ways():
    """Also of tools that are offered no longer."""
    toolbox = box("a.b", "a_b", "c")

    assert ["a_b", "a_b_2", "c", "x_y"] == [toolbox.api_name(name) for name in ("a.b", "a_b", "c", "x.y")]
    assert {"a_b": "a.b", "a_b_2": "a_b", "c": "c"} == toolbox.names
    assert [True, False] == [name in toolbox for name in ("a.b", "a_b_2")]


def test_properties_go_both_ways():
    """Arguments of earlier calls as the schema has them, and the client's names for those to come."""
    toolbox = box("a.b", schema={"properties": {"$x": {}}})

    assert {"a_b": {"x": "$x"}} == toolbox.properties
    assert ['{"x":1}', '{"$x":1}', '{"INVALID_JSON":"{\\"$x"}'] == [
        toolbox.input("a.b", '{"$x":1}'),
        toolbox.input("other", '{"$x":1}'),
        toolbox.input("a.b", '{"$x'),
    ]


def test_mistakes_are_named_by_the_paths_that_were_given():
    """And by the tool's name, which is found faster than its number."""
    with pytest.raises(InvalidRequest, match="`f`") as caught:
        box("f", schema={"type": "array"})
    assert "f schema" == caught.value.param

    with pytest.raises(InvalidRequest, match="`f` is there twice") as caught:
        box("f", "f")
    assert "f name" == caught.value.param


def test_schemas_are_bounded_together(monkeypatch):
    """Before any of them is looked at."""
    monkeypatch.setattr(tools, "MOST_PARTS", 5)

    with pytest.raises(TooLarge) as caught:
        box("a", "b", schema={"properties": {"x": {}, "y": {}}})

    assert "b schema" == caught.value.param
