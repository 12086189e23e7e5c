"""The limit on processes: each slot comes back, however a start ends."""

import asyncio
import sys

import pytest

from cmappy.backends.cli.process import Process
from cmappy.backends.cli.spawner import Spawner
from cmappy.errors import CliFailed

pytestmark = pytest.mark.anyio

SLEEPER = [sys.executable, "-c", "input()"]
PATIENCE = 30  # seconds


async def test_slot_of_a_start_that_fails_comes_back(monkeypatch):
    """A machine that can start nothing for a while must not block the server for ever."""

    async def fails(*arguments):
        raise CliFailed("no more processes")

    monkeypatch.setattr(Process, "spawn", fails)
    spawner = Spawner(SLEEPER, {}, most=1)
    try:
        for _ in range(3):
            with pytest.raises(CliFailed):
                await asyncio.wait_for(spawner.start(), PATIENCE)
    finally:
        await spawner.close()

    assert 0 == len(spawner)


async def test_slot_of_a_process_that_ends_comes_back():
    """The next process starts when the one before it is gone, and no sooner."""
    spawner = Spawner(SLEEPER, {}, most=1)
    try:
        first = await spawner.start()
        waiting = asyncio.create_task(spawner.start())
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        first.end()
        second = await asyncio.wait_for(waiting, PATIENCE)
    finally:
        await spawner.close()

    assert (set(), True) == (done, first.pid != second.pid)


async def test_slot_of_a_start_that_nobody_waits_for_comes_back():
    """Whoever gives up while a process starts leaves neither the process nor its slot behind."""
    spawner = Spawner(SLEEPER, {}, most=1)
    try:
        given_up = asyncio.create_task(spawner.start())
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        process = await asyncio.wait_for(spawner.start(), PATIENCE)
    finally:
        await spawner.close()

    assert process.gone
