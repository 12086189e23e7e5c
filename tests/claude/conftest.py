"""The real CLI behind the real server, with a stub for the Messages API: what a client sends is seen to arrive.

The server of a module is shared by its tests and keeps its port to the upstream, where each test has a stub of its own.
"""

import importlib.machinery
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from openai import APIError, AsyncOpenAI
from sanic import Sanic

from cmappy.backends.claude import launch
from cmappy.backends.claude.backend import ClaudeSource
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.claude.login import inspect
from cmappy.backends.claude.proof import Proof
from cmappy.backends.lines import Answering
from cmappy.server.app import create_app
from cmappy.server.run import serving
from cmappy.settings import Settings
from tests.scripted import harness
from tools import hermetic
from tools.upstream import Upstream

Sanic.test_mode = True  # several applications in one process

ROOT = Path(__file__).parents[2]
IDENTITY = "You are a Claude agent, built on Anthropic's Claude Agent SDK."


@dataclass(frozen=True)
class Server:
    """A running cmappy: its address, and the folder in which the CLI's home and its temporary files are."""

    url: str
    folder: Path
    source: ClaudeSource

    @property
    def home(self):
        """The home directory of the CLI."""
        return self.folder / "home"

    def client(self, kind=AsyncOpenAI):
        """Return the official SDK's client, which does not repeat what fails."""
        return kind(base_url=f"{self.url}/v1", api_key="unused", max_retries=0)


@dataclass(frozen=True)
class Arrived:
    """One request to the API, taken apart: what the client sent, and what the CLI adds to every request."""

    headers: dict
    body: dict

    @property
    def messages(self):
        """The conversation, without the CLI's own `system` messages."""
        return [
            {"role": message["role"], "content": [_bare(block) for block in message["content"]]}
            for message in self.body["messages"]
            if message["role"] != "system"
        ]

    @property
    def notes(self):
        """The texts of the `system` messages, which the CLI adds by itself."""
        added = [message for message in self.body["messages"] if message["role"] == "system"]
        return [block["text"] for message in added for block in message["content"]]

    @property
    def system(self):
        """The system prompt, without the CLI's own two blocks before it."""
        billing, identity, *own = [block["text"] for block in self.body["system"]]
        assert (True, IDENTITY) == (billing.startswith("x-anthropic-billing-header:"), identity)
        return own

    @property
    def size(self):
        """The size of the body in bytes."""
        return int(self.headers["content-length"])


def _bare(block):
    return {name: value for name, value in block.items() if name != "cache_control"}


@pytest.fixture(scope="session")
def anyio_backend():
    """Name the one event loop that Sanic runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def claude():
    """Find the CLI that `tools/install-claude` installed; CMAPPY_REQUIRE_CLAUDE makes its absence an error.

    CMAPPY_CLAUDE_VERSION names another version than the pinned one.
    """
    loader = importlib.machinery.SourceFileLoader("install_claude", str(ROOT / "tools" / "install-claude"))
    script = importlib.util.module_from_spec(importlib.util.spec_from_loader("install_claude", loader))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        loader.exec_module(script)
    binary = script.find_binary(script.CACHE / os.environ.get("CMAPPY_CLAUDE_VERSION", script.PINNED))
    if binary is None:
        stop = pytest.fail if os.environ.get("CMAPPY_REQUIRE_CLAUDE") else pytest.skip
        stop("The Claude Code CLI is not installed for tests: run tools/install-claude")
    return binary


@pytest.fixture(scope="session")
def resolved(claude, tmp_path_factory):
    """Return the model that each name of the CLI stands for, as the CLI itself tells; it changes with its version."""
    home = tmp_path_factory.mktemp("home")
    asked = json.dumps({"type": "control_request", "request_id": "1", "request": {"subtype": "initialize"}})
    said = subprocess.run(
        [claude, *launch.ARGUMENTS],
        input=asked + "\n",
        env=hermetic.environment(home, "http://127.0.0.1:9"),
        cwd=home,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    [answer] = [line for line in map(json.loads, said.splitlines()) if line["type"] == "control_response"]
    return {model["value"]: model["resolvedModel"] for model in answer["response"]["response"]["models"]}


@pytest.fixture(scope="module")
def upstream_port():
    """Reserve a port for the stubs of a module: bound and not listening, so that nobody else is given it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
async def upstream(upstream_port):
    """Run a stub with nothing scripted."""
    async with Upstream(port=upstream_port) as stub:
        yield stub


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of the module's server, with an empty home in it."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "home").mkdir()
    return folder


@pytest.fixture(scope="module")
def serve(claude, upstream_port):
    """Return the way to run a server in this process, in a folder; `variables` are more of its environment."""

    @asynccontextmanager
    async def run(
        folder,
        *,
        settings=None,
        allow_api_key=False,
        max_retries=0,
        warm=0,
        live=0,
        idle=900,
        silence=120,
        verdict="proven",
        **variables,
    ):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            own = hermetic.environment(
                folder / "home", f"http://127.0.0.1:{upstream_port}", TMPDIR=str(folder), **variables
            )
            child = launch.environment(
                own, own_address=f"127.0.0.1:{port}", allow_api_key=allow_api_key, max_retries=max_retries
            )
            installed = await inspect(str(claude), child, check_login=False)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tempfile, "tempdir", str(folder))
                source = ClaudeSource(
                    str(claude),
                    child,
                    installed,
                    first=120,
                    silence=silence,
                    warm=warm,
                    processes=8 + warm + live,
                    keep=live > 0,
                    idle=idle,
                    allow_api_key=allow_api_key,
                    proof=Proof(verdict),
                )
            app = create_app(
                settings or Settings(allow_api_key=allow_api_key), Answering(source, Interpreter), name=f"cmappy-{port}"
            )
            app.config.TOUCHUP = False  # Sanic's rewriting of its own classes works once in a process
            async with serving(app, listener, drain=0):
                yield Server(f"http://127.0.0.1:{port}", folder, source)
            Sanic.unregister_app(app)

    return run


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run the server that most tests of a module share."""
    async with serve(folder) as running:
        yield running


@pytest.fixture
async def client(server, upstream):
    """Open the official SDK's client of the shared server."""
    async with server.client() as sdk:
        yield sdk


@pytest.fixture
def arrived(upstream):
    """Return the way to look at the only request that has arrived; a second one, of whatever kind, is an error."""

    def look():
        [only] = upstream.requests
        return Arrived(only.headers, only.body)

    return look


@pytest.fixture
async def usual(serve, upstream, tmp_path_factory):
    """Return what the CLI asks of the API where nothing is set up, and forget that it was asked."""
    folder = tmp_path_factory.mktemp("usual")
    (folder / "home").mkdir()
    async with serve(folder) as bare, bare.client() as client:
        await client.chat.completions.create(model="sonnet", messages=[{"role": "user", "content": "Hello"}])
    [only] = upstream.requests
    upstream.requests.clear()
    return only.body


@pytest.fixture
def ask(client):
    """Return the way to ask one question, or to continue a conversation, without a stream."""

    async def create(*messages, model="sonnet", **options):
        return await client.chat.completions.create(model=model, messages=messages, **options)

    return create


@pytest.fixture
def stream(client):
    """Return the way to ask with a stream and to get the list of its chunks."""

    async def create(*messages, model="sonnet", **options):
        return [
            chunk
            async for chunk in await client.chat.completions.create(
                model=model, messages=messages, stream=True, **options
            )
        ]

    return create


@pytest.fixture
def listen():
    """Return the way to read a stream that breaks: what it says until then, and the error.

    `heard` is called with each chunk, and with all that has been said so far.
    """

    async def read(client, message, heard):
        said = ""
        try:
            async for chunk in await client.chat.completions.create(model="sonnet", messages=[message], stream=True):
                said += chunk.choices[0].delta.content or ""
                heard(said)
        except APIError as error:
            return said, error
        return said, None

    return read


@pytest.fixture(scope="session")
def descendants():
    """Return the way to list the processes that a process, this one unless told, has started."""
    return harness.descendants


@pytest.fixture(scope="session")
def gone():
    """Return the way to wait until processes have ended."""
    return harness.gone
