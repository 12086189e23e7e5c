"""Requests with something more, seen by all checks of their answers."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.harmless import Harmless


@pytest.mark.observes(kind=Harmless)
def test_harmless(item: Item, look: Look) -> None:
    """What has no effect does not disturb."""
    look(item)
