"""Tables of fields, as programs and people read them."""

from cmappy.faces.face import Field
from cmappy.faces.fields import capabilities, markdown, without_effect

FIELDS = (Field("a", "honoured"), Field("b", "ignored", "why"), Field("c", "rejected"), Field("d", "ignored"))


def test_fields_without_effect_are_named():
    """Ignored and unknown ones, unless an option gives them an effect."""
    assert ["b", "x"] == without_effect({"x", "a", "b", "c", "d"}, FIELDS, {"d"})


def test_programs_get_the_whole_table():
    """By name."""
    assert {"treatment": "ignored", "note": "why"} == capabilities(FIELDS)["b"]
    assert ["a", "b", "c", "d"] == list(capabilities(FIELDS))


def test_people_get_a_row_for_every_field():
    """Below a head."""
    assert "| field | treatment | note |\n|---|---|---|\n| `a` | honoured |  |\n| `b` | ignored | why |" in markdown(
        FIELDS
    )
    assert 2 + 4 == len(markdown(FIELDS).splitlines())
