"""The page in a real Chromium, on a server whose backend is scripted."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sanic import Sanic

from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Answering
from cmappy.server.app import create_app
from cmappy.server.run import serving
from cmappy.settings import Settings
from cmappy.status import Child, Model, Plan, Status, Window
from tests.page import browser as browsers
from tests.server.conftest import Cli, ScriptedSource

Sanic.test_mode = True  # several applications in one process

SHOTS = os.environ.get("CMAPPY_SHOTS")  # read before the tests are kept apart from the environment
FOREVER = 4_000_000_000  # Unix seconds
PLAN = Plan(
    "allowed", "five_hour", FOREVER, {"five_hour": Window("allowed", 0.42, FOREVER), "seven_day": Window("", 0.93)}
)
CHILDREN = (Child("any conversation", "ready", 1795378000, 0), Child("sonnet, system prompt", "answering", 1.0, 7))
EFFORTS = ("low", "medium", "high")


def pytest_report_header():
    """Say whether these tests can run, and what they need if not."""
    needed = browsers.missing()
    return f"tests/page: skipped, they need {needed}" if needed else f"tests/page: Chromium at {browsers.path()}"


class Source(ScriptedSource):
    """A scripted CLI that tells all that the page shows."""

    billing, problem = "subscription", None

    def __init__(self, steps):
        super().__init__(steps)
        self.models = (Model("opus", efforts=EFFORTS), Model("sonnet", display_name="Sonnet 5.5", efforts=EFFORTS))

    async def status(self, *, closely=False):
        """Return a status like that of the real CLI."""
        if self.problem:
            raise self.problem
        told = ("claude-code-cli", "2.1.331", "oauth_token", self.models, self.billing, PLAN, 2, "proven")
        return Status(*told, children=CHILDREN if closely else ())


@pytest.fixture(scope="session")
def anyio_backend():
    """Name the one event loop that Sanic runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
async def browser(anyio_backend):
    """Run Chromium for all tests; each has a profile of its own."""
    async with browsers.chromium() as running:
        yield running


@pytest.fixture
def cli():
    """Return the writer of the CLI's lines."""
    return Cli()


@pytest.fixture
async def backend(cli):
    """Return a backend that answers `Hello, world!` unless a test gives it other steps."""
    return Source(cli.answer("Hello", ", world!"))


@pytest.fixture
async def serve(backend, anyio_backend):
    """Return what starts a server and returns its URL."""
    async with AsyncExitStack() as stack:

        async def serve(**chosen):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            app = create_app(Settings(**chosen), Answering(backend, Interpreter))
            await stack.enter_async_context(serving(app, listener, drain=0))
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield serve


class Looker:
    """A person with a browser: `said` is what its console said of errors, `asked` the URLs that the page asked for."""

    def __init__(self, page):
        self.page = page
        self.said, self.asked, self.dialogs = [], [], []
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", self._dismiss)

    async def _dismiss(self, dialog):
        self.dialogs.append(dialog.message)
        await dialog.dismiss()

    async def open(self, url):
        """Open the page, and wait until it is told the state."""
        await self.page.goto(url)
        await self.page.wait_for_selector("#pulse.live")
        await self.page.wait_for_selector("#model option", state="attached")

    async def ask(self, text):
        """Send a message."""
        await self.page.fill("#prompt", text)
        await self.page.click("#send")

    async def answered(self):
        """Wait until the answer is complete, and return its text."""
        await self.page.wait_for_selector("#stop[disabled]", state="attached")
        return await self.page.inner_text("#talk .assistant:last-child .text")


@pytest.fixture
async def look(browser):
    """Return what opens a browser with a profile of its own."""
    async with AsyncExitStack() as stack:

        async def look(**options):
            context = await browser.new_context(**options)
            stack.push_async_callback(context.close)
            return Looker(await context.new_page())

        yield look


@pytest.fixture
async def looker(look, serve):
    """Look at the page of a server with the usual settings."""
    looker = await look()
    await looker.open(await serve())
    return looker


@pytest.fixture
def shots(tmp_path):
    """Return the folder for screenshots: CMAPPY_SHOTS, if somebody wants to look at them."""
    folder = Path(SHOTS or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def elsewhere(anyio_backend):
    """Return what serves a page of somebody else's at another origin, and returns its URL."""
    async with AsyncExitStack() as stack:

        @asynccontextmanager
        async def listening(html, host):
            async def answer(reader, writer):
                await reader.readuntil(b"\r\n\r\n")
                head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {len(html)}"
                writer.write(f"{head}\r\n\r\n{html}".encode())
                await writer.drain()
                writer.close()

            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            async with server:
                yield f"http://{host}:{server.sockets[0].getsockname()[1]}/"

        async def elsewhere(html, host="127.0.0.1"):
            return await stack.enter_async_context(listening(html, host))

        yield elsewhere
