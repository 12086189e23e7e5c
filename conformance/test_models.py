"""The list of models, seen by all checks of it."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.models import Lookup, Models


@pytest.mark.observes(kind=Models)
def test_models(item: Item, look: Look) -> None:
    """The models are told as the API reference says."""
    look(item)


@pytest.mark.observes(kind=Lookup)
def test_model_lookup(item: Item, look: Look) -> None:
    """Each model can be asked for by its id."""
    look(item)
