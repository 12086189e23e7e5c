"""The page, its live data and the usage, as they come over HTTP; a browser looks at them elsewhere."""

import asyncio
import json
import re
from collections import defaultdict, deque
from contextlib import asynccontextmanager

import httpx
import pytest

from cmappy.answer import Routed
from cmappy.errors import LoginFailed
from cmappy.server.history.ledger import Ledger
from cmappy.status import Child, Plan, Status, Window

pytestmark = pytest.mark.anyio

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
KEY = {"authorization": "Bearer key-of-one-client"}
CHAT = "/v1/chat/completions"
SECRET = "a word that only the question has"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": SECRET}]}


class Stream:
    """The events of `/live`, as they come."""

    def __init__(self, response):
        self._lines = response.aiter_lines()
        self._events = defaultdict(deque)
        self._name = ""
        self.raw = ""

    async def next(self, name):
        """Return the data of the next event of a name; the others are kept for whoever asks for them."""
        async with asyncio.timeout(30):
            while not self._events[name]:
                line = await anext(self._lines)
                self.raw += line + "\n"
                if line.startswith("event: "):
                    self._name = line.removeprefix("event: ")
                if line.startswith("data: "):
                    self._events[self._name].append(json.loads(line.removeprefix("data: ")))
        return self._events[name].popleft()

    async def until(self, name, wanted):
        """Return the first event of a name for which something holds."""
        while not wanted(data := await self.next(name)):
            pass
        return data


@pytest.fixture
def live():
    """Return what opens the live data of a server."""

    @asynccontextmanager
    async def open_live(client, **headers):
        async with client.stream("GET", "/live", headers=headers) as response:
            assert 200 == response.status_code
            yield Stream(response)

    return open_live


def closely(backend, status):
    """Have a backend tell a status to who looks closely."""

    async def told(*, closely=False):
        return status

    backend.status = told


async def test_browser_gets_the_page_and_a_program_json(client):
    """One URL for both."""
    page, program = await client.get("/", headers=BROWSER), await client.get("/")

    assert ("text/html; charset=utf-8", "cmappy") == (page.headers["content-type"], program.json()["name"])


async def test_page_loads_nothing_from_anywhere(client):
    """All that it needs is in it: it works offline, and nobody learns that it is open."""
    page = (await client.get("/", headers=BROWSER)).text

    assert [] == re.findall(r"(?:src|href)=\"(?!#|data:,)[^\"]*\"|@import|url\(", page)


async def test_page_runs_only_what_is_its_own(client):
    """The nonce is another one each time, so that nobody can know it, and there are no handlers in attributes."""
    first, second = [await client.get("/", headers=BROWSER) for _ in range(2)]
    policy = first.headers["content-security-policy"]
    [nonce] = set(re.findall(r"nonce-([\w-]+)'", policy))

    assert (2, 0) == (first.text.count(f'nonce="{nonce}"'), second.text.count(nonce))
    assert [] == re.findall(r"<[^>]*\s(?:on\w+|style)=", first.text)
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(re.split(r"[; ]+", policy))
    assert ("no-store", "DENY") == (first.headers["cache-control"], first.headers["x-frame-options"])


async def test_page_is_shown_without_a_key_and_nothing_else_is(connect):
    """It is what asks for the key; it holds nothing of anybody's."""
    client = await connect(api_key=("key-of-one-client",))

    statuses = [
        (await client.get(path, headers=headers)).status_code
        for path, headers in [
            ("/", BROWSER),
            ("/", {}),
            ("/live", {}),
            ("/usage", {}),
            ("/v1", BROWSER),
            ("/usage", KEY),
        ]
    ]

    assert [200, 401, 401, 401, 401, 200] == statuses


async def test_page_can_be_switched_off(connect):
    """What nobody wants to have."""
    client = await connect(page=False, api_key=("key-of-one-client",))

    statuses = [
        (await client.get(path, headers=headers)).status_code
        for path, headers in [("/", BROWSER), ("/", KEY | BROWSER), ("/live", KEY), ("/usage", KEY)]
    ]

    assert [401, 200, 404, 200] == statuses
    assert "cmappy" == (await client.get("/", headers=KEY | BROWSER)).json()["name"]


@pytest.mark.parametrize("path", ["/", "/live", "/usage"])
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=["rebound", "other origin", "sandbox", "other port", "picture", "script", "frame", "half"],
)
async def test_other_sites_get_nothing(client, path, headers):
    """Neither by reading, nor by a name of their own, nor as a part of their page."""
    assert 403 == (await client.get(path, headers=BROWSER | headers)).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
    ],
    ids=["typed", "link", "own script"],
)
async def test_people_and_the_page_itself_get_in(client, headers):
    """A link somewhere may lead here; what it leads to cannot be read from there."""
    assert 200 == (await client.get("/", headers=BROWSER | headers)).status_code


async def test_reader_is_told_the_state_and_each_request_as_it_goes_on(backend, cli, client, live):
    """Begun, first token, end: with times, route and tokens, never with what was said."""
    go_on = asyncio.Event()
    backend.steps = [Routed("live"), cli.start(), *cli.text("an answer that is secret")[:2], go_on, cli.stop()]
    async with live(client) as stream:
        assert {"whole": True, "requests": []} == await stream.next("requests")
        assert "2.1.330" == (await stream.next("state"))["cli"]["version"]
        asking = asyncio.create_task(client.post(CHAT, json=HELLO))
        running = await stream.until("requests", lambda told: told["requests"][0]["first"] is not None)
        go_on.set()
        await asking
        ended = await stream.until("requests", lambda told: told["requests"][0]["status"])
        state = await stream.until("state", lambda told: told["today"]["answers"])

    assert (0, None, "live") == tuple(running["requests"][0][name] for name in ("status", "total", "route"))
    [request] = ended["requests"]
    assert ("chat.completions", "claude-sonnet-5-5", 200, "") == tuple(
        request[name] for name in ("face", "model", "status", "error")
    )
    assert (5, 3, 2, 1) == tuple(request[name] for name in ("fresh", "cache_read", "cache_written", "output"))
    assert (5, 1) == (state["today"]["fresh_tokens"], state["limits"]["max_running"] // 4)
    assert (False, False) == (SECRET in stream.raw, "secret" in stream.raw)


async def test_reader_that_comes_later_is_told_of_earlier_requests(client, live):
    """Whoever looks when something is slow wants to know what was before."""
    for _ in range(3):
        await client.post(CHAT, json=HELLO)

    async with live(client) as stream:
        told = await stream.next("requests")

    assert (True, 3) == (told["whole"], len(told["requests"]))


async def test_second_reader_is_told_at_once(client, live):
    """Pages share what is computed, and each is told all of it."""
    await client.post(CHAT, json=HELLO)
    async with live(client) as one, live(client) as other:
        told = [(await stream.next("requests"), (await stream.next("state"))["cli"]) for stream in (one, other)]

    assert told[0] == told[1]


async def test_no_more_than_the_last_hundred_are_told(client, live):
    """However many there were."""
    for _ in range(103):
        await client.post(CHAT, json=HELLO)

    async with live(client) as stream:
        told = await stream.next("requests")

    assert 100 == len({request["id"] for request in told["requests"]})


async def test_plan_and_processes_are_told(backend, client, live):
    """What no answer is needed for."""
    plan = Plan(windows={"five_hour": Window("allowed_warning", 0.93, 1795378896), "seven_day": Window("allowed", 0.4)})
    child = Child("system prompt", "idle", 1795378000.4, 7)
    closely(backend, Status("claude-code-cli", "2", "oauth_token", (), "subscription", plan, 1, children=(child,)))

    async with live(client) as stream:
        state = await stream.next("state")

    assert [
        {"name": "five_hour", "used": 0.93, "resets_at": 1795378896, "status": "allowed warning"},
        {"name": "seven_day", "used": 0.4, "resets_at": None, "status": ""},
    ] == state["plan"]
    assert [{"profile": "system prompt", "state": "idle", "since": 1795378000, "turns": 7}] == state["processes"]


async def test_cli_that_cannot_be_asked_is_told(backend, client, live):
    """The page is most wanted when something is wrong."""

    async def status(*, closely=False):
        raise LoginFailed("Log in with `claude auth login`.")

    backend.status = status

    async with live(client) as stream:
        state = await stream.next("state")

    assert ("Log in with `claude auth login`.", []) == (state["cli"]["problem"], state["models"])


async def test_backend_is_not_asked_while_nobody_reads(backend, client, live):
    """Nothing is computed for nobody, neither before nor after."""
    asked, status = [], backend.status

    async def counted(*, closely=False):
        asked.append(closely)
        return await status()

    backend.status = counted
    await client.post(CHAT, json=HELLO)
    before = list(asked)
    async with live(client) as stream:
        await stream.next("state")
    for _ in range(3):
        await client.post(CHAT, json=HELLO)

    assert ([False], [False, True]) == (before, asked[:2])
    assert [False] * 3 == asked[-3:]


async def test_streams_end_when_the_server_stops(serve, live):
    """Open pages do not keep a server from ending."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        async with serve(drain=60) as url:
            client.base_url = url
            opened = live(client)
            stream = await opened.__aenter__()
            await stream.next("state")

        assert {} == await stream.next("stopping")
        await opened.__aexit__(None, None, None)


async def test_words_from_outside_are_cut(backend, cli, client, live):
    """A client may name a model of a megabyte."""
    await client.post(CHAT, json=HELLO | {"model": "claude-" + "x" * 100_000})

    async with live(client) as stream:
        told = await stream.next("requests")

    assert len(told["requests"][0]["model"]) <= 200


async def test_slow_reader_is_told_what_is_left_in_the_end(client, serve):
    """Nothing is queued for it: when it reads on, it gets the present state, and each request once."""
    async with serve() as url, httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as client:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 12)
        writer.write(f"GET /live HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        await reader.readuntil(b"event: state")
        for _ in range(20):
            await client.post(CHAT, json=HELLO)
        told = b""
        async with asyncio.timeout(30):
            while told.count(b'"answers":20') < 1:
                told += await reader.read(1 << 16)
        writer.close()

    ids = re.findall(rb'"id":"(req_\w+)","at"', told)
    assert (20, True) == (len(set(ids)), len(ids) <= 60)


async def test_usage_tells_each_hour(client):
    """What `cmappy usage` prints."""
    await client.post(CHAT, json=HELLO)
    await client.post(CHAT, json={"model": "sonnet"})

    told = (await client.get("/usage")).json()

    [hour] = told["hours"]
    assert (1, 1, 5, 3, 2, 1, False) == (
        *(hour[name] for name in ("answers", "errors", "fresh_tokens", "cache_read_tokens", "cache_written_tokens")),
        hour["output_tokens"],
        told["kept"],
    )


async def test_history_is_written_when_the_server_stops(tmp_path, serve):
    """What was counted in the last seconds, too."""
    ledger = Ledger(tmp_path / "history")
    async with serve(ledger) as url, httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as client:
        await client.post(CHAT, json=HELLO)
        kept = (await client.get("/usage")).json()["kept"]
        await client.post(CHAT, json=HELLO)

    assert (True, [2]) == (kept, [counts.answers for counts in ledger.read(0).values()])
