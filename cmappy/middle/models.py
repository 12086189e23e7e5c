"""Which model a client means, and which models a client is told of (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cmappy.errors import ModelNotFound
from cmappy.status import Model

_FAMILIES = {
    "claude-opus-4": "opus",
    "claude-sonnet-4": "sonnet",
    "claude-sonnet-5": "sonnet",
    "claude-haiku-4": "haiku",
}


def resolve(requested: str, known: Sequence[Model], mapping: Mapping[str, str]) -> str:
    """Return the model to ask the backend for; raises ModelNotFound.

    `known` is the backend's own list, `mapping` the user's (`*` stands for everything unknown). A vendor prefix such
    as `openai/` is dropped; every id that begins with `claude-` is passed on, known or not.
    """
    bare = requested.rpartition("/")[2]
    for name in (mapping.get(requested) or mapping.get(bare) or bare, mapping.get("*", "")):
        name = name.rpartition("/")[2]
        if name in _FAMILIES:
            return _FAMILIES[name]
        if (name.startswith("claude-") and name.isprintable()) or any(name == model.name for model in known):
            return name
    raise ModelNotFound(
        f"The model `{requested}` does not exist here. Ask GET /v1/models for the list, or start cmappy with "
        f"`--model-map {requested}=sonnet`.",
        param="model",
    )


def ids(known: Sequence[Model]) -> list[str]:
    """Return the ids that always work, then the backend's aliases and the ids that they stand for."""
    listed = [*_FAMILIES, *(model.name for model in known), *(model.resolved or "" for model in known)]
    return list(dict.fromkeys(id for id in listed if id))
