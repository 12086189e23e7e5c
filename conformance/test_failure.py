"""Requests that must fail, seen by all checks of errors."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.failure import Failure


@pytest.mark.observes(kind=Failure)
def test_failure(item: Item, look: Look) -> None:
    """An error is one that the SDK understands."""
    look(item)
