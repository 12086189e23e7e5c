"""Numbers for Prometheus."""

import asyncio
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cmappy.answer import Routed
from cmappy.errors import CliFailed
from cmappy.server.limiter import Limiter
from cmappy.server.metrics import Metrics
from cmappy.server.trace import Trace
from cmappy.status import Plan, Status, Window

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}
KINDS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture
def numbers(client):
    """Return what reads the server's numbers, without `cmappy_`: by name and labels, in alphabetical order."""

    async def numbers():
        families = text_string_to_metric_families((await client.get("/metrics")).text)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name.removeprefix("cmappy_"), *sample.labels.values()): sample.value for sample in samples}

    return numbers


@KINDS
async def test_answers_are_counted(client, backend, numbers, stream):
    """By status, with their tokens, their times, and how the CLI was found."""
    backend.steps = [Routed("warm"), *backend.steps]
    for _ in range(2):
        await client.post(CHAT, json=HELLO | {"stream": stream})

    expected = {
        ("requests_total", CHAT, "", "200"): 2,
        ("turns_total", "warm"): 2,
        ("tokens_total", "prompt", "warm"): 20,
        ("tokens_total", "completion", "warm"): 2,
        ("tokens_total", "cached", "warm"): 6,
        ("tokens_total", "cache_write", "warm"): 4,
        ("first_token_seconds_count",): 2,
        ("answer_seconds_count",): 2,
    }

    assert expected.items() <= (await numbers()).items()


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/health", ("/health", "", "200")),
        ("GET", "/v1/models/sonnet", ("/v1/models/<id:path>", "", "200")),
        ("GET", "/v1/models/gpt-4o", ("/v1/models/<id:path>", "model_not_found", "404")),
        ("GET", "/any/thing", ("", "unknown_url", "404")),
        ("POST", CHAT, (CHAT, "missing_required_parameter", "400")),
    ],
)
async def test_requests_are_counted_by_their_end(client, numbers, method, path, labels):
    """The labels are ours, never the client's text: a client cannot make a million series."""
    await client.request(method, path, json={})

    assert 1 == (await numbers())["requests_total", *labels]


async def test_broken_stream_is_counted_with_its_error(client, backend, cli, numbers):
    """A 200 that went wrong is not a good one."""
    backend.steps = [cli.start(), *cli.text("Hel"), CliFailed("It crashed.")]
    await client.post(CHAT, json=HELLO | {"stream": True})

    assert 1 == (await numbers())["requests_total", CHAT, "cli_error", "200"]


@KINDS
async def test_client_that_leaves_is_counted_once(client, backend, numbers, stream):
    """As 499, like elsewhere."""
    backend.steps = [asyncio.Event()]
    request = asyncio.create_task(client.post(CHAT, json=HELLO | {"stream": stream}))
    await backend.started.wait()
    request.cancel()
    while ("requests_total", CHAT, "", "499") not in await numbers():
        pass

    assert 1 == (await numbers())["requests_total", CHAT, "", "499"]


async def test_state_of_the_backend_is_shown(backend, numbers):
    """How many processes there are, and how much of the plan is left."""
    five_hours = Window("", 0.93, 1795378896)
    plan = Plan(windows={"five_hour": five_hours, "seven_day": Window("", 0.41)})

    async def status(*, closely=False):
        return Status("claude-code-cli", "2.1.330", "oauth_token", (), "subscription", plan, processes=3)

    backend.status = status
    expected = {
        ("cli_processes",): 3,
        ("plan_utilization_ratio", "five_hour"): 0.93,
        ("plan_utilization_ratio", "seven_day"): 0.41,
        ("plan_reset_timestamp_seconds", "five_hour"): 1795378896,
    }

    assert expected.items() <= (await numbers()).items()


@pytest.mark.parametrize("hang", [False, True], ids=["fails", "hangs"])
async def test_numbers_are_there_when_the_cli_is_not(backend, numbers, hang):
    """Just then they are needed."""

    async def status(*, closely=False):
        if hang:
            await asyncio.Event().wait()
        raise CliFailed("It crashed.")

    backend.status = status

    assert 0 == (await numbers())["answers_running",]


async def test_numbers_of_the_process_are_shown(numbers):
    """Memory and descriptors, by their usual names."""
    assert {("process_resident_memory_bytes",), ("process_open_fds",)} <= (await numbers()).keys()


async def test_numbers_have_prometheus_content_type(client):
    """Newer versions of Prometheus insist on it."""
    assert (await client.get("/metrics")).headers["content-type"].startswith("text/plain; version=")


async def test_each_server_has_its_own_numbers(connect):
    """Two in one process do not count each other's requests."""
    one, other = await connect(), await connect()
    await one.get("/nothing")

    assert [True, False] == ["unknown_url" in (await client.get("/metrics")).text for client in (one, other)]


def test_words_from_outside_make_a_bounded_number_of_series():
    """A recording, or an API that is not ours, may say anything for a route, a code or a window of the plan."""
    metrics = Metrics(Limiter(max_running=1, max_waiting=1, wait_timeout=1))
    for at in range(1000):
        metrics.count(Trace("req_1", "POST", route=f"way{at}", error=f"code{at}", status=200))
    for odd in ("x" * 1000, "a\nb", 'a"} 1', "\x1b[31m", "\udc80", "Ä"):
        metrics.count(Trace("req_1", "POST", route=odd, error=odd, status=200))
        plan = SimpleNamespace(windows={odd: Window(utilization=0.5, resets_at=1)})
        metrics.render(SimpleNamespace(processes=1, plan=plan))
    series = metrics.render(None).decode().splitlines()

    assert len(series) < 400
    assert 2 == len([line for line in series if line.startswith("cmappy_plan_")])
