"""Model names: what a client may ask for, and what the backend is asked for then."""

import pytest

from cmappy.errors import ModelNotFound
from cmappy.middle.models import find, ids, listed, mistakes, resolve
from cmappy.status import Model

KNOWN = (
    Model("default", "claude-opus-5-5"),
    Model("sonnet", "claude-sonnet-5-5", "Sonnet", ("low", "high"), 1_000_000, 128_000),
    Model("haiku", context_window=200_000),
    Model("odd[1m]"),
)


def error(requested, known=KNOWN, mapping=None):
    """Return the error for a model."""
    with pytest.raises(ModelNotFound) as caught:
        resolve(requested, known, mapping or {})
    return caught.value


@pytest.mark.parametrize(
    ("requested", "asked"),
    [
        ("claude-opus-4", "opus"),
        ("claude-sonnet-4", "sonnet"),
        ("claude-sonnet-5", "sonnet"),
        ("claude-haiku-4", "haiku"),
        ("sonnet", "sonnet"),
        ("default", "default"),
        ("claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("claude-not-yet-born", "claude-not-yet-born"),
        ("openai/sonnet", "sonnet"),
        ("claude-code-cli/claude-opus-4", "opus"),
        ("openrouter/anthropic/claude-haiku-4", "haiku"),
        ("claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("anthropic/claude-3.5-haiku", "claude-3-5-haiku"),
        ("sonnet[1m]", "sonnet[1m]"),
        ("sonnet[1M]", "sonnet[1m]"),
        ("claude-sonnet-4[1m]", "sonnet[1m]"),
        ("claude-sonnet-4.5[1m]", "claude-sonnet-4-5[1m]"),
        ("default[1m]", "claude-opus-5-5[1m]"),
        ("odd[1m]", "odd[1m]"),
    ],
)
def test_these_names_always_work(requested, asked):
    """Families, the CLI's own names, full ids; behind a vendor's prefix, and with a longer context."""
    assert asked == resolve(requested, KNOWN, {})


@pytest.mark.parametrize(
    "requested",
    [
        "gpt-4o",
        "opus",
        "",
        "openai/",
        "Claude-Opus-4",
        "claude-\nx",
        "opus[1m]",
        "[1m]",
        "odd",
        "sonnet[2m]",
        "sonnet.5",
    ],
)
def test_an_unknown_name_is_an_error_about_the_model(requested):
    """A wrong name must not silently spend quota on another model."""
    assert ("model", "model_not_found") == (error(requested).param, error(requested).code)


@pytest.mark.parametrize("requested", ["sonnet", "opus", "haiku", "claude-sonnet-4", "opus[1m]"])
def test_families_work_where_there_is_no_list(requested):
    """A folder of recordings need not hold one."""
    assert resolve(requested, (), {}) == requested.replace("claude-sonnet-4", "sonnet")


def test_default_with_a_longer_context_needs_to_be_known():
    """What it stands for is told by the list only."""
    assert "default[1m]" in error("default[1m]", (Model("default"),)).message


@pytest.mark.parametrize(
    ("known", "advised"), [(KNOWN, "sonnet"), ((), "sonnet"), ((Model("default"), Model("fable")), "fable")]
)
def test_advice_works_when_it_is_followed(known, advised):
    """It names the flag, and a model that there is."""
    mapping = {"gpt-4o": advised}

    assert f"--model-map gpt-4o={advised}`" in error("gpt-4o", known).message
    assert advised == resolve("gpt-4o", known, mapping)


@pytest.mark.parametrize(
    ("requested", "mapping"),
    [
        ("gpt-4o", {"gpt-4o": "sonet"}),
        ("openai/gpt-4o", {"gpt-4o": "sonet"}),
        ("sonnet", {"sonnet": "sonet"}),
        ("x", {"*": "sonet"}),
    ],
)
def test_mistake_in_the_map_is_named(requested, mapping):
    """It is the map that has to change, not the client."""
    message = error(requested, mapping=mapping).message

    assert (True, True) == (f"`{requested}` is mapped to `sonet`" in message, "Correct `--model-map`" in message)


@pytest.mark.parametrize(
    ("model", "known", "wrong"),
    [
        ("sonnet", (), False),
        ("opus[1m]", (), False),
        ("claude-anything-9", (), False),
        ("anthropic/claude-sonnet-4.5", (), False),
        ("sonet", (), True),
        ("sonet", KNOWN, True),
        ("fable", (), True),
        ("fable", (Model("fable"),), False),
        ("gpt-4o", KNOWN, True),
    ],
)
def test_mistakes_of_a_map_are_known_before_any_request(model, known, wrong):
    """By the usual names, by what the backend lists, and by the form of an id."""
    assert ({"x": model} if wrong else {}) == mistakes({"x": model, "y": "claude-x"}, known)


def test_long_names_are_not_repeated():
    """They are the client's."""
    assert 400 > len(error("x" * 9999).message)


@pytest.mark.parametrize(
    ("requested", "mapping", "asked"),
    [
        ("gpt-4o", {"gpt-4o": "sonnet"}, "sonnet"),
        ("openai/gpt-4o", {"gpt-4o": "sonnet"}, "sonnet"),
        ("openai/gpt-4o", {"openai/gpt-4o": "haiku", "gpt-4o": "sonnet"}, "haiku"),
        ("gpt-4o", {"gpt-4o": "claude-opus-4"}, "opus"),
        ("gpt-4o", {"gpt-4o": "sonnet[1m]"}, "sonnet[1m]"),
        ("claude-opus-4", {"claude-opus-4": "haiku"}, "haiku"),
        ("gpt-4o", {"*": "haiku"}, "haiku"),
        ("gpt-4o", {"*": "claude-haiku-4"}, "haiku"),
        ("sonnet", {"*": "haiku"}, "sonnet"),
        ("gpt-4o", {"gpt-4o": "sonnet", "*": "haiku"}, "sonnet"),
        ("sonnet", {"sonnet": "haiku", "haiku": "sonnet"}, "haiku"),
        ("gpt-4o", {"gpt-4o": "anthropic/haiku"}, "haiku"),
    ],
)
def test_the_users_own_map_comes_first_and_its_star_last(requested, mapping, asked):
    """What the user maps wins over everything, `*` only catches what nothing else knows."""
    assert asked == resolve(requested, KNOWN, mapping)


def test_the_list_has_the_families_then_the_clis_names_then_full_ids_each_once():
    """A client that shows the list shows the stable names first, and none twice."""
    expected = [
        "claude-opus-4",
        "claude-sonnet-4",
        "claude-sonnet-5",
        "claude-haiku-4",
        "default",
        "sonnet",
        "haiku",
        "odd[1m]",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
    ]

    assert expected == ids((*KNOWN, Model("sonnet", "claude-opus-5-5")))


def test_listed_models_carry_what_is_known_of_them():
    """Under each of their names."""
    by_name = {model.name: model for model in listed(KNOWN)}

    assert {(1_000_000, 128_000, ("low", "high"))} == {
        (by_name[name].context_window, by_name[name].max_output, by_name[name].efforts)
        for name in ("claude-sonnet-4", "claude-sonnet-5", "sonnet", "claude-sonnet-5-5")
    }
    assert Model("claude-opus-4") == by_name["claude-opus-4"]


def test_every_listed_name_can_be_asked_for():
    """A list that names what then is a 404 is worse than none."""
    assert len(ids(KNOWN)) == len([resolve(id, KNOWN, {}) for id in ids(KNOWN)])


@pytest.mark.parametrize(
    ("requested", "window"),
    [
        ("claude-sonnet-4", 1_000_000),
        ("claude-sonnet-5-5", 1_000_000),
        ("sonnet[1m]", 1_000_000),
        ("haiku", 200_000),
        ("haiku[1m]", None),
        ("gpt-4o", 1_000_000),
        ("claude-new", None),
    ],
)
def test_one_model_is_described_under_the_name_that_was_asked_for(requested, window):
    """And nothing is guessed: not even that a longer context is one."""
    model = find(requested, KNOWN, {"gpt-4o": "sonnet"})

    assert (requested, window) == (model.name, model.context_window)
