"""What outlives a request holds nothing of it."""

import gc

import httpx
import pytest

from cmappy.server.request import ClientRequest
from tests.scripted.harness import PATIENCE, serve, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    """Name the loop that the command uses; asyncio's own keeps up to a hundred cancelled timers with their contexts."""
    return "asyncio", {"use_uvloop": True}


ROUNDS = 300
LAST = 1  # the one that started the process: uvloop keeps its context as long as that lives


def alive():
    """Return how many requests are in memory."""
    gc.collect()
    return sum(isinstance(each, ClientRequest) for each in gc.get_objects())


async def test_no_request_outlives_its_end_however_long_a_process_lives(scripted):
    """Callbacks, timers and tasks of the pool belong to no request: bodies would pile up as a conversation grows."""
    before, messages, routes = alive(), [], []
    async with scripted.backend(live=1) as backend, serve(backend) as url:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            for number in range(ROUNDS):
                messages.append({"role": "user", "content": f"Question {number}"})
                body = {"model": "sonnet", "messages": messages}
                response = await client.post("/chat/completions", json=body)
                messages.append(response.json()["choices"][0]["message"])
                routes.append(response.headers["x-cmappy-route"])
        await until(lambda: alive() <= before + LAST)

    assert {"live"} == set(routes[1:])
