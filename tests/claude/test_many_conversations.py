"""Conversations that look alike, at once, with the real CLI: each hears of itself only, whatever happens to processes.

The stub of the API answers with a digest of exactly what it was told. With CMAPPY_FULL in the environment there are as
many conversations and kills as are promised; without, a few.
"""

import asyncio
import os
import random
import re
import signal
from contextlib import suppress
from functools import partial

import pytest

from cmappy.settings import Settings
from tests.full import FULL
from tests.scripted.told import canaries, digest, last_text
from tests.stress.oracle import call, expected
from tests.stress.talk import Talk

pytestmark = pytest.mark.anyio

CONVERSATIONS = 100 if FULL else 10
KILLS = 30 if FULL else 6
CLIENTS = 6
KEYS = ("alice", "bob", "carol")
MODELS = {"claude-sonnet-5-5": "sonnet", "claude-opus-5-5": "opus"}
DEFAULTS = {"max_tokens": 128_000, "effort": "medium"}


def answer(body):
    """Return what the stub answers to a request of the CLI's: the scripted CLI would answer the same."""
    messages = [
        {"role": message["role"], "content": [bare(block) for block in message["content"]]}
        for message in body["messages"]
        if message["role"] != "system"
    ]
    tools = [
        {"name": each["name"], "description": each["description"], "input_schema": each["input_schema"]}
        for each in body["tools"]
    ]
    told = digest(
        model=MODELS[body["model"]],
        system=[block["text"] for block in body["system"][2:]],
        tools=tools,
        messages=messages,
        max_tokens=body["max_tokens"],
        effort=body["output_config"]["effort"],
        thinking="thinking" in body,
        extra={name: body[name] for name in ("stop_sequences",) if name in body},
    )
    question = last_text(messages)
    order, number = re.search(r"!(\w+)(?: (\d))?|$", question).groups()
    if order == "call":
        calls = [call(told, at, sorted(each["name"] for each in tools)) for at in range(int(number))]
        return {"blocks": [block(each["id"], **each["function"]) for each in calls]}
    text = {"type": "text", "text": f"{told} {question}", "pieces": 10, "pause": 0.01}
    ends = {"hang": {"then": "hang", "after": 3}, "length": {"stop_reason": "max_tokens"}}
    return {"blocks": [text], **ends.get(order, {})}


def block(id, name, arguments):
    """Return a call as a content block."""
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def bare(block):
    """Return a content block without what the CLI adds for the cache."""
    return {name: value for name, value in block.items() if name != "cache_control"}


@pytest.fixture
async def url(serve, upstream, tmp_path, descendants, gone):
    """Run a server with kept processes; in the end none of them is left."""
    upstream.always = answer
    (tmp_path / "home").mkdir()
    settings = Settings(max_concurrency=4, queue=1000, queue_timeout=600, api_key=KEYS)
    before = descendants()
    async with serve(tmp_path, settings=settings, warm=1, live=4) as server:
        yield f"{server.url}/v1"

    await gone(descendants() - before)


@pytest.fixture
def talk(url):
    """Return the way to begin a conversation, each with dice of its own."""
    dice = random.Random(20)

    def begin(forgiven=()):
        right = partial(expected, defaults=DEFAULTS)
        return Talk(url, dice.choice(KEYS), random.Random(dice.random()), right, forgiven)

    return begin


async def test_conversations_never_mix(talk, upstream):
    """Every answer is the digest of exactly what its client has sent, by whatever process it was made."""
    talks = [talk() for _ in range(CONVERSATIONS)]
    async with asyncio.TaskGroup() as group:
        for each in talks:
            group.create_task(each.run(5))

    assert {"live", "parked"} <= {route for each in talks for route in each.routes}
    assert sum(each.answers for each in talks) > 2 * CONVERSATIONS
    assert {0, 1} == {len(canaries(received.body)) for received in upstream.messages_requests}


async def test_killed_processes_cost_an_answer_but_never_change_one(talk, upstream, descendants):
    """Whatever is killed at whatever moment: the client gets the right answer, or an error that says so."""
    dice, talks, killed = random.Random(30), [], []

    def enough():
        return len(killed) >= KILLS and any(each.failures for each in talks)  # some hit what nobody waits for

    async def kill():
        while True:
            await upstream.received(len(upstream.messages_requests) + dice.randint(1, 4))
            await asyncio.sleep(dice.uniform(0, 0.2))
            running = sorted(descendants())
            with suppress(IndexError, ProcessLookupError):  # there is none, or it has just ended
                os.kill(dice.choice(running), signal.SIGKILL)
                killed.append(True)

    async def converse():
        while not enough():
            talks.append(talk(forgiven={"cli_error"}))
            await talks[-1].run(3)

    async with asyncio.TaskGroup() as group:
        killing = group.create_task(kill())
        async with asyncio.TaskGroup() as clients:
            for _ in range(CLIENTS):
                clients.create_task(converse())
        killing.cancel()

    assert sum(each.failures for each in talks) <= len(killed)
    assert sum(each.answers for each in talks) > KILLS // 2
