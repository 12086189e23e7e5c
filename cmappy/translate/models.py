"""The old address of the models' names, until the CLI's events tell of models in neutral terms."""

from collections.abc import Mapping, Sequence

from cmappy.events import ModelInfo
from cmappy.middle import models
from cmappy.status import Model


def resolve(requested: str, known: Sequence[ModelInfo], mapping: Mapping[str, str]) -> str:
    """Return the model to ask the CLI for; raises ModelNotFound."""
    return models.resolve(requested, _neutral(known), mapping)


def ids(known: Sequence[ModelInfo]) -> list[str]:
    """Return the ids that always work, then the CLI's."""
    return models.ids(_neutral(known))


def _neutral(known: Sequence[ModelInfo]) -> list[Model]:
    return [Model(model.value, model.resolved_model, model.display_name) for model in known]
