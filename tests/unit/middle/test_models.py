"""Model names: what a client may ask for, and what the CLI is asked for then."""

import pytest

from cmappy.errors import ModelNotFound
from cmappy.middle.models import ids, resolve
from cmappy.status import Model

KNOWN = (
    Model("default", "claude-opus-5-5"),
    Model("sonnet", "claude-sonnet-5-5"),
    Model("haiku"),
)


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
    ],
)
def test_these_names_always_work(requested, asked):
    """Families, the CLI's own names, full ids, and all of them behind a vendor's prefix."""
    assert asked == resolve(requested, KNOWN, {})


@pytest.mark.parametrize("requested", ["gpt-4o", "opus", "", "openai/", "Claude-Opus-4", "claude-\nx"])
def test_an_unknown_name_is_an_error_about_the_model(requested):
    """A wrong name must not silently spend quota on another model."""
    with pytest.raises(ModelNotFound) as caught:
        resolve(requested, KNOWN, {})

    assert ("model", "model_not_found") == (caught.value.param, caught.value.code)


def test_the_error_for_an_unknown_name_offers_the_flag_that_maps_it():
    """Clients with fixed model names exist; their users can mend it here."""
    with pytest.raises(ModelNotFound, match="--model-map gpt-4o=sonnet"):
        resolve("gpt-4o", KNOWN, {})


@pytest.mark.parametrize(
    ("requested", "mapping", "asked"),
    [
        ("gpt-4o", {"gpt-4o": "sonnet"}, "sonnet"),
        ("openai/gpt-4o", {"gpt-4o": "sonnet"}, "sonnet"),
        ("openai/gpt-4o", {"openai/gpt-4o": "haiku", "gpt-4o": "sonnet"}, "haiku"),
        ("gpt-4o", {"gpt-4o": "claude-opus-4"}, "opus"),
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
        "claude-opus-5-5",
        "claude-sonnet-5-5",
    ]

    assert expected == ids((*KNOWN, Model("sonnet", "claude-opus-5-5")))


def test_every_listed_name_can_be_asked_for():
    """A list that names what then is a 404 is worse than none."""
    assert len(ids(KNOWN)) == len([resolve(id, KNOWN, {}) for id in ids(KNOWN)])
