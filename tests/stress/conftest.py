"""What the stress tests share: the scripted CLI, and a watch on how many processes there are."""

import asyncio
import os
from contextlib import asynccontextmanager

import pytest

from tests.scripted.harness import Scripted, descendants

FULL = bool(os.environ.get("CMAPPY_FULL"))


@pytest.fixture
def anyio_backend():
    """Name the event loop that the command runs on where it can."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(autouse=True)
def no_settings_of_the_callers(monkeypatch):
    """Keep the tests apart from the environment of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("CMAPPY_"):
            monkeypatch.delenv(name)


@pytest.fixture
def scripted(tmp_path):
    """Return the scripted CLI."""
    return Scripted(tmp_path)


@pytest.fixture
def counted():
    """Return the block in which processes are counted, which yields the counts."""

    @asynccontextmanager
    async def counting():
        before, counts = descendants(), []

        async def count():
            while True:
                counts.append(len(descendants() - before))
                await asyncio.sleep(0.05)

        task = asyncio.create_task(count())
        yield counts
        task.cancel()

    return counting
