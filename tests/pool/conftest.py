"""What the tests of processes and conversations share: a backend over the scripted CLI."""

import pytest

from tests.scripted.harness import Scripted


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    """Name the event loops: asyncio's own, and the one that the command uses where it can."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
def scripted(tmp_path):
    """Return the scripted CLI."""
    return Scripted(tmp_path)
