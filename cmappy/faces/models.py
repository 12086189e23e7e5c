"""The models, in one form that the SDKs of OpenAI and of Anthropic both take, strictly checked (pure).

What programs look for besides has as many names as there are servers; each is there where the backend told its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cmappy.errors import ModelNotFound
from cmappy.middle.models import ids, resolve
from cmappy.status import Model

_CREATED, _CREATED_AT = 0, "1970-01-01T00:00:00Z"  # the backend does not tell when a model appeared
_CONTEXT = ("context_length", "context_window", "max_model_len", "max_input_tokens")
_OUTPUT = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def model_object(id: str, known: Sequence[Model]) -> dict[str, Any]:
    """Return the object for one model, by any name that a request may have; `known` is the backend's own list."""
    model = _find(id, known)
    told: dict[str, Any] = {
        "id": id,
        "object": "model",
        "created": _CREATED,
        "owned_by": "anthropic",
        "type": "model",
        "display_name": (model and model.display_name) or id,
        "created_at": _CREATED_AT,
        "lifecycle": "active",
    }
    if model and model.context_window:
        told |= dict.fromkeys(_CONTEXT, model.context_window)
    if model and model.max_output:
        told |= dict.fromkeys(_OUTPUT, model.max_output)
    if model and model.efforts:
        told["reasoning"] = {"supported_efforts": list(model.efforts)}
    return told


def model_list(known: Sequence[Model]) -> dict[str, Any]:
    """Return the list of all models, on one page."""
    models = [model_object(id, known) for id in ids(known)]
    return {
        "object": "list",
        "data": models,
        "has_more": False,
        "first_id": models[0]["id"],
        "last_id": models[-1]["id"],
    }


def _find(id: str, known: Sequence[Model]) -> Model | None:
    """Return what is known of the model that a name stands for."""
    try:
        name = resolve(id, known, {})
    except ModelNotFound:  # it is one of the user's own names
        return None
    return next((model for model in known if name in {model.name, model.resolved}), None)
