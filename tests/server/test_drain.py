"""The stop: answers under way get some seconds, then everybody is told."""

import asyncio

import httpx
import pytest

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}
KINDS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture
async def start(serve):
    """Return what starts a server, and returns a client of it and what begins to stop it."""
    stops, clients = [], []

    async def start(**chosen):
        server = serve(**chosen)
        clients.append(httpx.AsyncClient(base_url=await server.__aenter__(), timeout=None, trust_env=False))

        def stop():
            stops.append(asyncio.create_task(server.__aexit__(None, None, None)))
            return stops[-1]

        return clients[-1], stop

    yield start
    for client in clients:
        await client.aclose()
    await asyncio.gather(*stops)


def ask(client, **fields):
    """Begin to ask."""
    return asyncio.create_task(client.post(CHAT, json=HELLO | fields))


async def refused(client):
    """Wait until the server takes no new connections."""
    while True:
        try:
            async with httpx.AsyncClient(base_url=client.base_url, trust_env=False) as other:
                await other.get("/health")
        except httpx.ConnectError:
            return


@KINDS
async def test_answers_under_way_are_finished(start, backend, cli, stream):
    """And so are those that wait for a place; only then the backend is closed."""
    gate = asyncio.Event()
    backend.steps = [cli.start(), gate, *cli.text("Hello"), cli.stop()]
    client, stop = await start(drain=600, max_concurrency=1)
    requests = [ask(client, stream=stream), ask(client, stream=stream)]
    await backend.started.wait()
    stopped = stop()
    await refused(client)
    early = backend.shut_down
    gate.set()
    answers = [(await request).text for request in requests]
    await stopped

    assert (False, [True, True], True) == (early, ["Hello" in answer for answer in answers], backend.shut_down)


@KINDS
async def test_who_waits_for_a_place_is_told_at_the_end(start, backend, stream):
    """Its client can ask again elsewhere, or later."""
    backend.steps = [asyncio.Event()]
    client, stop = await start(drain=0, max_concurrency=1)
    requests = [ask(client, stream=stream), ask(client, stream=stream)]
    await backend.started.wait()
    while "requests_waiting 1.0" not in (await client.get("/metrics")).text:
        pass
    await stop()
    told = [(response.status_code, response.json()["error"]["code"]) for response in await asyncio.gather(*requests)]

    assert [(503, "server_stopping")] * 2 == told


async def test_stream_is_broken_off_with_an_error(start, backend, cli):
    """Never with a clean end: a client would take what it has for the whole answer."""
    backend.steps = [cli.start(), *cli.text("Hello"), asyncio.Event()]
    client, stop = await start(drain=0)
    request = ask(client, stream=True)
    await backend.waiting.wait()
    await stop()
    text = (await request).text

    assert (True, True, False) == ("Hello" in text, '"code":"server_stopping"' in text, "[DONE]" in text)


async def test_idle_connections_do_not_hold_up_the_stop(start, backend):
    """Clients keep them open for minutes."""
    client, stop = await start(drain=600)
    await client.get("/health")
    await stop()

    assert backend.shut_down


async def test_client_that_does_not_read_does_not_hold_up_the_stop(start, backend, cli):
    """What it has not read by then, it will not get."""
    backend.steps = cli.answer(*["x" * 10_000] * 2_000)
    client, stop = await start(drain=0)
    async with client.stream("POST", CHAT, json=HELLO | {"stream": True}):
        await stop()

    assert backend.shut_down


async def test_time_limits_hold_in_the_stop_of_a_cancelled_server(serve, backend, monkeypatch):
    """Signals cancel it, and until Python 3.11.3 a time limit in a cancelled task ends that instead of the wait."""
    cancelling = []
    monkeypatch.setattr(backend, "close", lambda: cancelling.append(asyncio.current_task().cancelling()) or done())

    async def done():
        backend.shut_down = True

    async def run():
        async with serve():
            up.set()
            await asyncio.Event().wait()

    up, task = asyncio.Event(), asyncio.create_task(run())
    await up.wait()
    task.cancel()
    await asyncio.wait({task})

    assert ([0], True) == (cancelling, task.cancelled())
