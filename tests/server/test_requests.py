"""What the server remembers of its last requests."""

import asyncio

import pytest

from cmappy.answer import Routed
from cmappy.errors import CliFailed
from cmappy.server.requests import Requests
from cmappy.server.trace import Trace

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}
KINDS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture
def requests(monkeypatch):
    """Return what the servers of this test remember, by the order in which they began."""
    made = []

    class Seen(Requests):
        def __init__(self, *reports, **more):
            super().__init__(*reports, **more)
            made.append(self)

    monkeypatch.setattr("cmappy.server.app.Requests", Seen)
    return made


@KINDS
async def test_answer_is_remembered(requests, backend, connect, stream):
    """Which API, which model, by which way, how long, how much."""
    backend.steps = [Routed("warm"), *backend.steps]
    client = await connect()
    await client.post(CHAT, json=HELLO | {"stream": stream})
    [trace] = requests[0].recent()

    seen = (trace.face, trace.model, trace.route, trace.status, trace.usage.cache_read_input_tokens)

    assert ("chat.completions", "claude-sonnet-5-5", "warm", 200, 3) == seen
    assert 0 <= trace.first_token - trace.started <= trace.total


@pytest.mark.parametrize(
    ("headers", "fields", "status", "error"),
    [
        ({}, {"messages": []}, 400, "invalid_value"),
        ({}, {"model": "gpt-4o"}, 404, "model_not_found"),
        ({"host": "evil.example"}, {}, 403, "forbidden"),
        ({}, {"user": "x" * 1000}, 413, "request_too_large"),
    ],
    ids=["wrong", "unknown model", "host", "large"],
)
async def test_refused_request_is_remembered_with_its_error(requests, connect, headers, fields, status, error):
    """Just these are looked for."""
    client = await connect(max_body=500)
    await client.post(CHAT, json=HELLO | fields, headers=headers)

    assert [("chat.completions", status, error)] == [(t.face, t.status, t.error) for t in requests[0].recent()]


async def test_only_faces_are_remembered(requests, connect):
    """Who polls `/health` pushes nothing else out."""
    client = await connect()
    for path in ("/health", "/v1/models", "/metrics", "/nothing", "/v1/responses/resp_1"):
        await client.get(path)
    await client.options(CHAT)

    assert [] == requests[0].recent()


async def test_running_request_is_remembered_and_its_end_told(requests, backend, connect):
    """A page shows it while it runs, and changes it when it ends."""
    gate = asyncio.Event()
    backend.steps = [Routed("live"), gate, *backend.steps]
    client = await connect()
    changes = []
    requests[0].subscribe(lambda trace: changes.append((trace.route, trace.first_token is not None, trace.status)))
    asking = asyncio.create_task(client.post(CHAT, json=HELLO))
    await backend.waiting.wait()
    [running] = [trace.status for trace in requests[0].recent()]
    gate.set()
    await asking

    assert 0 == running
    assert [("", False, 0), ("live", False, 0), ("live", True, 0), ("live", True, 200)] == changes


@KINDS
async def test_failure_is_remembered_with_its_error(requests, backend, connect, stream, cli):
    """A stream that broke off has the status that its client got, and the error."""
    backend.steps = [cli.start(), *cli.text("Hel"), CliFailed("It crashed.")]
    client = await connect()
    await client.post(CHAT, json=HELLO | {"stream": stream})
    [trace] = requests[0].recent()

    assert (200 if stream else 502, "cli_error") == (trace.status, trace.error)


def test_the_oldest_are_forgotten():
    """However long the server runs, and whether they have ended or not."""
    requests = Requests(kept=3)
    for at in range(5):
        requests.begin(Trace(f"req_{at}"))

    assert ["req_4", "req_3", "req_2"] == [trace.id for trace in requests.recent()]


def test_end_is_reported_once():
    """A stream ends for its client and in its handler."""
    told = []
    requests, trace = Requests(lambda trace: told.append(trace.status)), Trace("req_1")
    requests.begin(trace)
    requests.end(trace, 200)
    requests.end(trace, 499)

    assert ([200], 200) == (told, trace.status)


def test_unsubscribed_listener_hears_nothing():
    """A page that is closed costs nothing, and takes no other page's listener along."""
    requests, one, other = Requests(), [], []
    leave = requests.subscribe(one.append)
    requests.subscribe(other.append)
    leave()
    leave()
    requests.begin(trace := Trace("req_1"))

    assert ([], [trace]) == (one, other)
