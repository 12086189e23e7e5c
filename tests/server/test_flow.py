"""Flow control: how many answers are made at once, who waits, and what slow clients cost the others."""

import asyncio
import re
import socket

import orjson
import pytest

from cmappy.backends.lines import Line
from cmappy.errors import CliFailed

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}
KINDS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
PIECE = "x" * 10_000
MANY = 2_000  # pieces: 20 MB, more than the kernel keeps for a client that does not read


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    """Run on both event loops: the command takes uvloop where there is one, and their buffers are their own."""
    return "asyncio", {"use_uvloop": request.param}


class Gated:
    """A backend's script: the first answers wait at a gate, and how many have begun can be awaited."""

    def __init__(self, backend, cli):
        self.gate = asyncio.Event()
        self._backend = backend
        backend.steps = [self.gate, *cli.answer("Hello")]

    async def begun(self, count):
        """Wait until so many answers have begun."""
        while len(self._backend.turns) < count:
            self._backend.started.clear()
            await self._backend.started.wait()


@pytest.fixture
def gated(backend, cli):
    """Return the gate at which all answers wait."""
    return Gated(backend, cli)


@pytest.fixture
def measure():
    """Return what reads the server's own numbers."""

    async def measure(client):
        lines = (await client.get("/metrics")).text.splitlines()
        names = ("answers_running", "requests_waiting", "answers_unread")
        return tuple(
            int(float(line.split()[1])) for name in names for line in lines if line.startswith(f"cmappy_{name} ")
        )

    return measure


@pytest.fixture
def reach(measure):
    """Return what waits until the server's numbers are these: running, waiting, unread."""

    async def reach(client, *numbers):
        while numbers != await measure(client):
            pass

    return reach


def ask(client, **fields):
    """Begin to ask."""
    return asyncio.create_task(client.post(CHAT, json=HELLO | fields))


@KINDS
async def test_only_so_many_answers_are_made_at_once(connect, backend, gated, reach, stream):
    """Each is a process of some hundred megabytes."""
    client = await connect(max_concurrency=2)
    requests = [ask(client, stream=stream) for _ in range(5)]
    await reach(client, 2, 3, 0)
    begun = len(backend.turns)
    gated.gate.set()
    statuses = [(await request).status_code for request in requests]
    await reach(client, 0, 0, 0)

    assert (2, [200] * 5) == (begun, statuses)


@KINDS
async def test_full_queue_is_a_429_with_advice(connect, backend, gated, reach, stream):
    """The official SDK waits as long as it is told, and asks again."""
    client = await connect(max_concurrency=1, queue=1)
    requests = [ask(client), ask(client)]
    await reach(client, 1, 1, 0)
    refused = await ask(client, stream=stream)
    gated.gate.set()
    statuses = [(await request).status_code for request in requests]

    told = (refused.status_code, refused.json()["error"]["code"], refused.headers["retry-after"])

    assert (429, "server_busy", "5", [200, 200]) == (*told, statuses)


@KINDS
async def test_waiting_too_long_is_a_429_with_advice(connect, backend, gated, reach, stream):
    """A queue that does not move is no better than a full one."""
    client = await connect(max_concurrency=1, queue_timeout=0.05)
    first = ask(client)
    await gated.begun(1)
    refused = await ask(client, stream=stream)
    gated.gate.set()

    told = (refused.status_code, refused.json()["error"]["code"], refused.headers["retry-after"])

    assert (429, "server_busy", "5", 200) == (*told, (await first).status_code)


@KINDS
async def test_client_that_leaves_the_queue_frees_its_place(connect, backend, gated, reach, stream):
    """Closed windows do not keep anybody waiting."""
    client = await connect(max_concurrency=1, queue=1)
    first = ask(client)
    await gated.begun(1)
    leaving = ask(client, stream=stream)
    await reach(client, 1, 1, 0)
    leaving.cancel()
    await reach(client, 1, 0, 0)
    next_one = ask(client)
    await reach(client, 1, 1, 0)
    gated.gate.set()

    assert ([200, 200], 2) == ([(await request).status_code for request in (first, next_one)], len(backend.turns))


@KINDS
async def test_failed_answer_frees_its_place(connect, backend, cli, stream):
    """Whatever goes wrong, the next one is served."""
    client = await connect(max_concurrency=1, queue=0)
    backend.steps = [cli.start(), *cli.text("Hel"), CliFailed("It crashed.")]
    for _ in range(3):
        await ask(client, stream=stream)
    backend.steps = cli.answer("Hello")

    assert 200 == (await ask(client)).status_code


@KINDS
async def test_client_that_leaves_its_answer_frees_its_place(connect, backend, gated, reach, stream):
    """The commonest end of a long answer."""
    client = await connect(max_concurrency=1, queue=0)
    request = ask(client, stream=stream)
    await gated.begun(1)
    request.cancel()
    await reach(client, 0, 0, 0)
    gated.gate.set()

    assert 200 == (await ask(client)).status_code


async def test_refused_requests_take_no_place(connect, backend, gated):
    """What is wrong is told at once, however busy the server is."""
    client = await connect(max_concurrency=1, queue=0)
    first = ask(client)
    await gated.begun(1)
    statuses = [(await ask(client, n=2)).status_code, (await client.get("/v1/models")).status_code]
    gated.gate.set()

    assert ([400, 200], 200) == (statuses, (await first).status_code)


class Slow:
    """A client that has asked for a stream and reads only when it is told; its kernel keeps `buffer` bytes for it."""

    def __init__(self, base_url, buffer):
        self._address = base_url.host, base_url.port
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)

    async def ask(self):
        """Send the request."""
        loop = asyncio.get_running_loop()
        self._socket.setblocking(False)
        await loop.sock_connect(self._socket, self._address)
        body = orjson.dumps(HELLO | {"stream": True})
        head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        await loop.sock_sendall(self._socket, head.encode() + body)

    async def read(self, pause=0):
        """Read to the end, with a pause after each megabyte, and return all."""
        received = []
        while data := await asyncio.get_running_loop().sock_recv(self._socket, 1 << 20):
            received.append(data)
            await asyncio.sleep(pause)
        return b"".join(received)

    def close(self):
        """Leave."""
        self._socket.close()


@pytest.fixture
def slow():
    """Return what makes slow clients, which leave in the end."""
    clients = []

    def slow(base_url, buffer=4096):
        clients.append(Slow(base_url, buffer))
        return clients[-1]

    yield slow
    for client in clients:
        client.close()


def text(received):
    """Return the text of a stream as it came from the socket, and whether it is complete."""
    pieces = re.findall(rb'"content":"(x*)"', received)
    return sum(map(len, pieces)), b"data: [DONE]" in received


async def test_slow_reader_does_not_hold_up_the_others(connect, backend, cli, reach, slow):
    """Its answer is made and waits for it; the place is free."""
    client = await connect(max_concurrency=1, queue=2, max_unread=100 << 20)
    backend.steps = cli.answer(*[PIECE] * MANY)
    reader = slow(client.base_url)
    await reader.ask()
    await reach(client, 0, 0, 1)
    backend.steps = cli.answer("Hello")
    other = (await ask(client)).status_code
    received = await reader.read()
    await reach(client, 0, 0, 0)

    assert (200, (len(PIECE) * MANY, True)) == (other, text(received))


async def test_slow_reader_slows_its_own_answer_beyond_the_cap(connect, backend, cli, reach, slow):
    """Memory for it is bounded: the CLI is read no further until the client reads."""
    client = await connect(max_unread=100_000)
    said = 0
    start, *lines = cli.answer(*[PIECE] * MANY)

    async def count(turn, owner=""):
        nonlocal said
        yield Line(start)
        for line in lines:
            said += 1
            yield Line(line)

    backend.lines = count
    reader = slow(client.base_url)
    await reader.ask()
    before = -1
    while said > before or said == 0:
        before = said
        for _ in range(20):
            await client.get("/health")
    received = await reader.read()

    assert (True, MANY + 3, (len(PIECE) * MANY, True)) == (before < MANY // 2, said, text(received))


async def test_unread_answers_count_as_waiting(connect, backend, cli, reach, slow):
    """However many clients do not read, there are never more answers in memory than may run and wait."""
    client = await connect(max_concurrency=1, queue=1, max_unread=100 << 20)
    backend.steps = cli.answer(*[PIECE] * MANY)
    for unread in (1, 2):
        await slow(client.base_url).ask()
        await reach(client, 0, 0, unread)

    assert 429 == (await ask(client)).status_code


async def test_client_that_takes_nothing_is_given_up(connect, backend, cli, reach, slow, caplog):
    """A client that has stopped for good, but not closed its connection, is not waited for."""
    caplog.set_level("INFO", logger="cmappy.request")
    client = await connect(max_unread=100_000, stall_timeout=0.2)
    backend.steps = cli.answer(*[PIECE] * MANY)
    reader = slow(client.base_url)
    await reader.ask()
    await backend.gone()
    await reach(client, 0, 0, 0)

    [line] = [record.getMessage() for record in caplog.records if CHAT in record.getMessage()]

    assert ("status=499", "error=client_stalled") == tuple(line.split()[3:5])


async def test_slow_reader_that_goes_on_reading_is_not_given_up(connect, backend, cli, slow):
    """Slow is not stopped: it may take longer than the time that it may stand still."""
    client = await connect(max_unread=100_000, stall_timeout=1)
    backend.steps = cli.answer(*[PIECE] * MANY)
    reader = slow(client.base_url, buffer=1 << 20)
    await reader.ask()

    assert (len(PIECE) * MANY, True) == text(await reader.read(pause=0.1))


@KINDS
async def test_answer_that_takes_too_long_is_a_504(connect, backend, cli, gated, stream):
    """The limit is the server's own, from the moment that there is a place."""
    client = await connect(total_timeout=0.05)
    response = await ask(client, stream=stream)

    assert (504, "timeout") == (response.status_code, response.json()["error"]["code"])


async def test_time_in_the_queue_is_not_time_of_the_answer(connect, backend, gated, cli, reach):
    """Who had to wait is not punished for it."""
    client = await connect(max_concurrency=1, total_timeout=1)
    first = ask(client)
    await gated.begun(1)
    waiting = ask(client)
    await reach(client, 1, 1, 0)
    status = (await first).status_code
    backend.steps = cli.answer("Hello")
    gated.gate.set()

    assert (504, 200) == (status, (await waiting).status_code)
