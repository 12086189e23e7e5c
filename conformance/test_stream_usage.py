"""Streams with usage, seen by all checks of it."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.stream import Counted


@pytest.mark.observes(kind=Counted)
def test_stream_usage(item: Item, look: Look) -> None:
    """A stream that was asked for usage tells it once, at its end."""
    look(item)
