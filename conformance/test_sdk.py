"""The official SDK, by all its faces, on the captured bytes and on the server itself."""

import pytest

from conformance.items import Item, Look
from conformance.subjects.reading import Live, Reading


@pytest.mark.observes(kind=Reading)
def test_sdk(item: Item, look: Look) -> None:
    """A program that uses the SDK gets the model's answer."""
    look(item)


@pytest.mark.observes(kind=Live)
def test_sdk_live(item: Item, look: Look) -> None:
    """The same over the network."""
    look(item)
