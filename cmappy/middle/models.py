"""Which model a client means, and which models a client is told of (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cmappy.errors import ModelNotFound
from cmappy.status import Model

_FAMILIES = {
    "claude-opus-4": "opus",
    "claude-sonnet-4": "sonnet",
    "claude-sonnet-5": "sonnet",
    "claude-haiku-4": "haiku",
}
_MILLION = "[1m]"  # the end of a name that asks for a context of a million tokens
_MILLION_TOKENS = 1_000_000


def resolve(requested: str, known: Sequence[Model], mapping: Mapping[str, str]) -> str:
    """Return the model to ask the backend for; raises ModelNotFound.

    `known` is the backend's own list, `mapping` the user's (`*` stands for everything unknown). A vendor prefix such
    as `openai/` is dropped; every id that begins with `claude-` is passed on, known or not, with `-` for `.`.
    """
    mapped = mapping.get(requested) or mapping.get(_bare(requested))
    for name in (mapped or requested, mapping.get("*", "")):
        if found := _found(name, known):
            return found
    raise ModelNotFound(_not_found(requested, mapped or mapping.get("*"), known), param="model")


def mistakes(mapping: Mapping[str, str], known: Sequence[Model]) -> dict[str, str]:
    """Return the part of a user's mapping that leads to no model, as `known` is the backend's list."""
    return {name: model for name, model in mapping.items() if not _found(model, known)}


def suggestion(known: Sequence[Model]) -> str:
    """Return a model that there is."""
    names = [model.name for model in known if model.name != "default"] or [*_FAMILIES.values()]
    return "sonnet" if "sonnet" in names else names[0]


def find(requested: str, known: Sequence[Model], mapping: Mapping[str, str]) -> Model:
    """Return what is known of a model, under the name by which it was asked for; raises ModelNotFound."""
    resolved = resolve(requested, known, mapping)
    base = resolved.removesuffix(_MILLION)
    model = next((each for each in known if base in {each.name, each.resolved}), Model(base))
    if base != resolved and (model.context_window or 0) < _MILLION_TOKENS:
        model = replace(model, context_window=None)
    return replace(model, name=requested)


def listed(known: Sequence[Model]) -> list[Model]:
    """Return the names that always work, then the backend's, then the ids that these stand for, each once."""
    by_name = {model.name: model for model in known}
    models = [replace(by_name.get(alias, Model(alias)), name=family) for family, alias in _FAMILIES.items()]
    models += known
    models += [replace(model, name=model.resolved) for model in known if model.resolved]
    once: dict[str, Model] = {}
    for model in models:
        once.setdefault(model.name, model)
    return list(once.values())


def ids(known: Sequence[Model]) -> list[str]:
    """Return the names of all listed models."""
    return [model.name for model in listed(known)]


def _found(requested: str, known: Sequence[Model]) -> str:
    """Return what the backend calls a model; empty if it knows none of that name."""
    name = _bare(requested)
    by_name = {model.name: model for model in known}
    if name in by_name:
        return name
    base = name[: -len(_MILLION)] if name.lower().endswith(_MILLION) else name
    ending = _MILLION if base != name else ""
    if base.startswith("claude-") and base.isprintable():
        base = base.replace(".", "-")
        return _FAMILIES.get(base, base) + ending
    if base == "default" and base in by_name:  # the one alias that the CLI takes for an id if anything follows it
        base = by_name[base].resolved or ""
        return base and base + ending
    aliases = by_name if known else _FAMILIES.values()
    return base + ending if base in aliases else ""


def _bare(name: str) -> str:
    return name.rpartition("/")[2]


def _not_found(requested: str, mapped: str | None, known: Sequence[Model]) -> str:
    requested = requested[:100]
    example = suggestion(known)
    if mapped:
        return (
            f"The model `{requested}` is mapped to `{mapped[:100]}`, which does not exist here. Correct `--model-map`, "
            f"for instance to `{example}`; GET /v1/models has the list."
        )
    return (
        f"The model `{requested}` does not exist here. Ask GET /v1/models for the list, or start cmappy with "
        f"`--model-map {requested}={example}` (CMAPPY_MODEL_MAP)."
    )
