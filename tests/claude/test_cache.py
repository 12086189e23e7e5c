"""How much of each request the prompt cache would read, by its documented rules: a tenth of the price of the rest.

The fifth turn of a conversation of 30 kB; each way that a turn can come to its process has a part to reach.
"""

import os
import random
import signal

import pytest

from tools.benchmark.cache import PromptCache

pytestmark = pytest.mark.anyio

DICE = random.Random(1)
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {}}}},
}
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
SYSTEM = {"role": "system", "content": "You are a careful assistant. " * 40}


def words(size=3500):
    """Return a text of so many bytes that no other is like."""
    return " ".join(f"{DICE.getrandbits(32):08x}" for _ in range(size // 9))


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server with room for a conversation."""
    async with serve(folder, live=2) as running:
        yield running


@pytest.fixture
def talk(server, upstream):
    """Return the way to have a conversation of some turns; its last request's share of the cache is returned."""
    cache = PromptCache()

    async def ask(messages, client, said, **options):
        upstream.script(said)
        before = len(upstream.messages_requests)
        raw = await client.chat.completions.with_raw_response.create(
            model="sonnet", messages=[SYSTEM, *messages], **options
        )
        [received] = upstream.messages_requests[before:]
        messages.append(raw.parse().choices[0].message.to_dict())
        return raw.headers["x-cmappy-route"], cache.share(received.body)

    async def converse(turns, messages, said=None, server=server, **options):
        async with server.client() as client:
            for _ in range(turns):
                messages.append({"role": "user", "content": words()})
                last = await ask(messages, client, said or {"text": words()}, **options)
        return last

    converse.ask = ask
    return converse


def forget(server):
    """Kill the processes that have conversations."""
    for worker in server.source.pool.live:
        os.kill(worker, signal.SIGKILL)


async def test_live_turn_reads_all_before_it(talk):
    """Nothing is written again."""
    messages = []
    await talk(4, messages)
    route, share = await talk(1, messages)

    assert ("live", True) == (route, share >= 0.70)


async def test_conversation_that_is_told_to_new_processes_is_read_all_the_same(talk, server):
    """The mark on its question is where the next process finds it."""
    messages = []
    for _ in range(4):
        await talk(1, messages)
        forget(server)
    route, share = await talk(1, messages)

    assert ("cold", True) == (route, share >= 0.60)


async def test_restarted_server_asks_what_the_one_before_would_have_asked(talk, serve, tmp_path_factory):
    """Its working directory, of which the model is told, is the same and empty.

    That is for a conversation that was told before as well. One that had a process of its own until then is written
    once more: the CLI tells of the directory behind the question that it asks first, which is another one now.
    """
    messages, folder = [], tmp_path_factory.mktemp("another")
    (folder / "home").mkdir()
    for _ in range(5):
        async with serve(folder, live=2) as another:
            route, share = await talk(1, messages, server=another)

    assert ("cold", True) == (route, share >= 0.60)


async def test_edited_turn_reads_what_stands_before_it(talk):
    """Both have the beginning, and the process is rewound to it."""
    messages = []
    await talk(5, messages)
    del messages[-2:]
    route, share = await talk(1, messages)

    assert ("rewound", True) == (route, share >= 0.60)


async def test_structured_answers_read_what_stands_before_them(talk):
    """The exchange with the CLI's own tool is told again as its client knows it."""
    messages, said = [], {"blocks": [{"type": "tool_use", "name": "StructuredOutput", "input": {"a": words()}}]}
    await talk(4, messages, said, response_format=SCHEMA)
    route, share = await talk(1, messages, said, response_format=SCHEMA)

    assert ("rewound", True) == (route, share >= 0.60)


async def test_turn_after_one_that_was_cut_reads_what_stands_before_it(talk):
    """The client has the cut answer, and goes on from it."""
    messages = []
    await talk(3, messages)
    await talk(1, messages, {"text": words(), "stop_reason": "max_tokens"}, max_tokens=1000)
    route, share = await talk(1, messages)

    assert ("rewound", True) == (route, share >= 0.60)


@pytest.mark.parametrize("kept", [True, False], ids=["parked", "told again"])
@pytest.mark.parametrize("calls", [1, 3, 8])
async def test_tool_round_reads_what_stands_before_it(talk, server, calls, kept):
    """As long as it is no longer than the cache looks back, which is ten calls and their results."""
    messages, use = [{"role": "user", "content": words(20_000)}], {"type": "tool_use", "name": "look", "input": {}}
    async with server.client() as client:
        for _ in range(4):
            route, share = await talk.ask(messages, client, {"blocks": [use] * calls}, tools=TOOLS)
            messages += [
                {"role": "tool", "tool_call_id": call["id"], "content": words(3000 // calls)}
                for call in messages[-1]["tool_calls"]
            ]
            if not kept:
                forget(server)

    assert ("cold" if not kept else "parked" if calls <= 3 else "rewound") == route
    assert share >= 0.60
