"""The API at its own address, behind a company's proxy: as on a user's machine, where no variable stands for the API.

The proxy is on loopback and refuses every host but the API's, in whose place it puts the stub, with a certificate that
the CLI is told to trust.
"""

import asyncio
import json
import ssl
import tempfile
from contextlib import asynccontextmanager, suppress

import pytest
import trustme

from cmappy.backends.claude import launch, stdin
from cmappy.status import Window
from tools import hermetic

pytestmark = pytest.mark.anyio

# What a process asks the API for; the settings and limits of an organisation when it starts.
KNOWN = {"/v1/messages", "/api/hello", "/api/oauth/usage", "/api/oauth/profile"}
KNOWN |= {"/api/claude_code/settings", "/api/claude_code/policy_limits"}
API = "api.anthropic.com"
QUESTION = {"role": "user", "content": "What is the time?"}
TOOLS = [{"type": "function", "function": {"name": "get_time"}}]
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_time", "input": {}}


class Proxy:
    """What the proxy has seen: the first line of each connection, and all that came in the clear."""

    def __init__(self, authority, port):
        self.asked, self.seen = [], b""
        self._certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(API).configure_cert(self._certificate)
        self._port = port

    async def serve(self, reader, writer):
        """Take one connection; it may break at any moment, and between two tests there is no stub."""
        with suppress(OSError, EOFError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.partition(b"\r\n")[0].decode())
        if self.asked[-1] == f"CONNECT {API}:443 HTTP/1.1":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await writer.start_tls(self._certificate)
            there = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        else:
            self.seen += head
            writer.write(b"HTTP/1.1 502 Refused\r\nconnection: close\r\n\r\n")
            writer.write_eof()
            while data := await reader.read(1 << 16):
                self.seen += data


async def _pump(reader, writer):
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
    writer.close()


@pytest.fixture(scope="module")
def authority():
    """Return what signs the certificate of the API's host."""
    return trustme.CA()


@pytest.fixture(scope="module")
def start_proxy(authority, upstream_port):
    """Return the way to run a proxy, which yields it and its address."""

    @asynccontextmanager
    async def run():
        proxy = Proxy(authority, upstream_port)
        async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
            yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return run


@pytest.fixture(scope="module")
async def proxy(start_proxy, anyio_backend):
    """Run the proxy of the shared server."""
    async with start_proxy() as running:
        yield running


@pytest.fixture(scope="module")
async def server(serve, folder, proxy, authority):
    """Run a server as it is by default, which finds the API where it is."""
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    variables = {"ANTHROPIC_BASE_URL": None, "HTTPS_PROXY": proxy[1], "NODE_EXTRA_CA_CERTS": str(trusted)}
    async with serve(folder, warm=1, live=4, **variables) as running:
        yield running


@pytest.fixture
def ask(client, upstream):
    """Return the way to ask, which tells the answer and how it was routed; only one request arrives."""

    async def create(*asked, **options):
        before = len(upstream.messages_requests)
        raw = await client.chat.completions.with_raw_response.create(model="sonnet", messages=asked, **options)
        [received] = upstream.messages_requests[before:]
        assert API == received.headers["host"]
        return raw.parse().choices[0], raw.headers["x-cmappy-route"]

    return create


async def test_conversation_goes_on_at_the_apis_own_address(ask, upstream):
    """A process that was kept from asking by itself can ask again when it is its turn."""
    upstream.script({"text": "one"}, {"text": "two"})
    first, _ = await ask(QUESTION)
    second, route = await ask(QUESTION, first.message.to_dict(), {"role": "user", "content": "And now?"})

    assert ("one", "two", "live") == (first.message.content, second.message.content, route)


async def test_results_go_to_the_apis_own_address(ask, upstream):
    """So can a process whose calls are parked."""
    upstream.script({"blocks": [CALL]}, {"text": "Noon."})
    asked, _ = await ask(QUESTION, tools=TOOLS)
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": "12:00"}
    answered, route = await ask(QUESTION, asked.message.to_dict(), result, tools=TOOLS)

    assert ("tool_calls", "Noon.", "parked") == (asked.finish_reason, answered.message.content, route)


async def test_answer_at_its_limit_is_one_request(ask, upstream):
    """The CLI would ask for the rest; `ask` sees that it does not."""
    upstream.script({"text": "one two", "stop_reason": "max_tokens"})
    answer, _ = await ask(QUESTION, max_tokens=2)

    assert ("one two", "length") == (answer.message.content, answer.finish_reason)


async def test_nobody_else_is_asked(ask, proxy):
    """Whatever the CLI does on its way, the only host it wants to reach is the API's."""
    await ask(QUESTION)

    assert {f"CONNECT {API}:443 HTTP/1.1"} == set(proxy[0].asked)


async def test_plan_is_known_before_the_first_answer_to_who_looks(serve, proxy, authority, upstream, tmp_path):
    """A login that may read it, as `claude auth login` makes one: one request, and only when somebody looks."""
    upstream.usage = {"five_hour": {"utilization": 42.0, "resets_at": "2030-01-01T00:00:00+00:00"}, "seven_day": None}
    login = {"accessToken": "dummy", "refreshToken": "dummy", "expiresAt": 4_102_444_800_000, "subscriptionType": "max"}
    home = tmp_path / "home" / ".claude"
    home.mkdir(parents=True)
    scopes = {"scopes": ["user:inference", "user:profile"]}
    (home / ".credentials.json").write_text(json.dumps({"claudeAiOauth": login | scopes}))
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    variables = {"ANTHROPIC_BASE_URL": None, "CLAUDE_CODE_OAUTH_TOKEN": None, "HTTPS_PROXY": proxy[1]}
    trusted = str(tmp_path / "authority.pem")
    async with serve(tmp_path, warm=1, live=4, NODE_EXTRA_CA_CERTS=trusted, **variables) as running:
        async with asyncio.timeout(60):
            await running.source.pool._warm._task
            await running.source.status()
            before = _usage_requests(upstream)
            await running.source.status(closely=True)
            await running.source._learning
        status = await running.source.status(closely=True)
        [child] = status.children
        async with running.client() as client:
            answer = await client.chat.completions.with_raw_response.create(model="sonnet", messages=[QUESTION])

    assert ([], 1) == (before, len(_usage_requests(upstream)))
    assert {"five_hour": Window("", 0.42, 1893456000)} == status.plan.windows
    assert ("ready", "warm", "58") == (
        child.state,
        answer.headers["x-cmappy-route"],
        answer.headers["x-ratelimit-remaining-five-hour"],
    )
    assert set() == {each.path for each in upstream.requests} - KNOWN


def _usage_requests(upstream):
    return [each for each in upstream.requests if each.path == "/api/oauth/usage"]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
async def test_locked_process_tells_a_proxy_nothing(claude, start_proxy, upstream, tmp_path, variable):
    """What goes on by itself is kept from the API, and from whoever stands in between."""
    upstream.script({"blocks": [{"type": "text", "text": "one", "wait": "locked"}], "stop_reason": "max_tokens"})
    async with start_proxy() as (proxy, address):
        own = hermetic.environment(
            tmp_path,
            upstream.url.replace("127.0.0.1", "localhost"),
            **{"HTTPS_PROXY": None, "NO_PROXY": "localhost", variable: address},
        )
        summary = await _limited(claude, launch.environment(own, own_address=""), upstream)

    assert (True, 1) == (summary["is_error"], len(upstream.messages_requests))
    assert {"CONNECT 127.0.0.1:9 HTTP/1.1"} == set(proxy.asked)
    assert [] == [word for word in (b"the time", b"dummy") if word in proxy.seen]


async def _limited(claude, environment, upstream):
    """Let the CLI ask, lock it when the answer has begun, and return its summary of a turn that it went on with."""
    with tempfile.TemporaryDirectory() as empty:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *launch.arguments(str(claude)), env=environment, cwd=empty, stdin=pipe, stdout=pipe
        )
        question = {"type": "user", "message": QUESTION, "parent_tool_use_id": None, "session_id": ""}
        process.stdin.write(stdin.control("1", stdin.initialize()) + json.dumps(question).encode() + b"\n")
        told = {"type": ""}
        while told["type"] != "result":
            line = await process.stdout.readline()
            told = json.loads(line)
            if told["type"] == "stream_event" and told["event"]["type"] == "message_start":
                process.stdin.write(stdin.control("2", stdin.apply({"env": {"ANTHROPIC_BASE_URL": stdin.NOWHERE}})))
            elif told["type"] == "control_response" and b'"models"' not in line:
                upstream.release("locked")
        process.kill()
        await process.communicate()
    return told
