"""What the tests of processes and conversations share: the event loops."""

import pytest


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    """Name the event loops: asyncio's own, and the one that the command uses where it can."""
    return "asyncio", {"use_uvloop": request.param}
