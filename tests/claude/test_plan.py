"""The subscription's plan: what the API tells of it reaches the client, and a plan that is used up is said to be."""

import asyncio
import time

import httpx
import pytest
from openai import RateLimitError

from tests.faults.table import FAULTS

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
SOON, LATER = int(time.time()) + 7200, int(time.time()) + 300_000  # Unix seconds


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server that hears a process out, because it keeps it for the next turn."""
    async with serve(folder, live=4) as running:
        yield running


def limits(status="allowed", used=0.25):
    """Return the headers with which the API tells of a plan."""
    prefix = "anthropic-ratelimit-unified"
    told = {
        "status": status,
        "reset": SOON,
        "representative-claim": "five_hour",
        "5h-status": status,
        "5h-reset": SOON,
        "5h-utilization": used,
        "7d-status": "allowed",
        "7d-reset": LATER,
        "7d-utilization": 0.41,
    }
    return {f"{prefix}-{name}": str(value) for name, value in told.items()}


EXHAUSTED = {"error": {"type": "rate_limit_error", "message": "over the limit"}, "headers": limits("rejected", 1.0)}


async def test_plan_is_told_once_it_is_known(client, upstream, server):
    """What is heard after an answer stands in the headers of later ones, and `/health` tells whoever asks."""
    upstream.default = {"text": "one", "headers": limits()}
    create = client.chat.completions.with_raw_response.create
    first = (await create(model="sonnet", messages=[QUESTION])).parse().choices[0].message.to_dict()
    await create(model="sonnet", messages=[QUESTION, first, QUESTION])  # by the same process, which was heard out
    third = await create(model="sonnet", messages=[QUESTION])
    async with httpx.AsyncClient() as http:
        health = (await http.get(f"{server.url}/health")).json()

    told = {name: value for name, value in third.headers.items() if name.startswith("x-ratelimit-")}
    assert ("100", "75", "59") == (
        told["x-ratelimit-limit-five-hour"],
        told["x-ratelimit-remaining-five-hour"],
        told["x-ratelimit-remaining-seven-day"],
    )
    assert told["x-ratelimit-reset-five-hour"][:2] in {"1h", "2h"}
    assert ("allowed", 0.25, LATER) == (
        health["plan"]["status"],
        health["plan"]["windows"]["five_hour"]["utilization"],
        health["plan"]["windows"]["seven_day"]["resets_at"],
    )


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_exhausted_plan_is_a_429_until_it_is_reset(client, upstream, streamed):
    """The client learns when to come back, and the SDK does not try again before; one request to the API."""
    upstream.script(EXHAUSTED)
    asked = time.time()
    async with asyncio.timeout(60):
        with pytest.raises(RateLimitError) as refused:
            await client.with_options(max_retries=2).chat.completions.create(
                model="sonnet", messages=[QUESTION], stream=streamed
            )

    told = refused.value.response.headers
    [row] = [fault for fault in FAULTS if fault.when == "plan"]
    assert (row.status, row.code) == (refused.value.status_code, refused.value.code)
    assert "false" == told["x-should-retry"]
    assert int(told["retry-after"]) in range(int(SOON - time.time()), int(SOON - asked) + 2)
    assert 1 == len(upstream.requests)


async def test_plan_that_is_used_up_is_known_afterwards(client, upstream, server):
    """`/health` tells why nothing works; the next request is tried all the same, as the plan may have been changed."""
    upstream.script(EXHAUSTED)
    with pytest.raises(RateLimitError):
        await client.chat.completions.create(model="sonnet", messages=[QUESTION])
    async with httpx.AsyncClient() as http:
        health = (await http.get(f"{server.url}/health")).json()
    answer = await client.chat.completions.create(model="sonnet", messages=[QUESTION])

    assert ("rejected", SOON) == (health["plan"]["status"], health["plan"]["resets_at"])
    assert "Hello from the stub." == answer.choices[0].message.content


async def test_limit_that_is_not_the_plans_is_told_apart(client, upstream):
    """A short limit of the API says nothing of the plan: the client may try again soon."""
    upstream.script({"error": {"type": "rate_limit_error", "message": "slow down"}})
    with pytest.raises(RateLimitError) as refused:
        await client.chat.completions.create(model="sonnet", messages=[QUESTION])

    told = refused.value.response.headers
    assert ("rate_limit_exceeded", None) == (refused.value.code, told.get("x-should-retry"))
    assert int(told["retry-after"]) in range(1, 121)
