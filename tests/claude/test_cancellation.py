"""A client that leaves costs nothing more: the API is not asked any further, and the process is gone."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from anyio import to_thread
from openai import OpenAI

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
HANGS = {"text": "one two three", "then": "hang", "after": 2}
SILENT = {"text": "never", "wait": "nothing"}


@pytest.fixture
async def left(upstream, descendants, gone):
    """Return the block in which a client leaves; after it, the upstream has noticed and the process is gone."""

    @asynccontextmanager
    async def leaving():
        await upstream.received(1)
        processes = descendants()
        yield
        await upstream.idle()
        await gone(processes)

    return leaving


async def test_leaving_in_the_middle_of_a_stream_ends_it(client, upstream, left):
    """Who closes a stream is not made to pay for the rest of it."""
    upstream.script(HANGS)
    stream = await client.chat.completions.create(model="sonnet", messages=[QUESTION], stream=True)
    async with left():
        said = [(await anext(stream)).choices[0].delta.content for _ in range(3)]
        await stream.close()

    assert ["", "one ", "two "] == said
    assert [True] == [each.disconnected for each in upstream.requests]


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "stream"])
async def test_leaving_before_the_first_event_ends_it(client, upstream, left, streamed):
    """Who loses patience while the model is silent is noticed, although nothing can be sent then."""
    upstream.script(SILENT)
    asked = asyncio.create_task(client.chat.completions.create(model="sonnet", messages=[QUESTION], stream=streamed))
    async with left():
        asked.cancel()

    assert [True] == [each.disconnected for each in upstream.requests]


async def test_leaving_in_the_middle_of_a_plain_answer_ends_it(client, upstream, left):
    """A plain answer that is half written is not finished for nobody."""
    upstream.script(HANGS)
    asked = asyncio.create_task(client.chat.completions.create(model="sonnet", messages=[QUESTION]))
    async with left():
        asked.cancel()

    assert [True] == [each.disconnected for each in upstream.requests]


async def test_leaving_with_a_large_question_ends_it(client, upstream, left):
    """A body that is larger than the buffers of the server does not make it deaf."""
    upstream.script(SILENT)
    question = {"role": "user", "content": "word " * 100_000}
    asked = asyncio.create_task(client.chat.completions.create(model="sonnet", messages=[question]))
    async with left():
        asked.cancel()

    assert [True] == [each.disconnected for each in upstream.requests]


@pytest.mark.parametrize("steps", [5, 20, 60, 150, 400, 1000, 3000])
async def test_leaving_at_any_moment_leaves_nothing(client, ask, upstream, descendants, gone, steps):
    """Who leaves while a process is being started, or while it is told the history, leaves no process behind."""
    before = descendants()
    history = [{"role": role, "content": str(number)} for number in range(50) for role in ("user", "assistant")]
    asked = asyncio.create_task(client.chat.completions.create(model="sonnet", messages=[*history, QUESTION]))
    for _ in range(steps):
        await asyncio.sleep(0)
    asked.cancel()
    answer = await ask(QUESTION)
    await gone(descendants() - before)

    assert "Hello from the stub." == answer.choices[0].message.content


async def test_synchronous_client_leaves_a_stream(server, upstream, left):
    """The synchronous client of the official SDK is noticed as well when it closes a stream."""
    upstream.script(HANGS)

    def begin(client):
        stream = client.chat.completions.create(model="sonnet", messages=[QUESTION], stream=True)
        return stream, [next(stream).choices[0].delta.content for _ in range(3)]

    with OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as client:
        stream, said = await to_thread.run_sync(begin, client)
        async with left():
            await to_thread.run_sync(stream.close)

    assert ["", "one ", "two "] == said
    assert [True] == [each.disconnected for each in upstream.requests]


async def test_stopping_the_server_ends_every_process(serve, upstream, tmp_path, descendants, gone):
    """A server that stops takes along what is warm, what is kept, and what is answering."""
    (tmp_path / "home").mkdir()
    before = descendants()
    async with serve(tmp_path) as server, server.client() as client:
        upstream.script({"text": "done"}, SILENT)
        await client.chat.completions.create(model="sonnet", messages=[QUESTION])
        asked = asyncio.create_task(client.chat.completions.create(model="sonnet", messages=[QUESTION]))
        await upstream.received(2)
        processes = descendants() - before
        asked.cancel()
    await gone(processes)

    assert 0 < len(processes)
    assert [] == list(tmp_path.glob("cmappy-*"))
