"""What the long runs share."""

import pytest


@pytest.fixture
def anyio_backend():
    """Name the event loop that asyncio's processes belong to."""
    return "asyncio"
