"""The model objects, as the official SDK reads them."""

import pytest
from openai.types import Model

from cmappy.faces.models import model_list, model_object


def test_model_object_has_exactly_openais_keys():
    """A client that sorts by `created` or groups by `owned_by` finds both."""
    assert {"id": "sonnet", "object": "model", "created": 0, "owned_by": "anthropic"} == model_object("sonnet")


@pytest.mark.parametrize("id", ["sonnet", "sonnet[1m]", "openai/sonnet"])
def test_model_object_is_valid_for_the_sdk(id):
    """The SDK's own model accepts it."""
    assert id == Model.model_validate(model_object(id), strict=True).id


def test_list_keeps_the_order():
    """The first is what many clients choose."""
    listed = model_list(["b", "a"])

    assert ("list", ["b", "a"]) == (listed["object"], [model["id"] for model in listed["data"]])
