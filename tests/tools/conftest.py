"""What the tests of the tools share: a stub upstream and a client of it."""

import httpx
import pytest

from tools.upstream import Upstream


@pytest.fixture
def anyio_backend():
    """Name the one event loop that Sanic runs on."""
    return "asyncio"


@pytest.fixture
async def upstream():
    """Run a stub with nothing scripted."""
    async with Upstream() as stub:
        yield stub


@pytest.fixture
async def client(upstream):
    """Open a client of the stub that waits as long as it takes."""
    async with httpx.AsyncClient(base_url=upstream.url, timeout=None) as http:
        yield http


@pytest.fixture
def ask(client):
    """Send requests for a message, as the CLI does."""

    async def post(body):
        return await client.post("/v1/messages?beta=true", json=body)

    return post
