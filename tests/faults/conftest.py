"""What the tests of faults share: the event loop."""

import pytest


@pytest.fixture
def anyio_backend():
    """Name the event loop that the command runs on where it can."""
    return "asyncio", {"use_uvloop": True}
