"""Streams that break off, seen by all checks of them."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.failure import BrokenOff


@pytest.mark.observes(kind=BrokenOff)
def test_break(item: Item, look: Look) -> None:
    """A stream that cannot be finished says so."""
    look(item)
