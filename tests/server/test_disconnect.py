"""A client that leaves ends the run: nobody pays for words that nobody reads.

A body of 64 KiB and more is its own case: with its default buffers Sanic would stop reading and never notice.
"""

import asyncio

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("size", [10, 500_000], ids=["small body", "500 kB body"])]


def body(size, **fields):
    """Return a chat request of about that many bytes."""
    return {"model": "sonnet", "messages": [{"role": "user", "content": "x" * size}]} | fields


async def leave(task):
    """Cancel a client's request, which closes its connection."""
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_client_that_leaves_before_the_first_event_ends_the_run(client, backend, stream, size):
    """The model may think for minutes before its first word."""
    backend.steps = [asyncio.Event()]
    request = asyncio.create_task(client.post("/v1/chat/completions", json=body(size, stream=stream)))
    await backend.started.wait()
    before = backend.closed.is_set()
    await leave(request)
    await backend.gone()

    assert before is False


async def test_client_that_leaves_in_mid_answer_ends_the_run(client, backend, cli, size):
    """A plain answer is sent when it is whole, but its client can be seen leaving earlier."""
    backend.steps = [cli.start(), *cli.text("Hello"), asyncio.Event()]
    request = asyncio.create_task(client.post("/v1/chat/completions", json=body(size)))
    await backend.waiting.wait()
    await leave(request)
    await backend.gone()

    assert request.cancelled()


async def test_client_that_leaves_in_mid_stream_ends_the_run(client, backend, cli, size):
    """The stop button of a chat window."""
    backend.steps = [cli.start(), *cli.text("Hello"), asyncio.Event()]
    async with client.stream("POST", "/v1/chat/completions", json=body(size, stream=True)) as response:
        first = await anext(response.aiter_text())
        before = backend.closed.is_set()
    await backend.gone()

    assert (True, False) == ("assistant" in first, before)


async def test_server_goes_on_after_a_client_has_left(client, backend, cli, size):
    """The next client gets its answer."""
    backend.steps = [asyncio.Event()]
    request = asyncio.create_task(client.post("/v1/chat/completions", json=body(size)))
    await backend.started.wait()
    await leave(request)
    await backend.gone()
    backend.steps = cli.answer("Hello")

    assert 200 == (await client.post("/v1/chat/completions", json=body(size))).status_code
