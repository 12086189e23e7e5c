"""The list of models (API reference, "List models"; SDK: Page[ModelInfo])."""

from __future__ import annotations

from conformance.common.exchange import MISSING, is_text, pick
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.models import Models


@check("messages.models.id", MUST)
def identifiers(models: Models) -> None:
    """API reference: `data` is a list of models, each with the id that requests name it by."""
    assert models.models, f"there are none: {models.exchange.text}"
    assert [] == [model for model in models.models if not is_text(pick(model, "id"))]


@check("messages.models.type", MUST)
def kind(models: Models) -> None:
    """SDK: ModelInfo.type is Literal["model"]."""
    assert [] == [model for model in models.models if pick(model, "type") != "model"]


@check("messages.models.display-name", MUST)
def display_name(models: Models) -> None:
    """SDK: ModelInfo.display_name is a required str; programs offer it to their users."""
    assert [] == [model for model in models.models if not is_text(pick(model, "display_name"))]


@check("messages.models.page", SHOULD)
def page(models: Models) -> None:
    """SDK: Page has `has_more`, and `first_id` and `last_id` of what it holds."""
    ids = [pick(model, "id") for model in models.models] or [None]

    assert (ids[0], ids[-1], True) == (
        models.body.get("first_id"),
        models.body.get("last_id"),
        isinstance(models.body.get("has_more", MISSING), bool),
    )


@check("messages.models.sdk", MUST)
def sdk(models: Models) -> None:
    """`client.models.list()` with `_strict_response_validation=True`, to the end of all pages."""
    assert "" == models.complaint()


@check("messages.models.sdk-lookup", MUST)
def sdk_lookup(models: Models) -> None:
    """`client.models.retrieve()` with `_strict_response_validation=True`."""
    assert "" == models.complaint(one=True)
