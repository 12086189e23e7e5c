"""The billing guard: an API key, which costs for each token, is used only by who says so."""

import pytest

from cmappy.status import Status

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def bill(backend):
    """Return what makes the CLI say who pays."""

    def bill(billing):
        async def status(*, closely=False):
            return Status("claude-code-cli", "2.1.330", "unknown", backend.models, billing)

        backend.status = status

    return bill


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_api_key_is_not_billed_by_mistake(client, backend, bill, stream):
    """Also one that the check at the start did not see."""
    bill("api_key")
    response = await client.post(CHAT, json=HELLO | {"stream": stream})

    told = response.status_code, response.json()["error"]["code"], response.headers["x-should-retry"]

    assert (401, "api_key_refused", "false", []) == (*told, backend.turns)


async def test_api_key_is_billed_where_it_is_allowed(connect, bill):
    """Some have nothing else."""
    bill("api_key")
    client = await connect(allow_api_key=True)

    assert 200 == (await client.post(CHAT, json=HELLO)).status_code


@pytest.mark.parametrize("billing", ["subscription", "none"])
async def test_other_logins_are_let_through(client, bill, billing):
    """Where nobody is logged in, the CLI itself says so."""
    bill(billing)

    assert 200 == (await client.post(CHAT, json=HELLO)).status_code


@pytest.mark.parametrize("billing", ["subscription", "api_key", "none"])
async def test_health_tells_who_pays(client, bill, billing):
    """Also when nothing else works."""
    bill(billing)

    assert billing == (await client.get("/health")).json()["billing"]
