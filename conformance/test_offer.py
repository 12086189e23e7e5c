"""What the target is said to offer, seen by all checks of it."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.offer import Offer


@pytest.mark.observes(kind=Offer)
def test_offer(item: Item, look: Look) -> None:
    """What is declared is shown, and what is not is refused."""
    look(item)
