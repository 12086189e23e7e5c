"""One list of models for two SDKs, both strict."""

import anthropic.types
import openai.types
import pytest

from cmappy.faces.models import model_list, model_object
from cmappy.status import Model

KNOWN = (
    Model("sonnet", "claude-sonnet-5-5", "Sonnet 5.5", ("low", "high"), 1_000_000, 128_000),
    Model("default"),
)


def test_list_is_that_of_both_sdks():
    """A page of Anthropic's, and a list of OpenAI's."""
    listed = model_list(KNOWN)

    assert ("list", False) == (listed["object"], listed["has_more"])
    assert (listed["first_id"], listed["last_id"]) == (listed["data"][0]["id"], listed["data"][-1]["id"])
    for model in listed["data"]:
        anthropic.types.ModelInfo.model_validate(model)
        openai.types.Model.model_validate(model)


@pytest.mark.parametrize("id", ["sonnet", "claude-sonnet-5-5", "claude-sonnet-4", "anthropic/sonnet"])
def test_sizes_and_efforts_are_told_under_every_name_of_a_model(id):
    """Under the names that clients look for."""
    told = model_object(id, KNOWN)

    assert (id, "Sonnet 5.5", 1_000_000, 128_000, ["low", "high"]) == (
        told["id"],
        told["display_name"],
        told["context_window"],
        told["max_output_tokens"],
        told["reasoning"]["supported_efforts"],
    )


@pytest.mark.parametrize("id", ["default", "claude-of-tomorrow", "gpt-4o"])
def test_nothing_is_guessed(id):
    """What the backend does not tell is not there."""
    assert {"id", "object", "created", "owned_by", "type", "display_name", "created_at", "lifecycle"} == set(
        model_object(id, KNOWN)
    )
