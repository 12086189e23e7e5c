"""The list of models, seen by all checks of it."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.models import Models


@pytest.mark.observes(kind=Models)
def test_models(item: Item, look: Look) -> None:
    """The models are told as the API reference says."""
    look(item)
