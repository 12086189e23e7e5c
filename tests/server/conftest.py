"""What the server's tests share: a scripted backend, the server on a real socket, and clients of it."""

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import orjson
import pytest
from sanic import Sanic

from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Answering, Line
from cmappy.server.app import create_app
from cmappy.server.history.history import History
from cmappy.server.run import serving
from cmappy.settings import Settings
from cmappy.status import Model, Status

Sanic.test_mode = True  # several applications in one process

USAGE = {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2, "output_tokens": 1}


class Cli:
    """Writes the lines that the CLI would write."""

    def event(self, **event):
        """Return an event of the Messages API, as the CLI passes it on."""
        return orjson.dumps({"type": "stream_event", "event": event, "session_id": "s", "parent_tool_use_id": None})

    def start(self):
        """Return the first event of an answer."""
        return self.event(
            type="message_start", message={"id": "msg_1", "model": "claude-sonnet-5-5", "role": "assistant"}
        )

    def text(self, *pieces):
        """Return a block of text."""
        return [
            self.event(type="content_block_start", index=0, content_block={"type": "text", "text": ""}),
            *(
                self.event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
                for piece in pieces
            ),
            self.event(type="content_block_stop", index=0),
        ]

    def stop(self, reason="end_turn"):
        """Return the end of an answer."""
        return self.event(type="message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=USAGE)

    def failure(self, **fields):
        """Return the report of a failed turn."""
        return orjson.dumps({"type": "result", "subtype": "success", "is_error": True, "num_turns": 1} | fields)

    def answer(self, *pieces):
        """Return a whole answer."""
        return [self.start(), *self.text(*pieces), self.stop()]


class ScriptedSource:
    """Answers every turn with `steps`: lines to say, routes, events to wait for, exceptions to raise.

    `started`, `waiting` (for an event) and `closed` tell how far the latest answer is; `turns` are the turns so far.
    """

    def __init__(self, steps):
        self.steps = steps
        self.models = (Model("sonnet", "claude-sonnet-5-5"), Model("sonnet[1m]"))
        self.turns = []
        self.owners = []
        self.started = asyncio.Event()
        self.waiting = asyncio.Event()
        self.closed = asyncio.Event()
        self.shut_down = False

    async def start(self):
        """Do nothing: a script needs no preparation."""

    async def lines(self, turn, owner=""):
        """Do what the script says."""
        self.turns.append(turn)
        self.owners.append(owner)
        self.started.set()
        try:
            for step in self.steps:
                match step:
                    case asyncio.Event():
                        self.waiting.set()
                        await step.wait()
                    case Exception():
                        raise step
                    case bytes():
                        yield Line(step)
                    case _:
                        yield step
        finally:
            self.closed.set()

    async def gone(self):
        """Wait until the run is closed; the limit only turns a wait for ever into a failure."""
        async with asyncio.timeout(30):
            await self.closed.wait()

    async def status(self, *, closely=False):
        """Return a status like that of the real CLI."""
        return Status("claude-code-cli", "2.1.330", "oauth_token", self.models)

    async def close(self):
        """Note that the server has let go."""
        self.shut_down = True


@pytest.fixture
def anyio_backend():
    """Name the one event loop that Sanic runs on."""
    return "asyncio"


@pytest.fixture
def cli():
    """Return the writer of the CLI's lines."""
    return Cli()


@pytest.fixture
async def backend(cli):
    """Return a backend that answers `Hello, world!` unless a test gives it other steps."""
    return ScriptedSource(cli.answer("Hello", ", world!"))


@pytest.fixture
def serve(backend):
    """Return what starts a server with the given settings, and a history in a file if told, and yields its URL."""

    @asynccontextmanager
    async def serve(ledger=None, **chosen):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            settings = Settings(**chosen)
            app = create_app(settings, Answering(backend, Interpreter), history=History(ledger))
            async with serving(app, listener, drain=settings.drain):
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"

    return serve


@pytest.fixture
async def url(serve):
    """Run a server with the settings that it has by default."""
    async with serve() as url:
        yield url


@pytest.fixture
async def client(url):
    """Open a client that waits as long as it takes."""
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as http:
        yield http


@pytest.fixture
def ask(client):
    """Return what posts a chat request; fields are added to, or replace those of a minimal one."""

    async def ask(**fields):
        body = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]} | fields
        return await client.post("/v1/chat/completions", json=body)

    return ask


@pytest.fixture
async def connect(serve):
    """Return what starts a server with the given settings and opens a client of it."""
    async with AsyncExitStack() as stack:

        async def connect(**chosen):
            base = await stack.enter_async_context(serve(**chosen))
            client = httpx.AsyncClient(base_url=base, timeout=None, trust_env=False)
            return await stack.enter_async_context(client)

        yield connect


@pytest.fixture
def send_raw():
    """Return what sends bytes to a server as they are, and returns the beginning of what it answers."""

    async def send_raw(url, data):
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(data)
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        finally:
            writer.close()
            await writer.wait_closed()

    return send_raw
