"""Bodies of requests: `null`, paths, and words for somebody who wrote JSON."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, field_validator

from cmappy.errors import InvalidRequest
from cmappy.faces.wire import Wire, missing, read


class Inner(Wire):
    """A named part."""

    name: StrictStr = ""
    kind: Literal["a", "b"] = "a"
    value: dict[str, Any] | None = None


class Body(Wire):
    """All kinds of fields."""

    text: StrictStr
    short: Annotated[StrictStr, Field(min_length=1)] = "x"
    whole: Annotated[StrictInt, Field(ge=1, le=3)] = 1
    number: StrictFloat = 0
    flag: StrictBool = False
    one: Inner = Inner()
    many: Annotated[tuple[Inner, ...], Field(max_length=2, min_length=1)] = (Inner(),)
    listed: list[StrictStr] | None = None
    even: StrictInt = 0
    odd: Annotated[StrictStr, Field(pattern="^x")] = "x"

    @field_validator("even")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("it must be even")
        return value


def wrong(body):
    """Return the error of a body."""
    with pytest.raises(InvalidRequest) as caught:
        read(Body, body)
    return caught.value


def test_null_means_absent_at_every_depth():
    """The SDKs send null for what is given as None."""
    assert Body(text="t", one=Inner(name="n")) == read(
        Body, {"text": "t", "flag": None, "one": {"name": "n", "kind": None}}
    )


def test_unknown_fields_are_kept_aside():
    """They are named in a header, not refused."""
    assert {"x": 1} == read(Body, {"text": "t", "x": 1, "y": None}).model_extra


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"text": None}, "text", "Missing required parameter: `text`."),
        ({"text": 5}, "text", "Invalid type for `text`: it must be a string."),
        ({"short": ""}, "short", "`short` must not be empty."),
        ({"whole": "1"}, "whole", "Invalid type for `whole`: it must be a whole number."),
        ({"whole": 1.5}, "whole", "Invalid type for `whole`: it must be a whole number."),
        ({"whole": 0}, "whole", "Invalid value for `whole`: it must be 1 or more."),
        ({"whole": 4}, "whole", "Invalid value for `whole`: it must be 3 or less."),
        ({"number": "x"}, "number", "Invalid type for `number`: it must be a number."),
        ({"flag": "no"}, "flag", "Invalid type for `flag`: it must be true or false."),
        ({"one": []}, "one", "Invalid type for `one`: it must be an object."),
        ({"many": {}}, "many", "Invalid type for `many`: it must be an array."),
        ({"many": []}, "many", "`many` must not be empty. Send at least one item."),
        ({"many": [{}, {}, {}]}, "many", "`many` has too many items: at most 2 are taken."),
        ({"listed": 1}, "listed", "Invalid type for `listed`: it must be an array."),
        ({"even": 1}, "even", "Invalid value for `even`: it must be even."),
        ({"one": {"kind": "c"}}, "one.kind", "Invalid value for `one.kind`: it must be 'a' or 'b'."),
        ({"odd": "y"}, "odd", "Invalid value for `odd`: string should match pattern '^x'."),
        (
            {"many": [{}, {"name": "get_weather", "value": []}]},
            "many[1].value",
            "Invalid type for `many[1].value`: it must be an object. (It is in `get_weather`.)",
        ),
    ],
)
def test_mistake_is_named_by_its_path_in_plain_words(fields, param, message):
    """And by the name of the thing that it is in, if that has one."""
    error = wrong({"text": "t"} | fields)

    assert (param, message) == (error.param, error.message)


def test_body_itself_can_be_wrong():
    """There is no path to it then."""
    assert wrong(5).param is None


def test_missing_fields_have_their_code():
    """Which clients look at."""
    assert ["missing_required_parameter"] * 2 == [wrong({}).code, missing("a.b").code]
    assert "invalid_value" == wrong({"text": 5}).code
