"""The server from one request to the next."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.service import Service


@pytest.mark.observes(kind=Service)
def test_service(item: Item, look: Look) -> None:
    """Requests do not get into each other's way."""
    look(item)
