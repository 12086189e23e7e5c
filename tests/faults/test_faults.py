"""Every fault of the table has its one outcome, leaves nothing behind, and does not touch the next request."""

import asyncio
import errno
import json
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cmappy.backends.claude import worker
from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Answering
from cmappy.recording import folder
from cmappy.recording.record import FolderRecorder
from tests.faults.page import PAGE, page
from tests.faults.table import FAULTS
from tests.scripted.harness import PATIENCE, nothing_left, serve
from tests.stress.oracle import expected

pytestmark = pytest.mark.anyio

DAY = 86_400  # seconds
DEFAULTS = {"max_tokens": None, "effort": None}


def rows(*whens):
    """Return the faults of a kind as parameters."""
    return [pytest.param(fault, id=fault.name) for fault in FAULTS if fault.when in whens]


def request(*texts, stream):
    """Return a request with messages of user and assistant by turns."""
    roles = ["user", "assistant"] * len(texts)
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return {"model": "sonnet", "messages": messages, "stream": stream}


async def ask(client, request):
    """Return the answer to a request: status, text, the error's code if there is one, and all that came."""
    response = await client.post("/chat/completions", json=request)
    if response.headers["content-type"] == "application/json":
        body = response.json()
        code = body.get("error", {}).get("code", "")
        return response.status_code, "" if code else body["choices"][0]["message"]["content"], code, response
    *chunks, last = [frame[6:] for frame in response.content.split(b"\n\n") if frame.startswith(b"data: ")]
    text = "".join(json.loads(chunk)["choices"][0]["delta"].get("content", "") for chunk in chunks)
    return response.status_code, text, "" if last == b"[DONE]" else json.loads(last)["error"]["code"], response


@pytest.fixture
def faulty(scripted, monkeypatch):
    """Return the way to run a server with a fault: it yields a client, and what mends the fault."""

    @asynccontextmanager
    async def run(fault):
        monkeypatch.setattr(worker, "_SETTLING", 0.2)
        mend = _begin(fault, scripted, monkeypatch)
        options = {"concurrency": 2, "warm": 1, "live": 2, "first": fault.silence, "silence": fault.silence}
        async with nothing_left(), scripted.backend(**options) as backend, AsyncExitStack() as stack:
            if fault.when == "recording":
                recorder = FolderRecorder(scripted.folder / "recordings", Interpreter)
                backend = Answering(backend.source, Interpreter, recorder)
            if fault.name == "read_only":
                (scripted.folder / "recordings").rmdir()
                (scripted.folder / "recordings").write_text("not a folder")
            url = await stack.enter_async_context(serve(backend))
            client = httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False)
            yield await stack.enter_async_context(client), mend
        assert [] == [path for path in scripted.folder.glob("recordings/*") if fault.when == "recording"]

    return run


def _begin(fault, scripted, monkeypatch):
    """Bring a fault about, unless the question does; return what mends it."""
    if fault.when == "start" and fault.name == "vanished":
        away = scripted.command.rename(scripted.folder / "away")
        return lambda: away.rename(scripted.command)
    if fault.when == "start" and fault.name == "forbidden":
        scripted.command.chmod(0o600)
        return lambda: scripted.command.chmod(0o700)
    if fault.when == "start":
        scripted.misbehave(fault.name)
    if fault.when == "clock":
        real, jump = time.time, DAY if fault.name == "jumps_ahead" else -DAY
        calls = iter(range(10**9))
        monkeypatch.setattr(time, "time", lambda: real() + jump * (next(calls) % 2))
    if fault.name == "full_disk":
        create = folder._create

        def fail(path, data):
            if not data.strip(b"\0"):
                return create(path, data)  # what a start tries, when there was room
            create(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(folder, "_create", fail)
    return scripted.behave


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("fault", rows("start", "history", "answer", "recording", "clock"))
async def test_fault_has_its_outcome(faulty, scripted, caplog, fault, stream):
    """The table's row is what a client sees, and the client after it sees nothing."""
    before = {"history": [fault.question, "Hello", "And?"], "answer": ["Hi", "Hello", fault.question]}
    asked = request(*(texts := before.get(fault.when, ["Hello"])), stream=stream)
    async with faulty(fault) as (client, mend):
        status, text, code, response = await ask(client, asked)
        mend()
        again = request(*([*texts, text, "Next"] if fault.status == 200 else ["Hello"]), stream=stream)
        late = (await ask(client, again))[2] if fault.next else ""
        after = await ask(client, again)

    in_stream = stream and (fault.begun or fault.status == 200)
    right = expected(asked, DEFAULTS)["content"]
    assert (200 if in_stream else fault.status, fault.code) == (status, code)
    assert text == right if fault.status == 200 else right.startswith(text)
    assert bool(text) == (fault.status == 200 or (stream and fault.begun))
    assert (None if in_stream or fault.status == 200 else "false") == response.headers.get("x-should-retry")
    assert (fault.next, fault.when == "recording") == (late, "could not be recorded" in caplog.text)
    assert [] == [word for word in ("Traceback", str(scripted.folder)) if word in response.text]
    assert (200, expected(again, DEFAULTS)["content"], "") == after[:3]


HEADS = {
    "no_key": {"authorization": None},
    "other_host": {"host": "evil.example"},
    "other_page": {"origin": "https://evil.example"},
    "unknown_url": {"url": "/v1/nothing"},
    "method": {"method": "PUT"},
    "too_large": {"content-length": "100001"},
    "form": {"content-type": "text/plain"},
    "compressed": {"content-encoding": "gzip"},
    "no_memory": {},
}


@pytest.mark.parametrize("fault", rows("door"))
async def test_request_is_refused_unread(scripted, fault):
    """What it would go on to send is nothing to the server, which answers the next client as if nothing had been."""
    small = {"api_key": "the-key", "max_body": 100_000, "max_body_memory": 100_000}
    async with nothing_left(), scripted.backend(concurrency=2) as backend, serve(backend, **small) as url:
        host, port = url.removeprefix("http://").removesuffix("/v1").split(":")

        async def head(**changed):
            told = {"method": "POST", "url": "/v1/chat/completions", "host": "localhost"} | changed
            told = {"authorization": "Bearer the-key", "content-type": "application/json"} | told
            told = {"content-length": "90000"} | told
            method, url = told.pop("method"), told.pop("url")
            lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write("\r\n".join([f"{method} {url} HTTP/1.1", *lines, "", ""]).encode())
            return reader, writer

        async with asyncio.timeout(PATIENCE):
            if fault.name == "no_memory":
                first, arriving = await head(expect="100-continue")
                await first.readuntil(b"\r\n\r\n")  # the server has taken it on
            reader, writer = await head(**HEADS[fault.name])
            refusal = await reader.read()
            writer.close()
            if fault.name == "no_memory":
                arriving.close()
            client = httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False)
            client.headers["authorization"] = "Bearer the-key"
            async with client:
                while (after := (await ask(client, request("Hello", stream=False)))[:3])[2] == "server_busy":
                    assert fault.name == "no_memory"

    answer, _, body = refusal.partition(b"\r\n\r\n")
    assert (fault.status, fault.code) == (int(answer.split()[1]), json.loads(body)["error"]["code"])
    assert b"connection: close" in answer.lower()
    assert (200, expected(request("Hello", stream=False), DEFAULTS)["content"], "") == after


@pytest.mark.parametrize("fault", rows("command"))
async def test_command_does_not_start_with_a_fault(scripted, fault):
    """What is wrong from the beginning is told at the beginning, in one line."""
    scripted.misbehave(fault.name)
    if fault.name == "missing":
        scripted.command.unlink()
    if fault.name == "not_executable":
        scripted.command.chmod(0o600)
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "cmappy", "--port=0", f"--claude={scripted.command}"]
    async with asyncio.timeout(PATIENCE):
        process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
        stdout, stderr = await process.communicate()

    assert (1, b"", 1) == (process.returncode, stdout, stderr.count(b"\n"))
    assert fault.says in stderr.decode()


def test_page_is_made_from_the_table():
    """What readers are told is what is tested: write the page anew with `python -m tests.faults.page`."""
    assert page() == PAGE.read_text()


def test_every_fault_of_an_answer_is_in_the_table():
    """A fault that the scripted CLI knows and nobody tests is no use."""
    program = (Path(__file__).parents[1] / "scripted" / "faults.py").read_text()
    names = {line.strip()[6:-2] for line in program.splitlines() if line.strip().startswith('case "')}

    assert names - {"exits_once", "exits_when_ready"} <= {fault.name for fault in FAULTS}
