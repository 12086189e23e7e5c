"""Plain answers, seen by all checks of them."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.answer import Plain


@pytest.mark.observes(kind=Plain)
def test_answer(item: Item, look: Look) -> None:
    """A plain answer is what the API reference says."""
    look(item)
