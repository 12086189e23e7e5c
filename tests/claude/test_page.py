"""What the page shows of the real CLI: processes, the plan, the list price; and that its button stops a turn."""

import asyncio

import httpx
import pytest

from tests.page.browser import chromium

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server that keeps its processes."""
    async with serve(folder, live=4) as running:
        yield running


async def test_processes_are_listed_for_who_looks(ask, upstream, server):
    """What each is set up for, what it does, and how many turns it has answered."""
    upstream.default = {"text": "Hello"}
    await ask({"role": "system", "content": "Be brief."}, QUESTION)

    closely, usual = await server.source.status(closely=True), await server.source.status()

    [child] = closely.children
    assert ("sonnet, system prompt", "idle", 1, ()) == (child.profile, child.state, child.turns, usual.children)


async def test_idle_process_tells_of_the_plan_and_answers_on(client, upstream, server):
    """The question costs no request to the API, and the process goes on as if it had not been asked."""
    upstream.default = {"text": "Hello"}
    create = client.chat.completions.with_raw_response.create
    first = (await create(model="sonnet", messages=[QUESTION])).parse().choices[0].message.to_dict()
    worker = server.source.pool.workers[-1]
    await worker.settled()

    told = await worker.usage()
    second = await create(model="sonnet", messages=[QUESTION, first, QUESTION])

    assert (False, None) == (told["rate_limits_available"], told["rate_limits"])  # a token may not read it
    assert ("live", 2) == (second.headers["x-cmappy-route"], len(upstream.requests))


async def test_turn_does_not_wait_for_the_plan(client, upstream, server):
    """It takes over the process in the middle of the question; both are answered."""
    upstream.default = {"text": "Hello"}
    create = client.chat.completions.with_raw_response.create
    conversation = [QUESTION]
    for _ in range(5):
        answer = await create(model="sonnet", messages=conversation)
        conversation += [answer.parse().choices[0].message.to_dict(), QUESTION]
        worker = next(each for each in server.source.pool.workers if each.conversation.turns)
        await worker.settled()
        asked = asyncio.create_task(worker.usage())
        await asyncio.sleep(0)
        answer = await create(model="sonnet", messages=conversation)
        assert "rate_limits_available" in await asked
        assert "live" == answer.headers["x-cmappy-route"]
        conversation += [answer.parse().choices[0].message.to_dict(), QUESTION]


async def test_list_price_is_counted_once_for_each_turn(serve, upstream, tmp_path):
    """The CLI adds up over the life of its process; cmappy counts what has come since."""
    upstream.default = {"text": "Hello"}
    counted = []
    (tmp_path / "home").mkdir()
    async with serve(tmp_path, live=4) as running, running.client() as client:
        running.source._on_price = counted.append
        for _ in range(3):
            await client.chat.completions.create(model="sonnet", messages=[QUESTION])
            for worker in running.source.pool.workers:
                await worker.settled()

    assert (3, 1, True) == (len(counted), len({round(each, 9) for each in counted}), counted[0] > 0)


async def test_button_stops_the_turn(upstream, server):
    """In a real browser, on the real CLI: the API is not made to go on."""
    upstream.script({"text": "one two three", "then": "hang", "after": 2})
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(server.url)
        await page.wait_for_selector("#model option", state="attached")
        await page.fill("#prompt", "Count to three.")
        await page.click("#send")
        await page.wait_for_selector("#talk .assistant .text:has-text('one two')")

        await page.click("#stop")

        await upstream.idle()
        await page.wait_for_selector("#said:has-text('Stopped.')")

    assert [True] == [each.disconnected for each in upstream.messages_requests]


async def test_usage_is_told_of_real_answers(ask, upstream, server):
    """Counts of the API, over HTTP."""
    upstream.default = {"text": "Hello"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        before = (await http.get("/usage")).json()["today"]
        await ask(QUESTION)
        after = (await http.get("/usage")).json()["today"]

    assert (1, 12) == (after["answers"] - before["answers"], after["fresh_tokens"] - before["fresh_tokens"])
