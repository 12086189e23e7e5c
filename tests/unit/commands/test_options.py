"""How settings are shown."""

import pytest
from pydantic import SecretStr

from cmappy.commands import options


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("replay", None, ""),
        ("allow_host", (), ""),
        ("reload", True, "yes"),
        ("reload", False, "no"),
        ("api_key", (SecretStr("hunter2"),), options.HIDDEN),
        ("allow_host", ("a", "b"), "a,b"),
        ("model_map", {"a": "b", "c": "d"}, "a=b,c=d"),
        ("max_body", 64 << 20, "64MB"),
        ("drain", 90, "1m30s"),
        ("port", 1, "1"),
    ],
)
def test_value_is_shown_as_a_flag_takes_it(name, value, shown):
    """But secrets."""
    assert shown == options.show(name, value)


def test_setting_that_was_not_made_as_one_is_a_mistake(monkeypatch):
    """Found by whoever adds one, at the first start."""
    monkeypatch.setitem(options.FIELDS, "odd", type("Field", (), {"json_schema_extra": {}})())
    with pytest.raises(TypeError, match="odd is not made with"):
        options.option("odd")


@pytest.mark.parametrize(
    ("name", "is_path"), [("replay", True), ("token_file", True), ("claude", True), ("host", False)]
)
def test_paths_are_known(name, is_path):
    """A service starts in another folder, so that they have to be absolute there."""
    assert is_path == options.is_path(name)
