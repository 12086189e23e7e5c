"""The model objects of `GET /v1/models` (OpenAI API reference, "Models")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_CREATED = 0  # Unix seconds; the CLI does not tell when a model appeared


def model_object(id: str) -> dict[str, Any]:
    """Return the object for one model."""
    return {"id": id, "object": "model", "created": _CREATED, "owned_by": "anthropic"}


def model_list(ids: Iterable[str]) -> dict[str, Any]:
    """Return the list object for several models."""
    return {"object": "list", "data": [model_object(id) for id in ids]}
