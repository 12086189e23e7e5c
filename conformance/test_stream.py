"""Streams, seen by all checks of them."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.stream import Stream


@pytest.mark.observes(kind=Stream)
def test_stream(item: Item, look: Look) -> None:
    """A stream is framed and built as the API reference says."""
    look(item)
