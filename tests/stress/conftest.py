"""What the stress tests share: the event loop, and a watch on how many processes there are."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.scripted.harness import descendants


@pytest.fixture
def anyio_backend():
    """Name the event loop that the command runs on where it can."""
    return "asyncio", {"use_uvloop": True}


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
