"""Hundreds of conversations that look alike, at once: each hears of itself only, whatever happens to its process."""

import asyncio
import os
import random
import signal
from functools import partial

import pytest

from tests.full import FULL
from tests.scripted.harness import descendants, serve
from tests.stress.oracle import expected
from tests.stress.talk import Talk

pytestmark = pytest.mark.anyio

KEYS = ("alice", "bob", "carol")
LIMITS = {"max_concurrency": 4, "queue": 1000, "queue_timeout": 600, "api_key": KEYS}
PROCESSES = {"concurrency": 4, "warm": 2, "live": 10}
MOST = sum(PROCESSES.values())
SEEDS = range(10) if FULL else range(1)
CONVERSATIONS = 500 if FULL else 150
AT_ONCE = 10  # conversations; with many more than are kept, hardly one would find its process again
DEFAULTS = {"max_tokens": None, "effort": None}


async def converse(url, seed, number, forgiven=()):
    """Let so many conversations happen, many at once; return them when all are over."""
    dice, places = random.Random(seed), asyncio.Semaphore(AT_ONCE)

    async def run(talk, turns):
        async with places:
            await talk.run(turns)

    talks = [
        Talk(url, dice.choice(KEYS), random.Random(dice.random()), partial(expected, defaults=DEFAULTS), forgiven)
        for _ in range(number)
    ]
    async with asyncio.TaskGroup() as group:
        for talk in talks:
            group.create_task(run(talk, dice.randint(2, 5)))
    return talks


@pytest.mark.parametrize("seed", SEEDS)
async def test_conversations_never_mix(scripted, counted, seed):
    """Every answer is the digest of exactly what its client has sent, and there are never too many processes."""
    async with scripted.backend(**PROCESSES) as backend, serve(backend, **LIMITS) as url, counted() as counts:
        talks = await converse(url, seed, CONVERSATIONS)

    routes = {route for talk in talks for route in talk.routes}
    assert {"cold", "live", "parked", "rewound"} <= routes
    assert max(counts) <= MOST
    assert sum(talk.answers for talk in talks) > 2 * CONVERSATIONS


@pytest.mark.parametrize("seed", SEEDS)
async def test_killed_processes_cost_an_answer_but_never_change_one(scripted, counted, seed):
    """Whatever is killed at whatever moment: the client gets the right answer, or an error that says so."""
    before = descendants()
    dice = random.Random(seed)

    async def kill():
        while True:
            await asyncio.sleep(dice.uniform(0, 0.2))
            if running := sorted(descendants() - before):
                os.kill(dice.choice(running), signal.SIGKILL)

    async with scripted.backend(**PROCESSES) as backend, serve(backend, **LIMITS) as url, counted() as counts:
        killing = asyncio.create_task(kill())
        talks = await converse(url, seed, 60, forgiven={"cli_error"})
        killing.cancel()

    assert max(counts) <= MOST
    assert 0 < sum(talk.failures for talk in talks)
