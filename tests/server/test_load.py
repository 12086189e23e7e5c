"""Many clients at once, half of which leave in mid-stream: every answer is right, and nothing stays behind.

With CMAPPY_FULL in the environment the load is what is promised; without, a small one.
"""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from tests.full import FULL

pytestmark = pytest.mark.anyio

CLIENTS = 500 if FULL else 60
WAVES = 5 if FULL else 2
FIXTURES = Path(__file__).parents[2] / "fixtures"
CHAT = "/v1/chat/completions"


def scenarios():
    """Return the recorded requests that are answered with nothing but text, and these texts."""
    found = [orjson.loads(path.read_bytes()) for path in sorted((FIXTURES / "scenarios").glob("*.json"))]
    return [
        (each["request"], each["expect"]["content"])
        for each in found
        if set(each["expect"]) == {"content", "finish_reason"}
    ]


class Observed:
    """A server in a process of its own, and what the system knows of it."""

    def __init__(self, *flags):
        command = [sys.executable, Path(__file__).parent / "observed.py", FIXTURES, "0.002", *flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self._process.stdout.readline().strip()
        self._proc = Path("/proc", str(self._process.pid))

    def tasks(self):
        """Return the number of its tasks."""
        self._process.send_signal(signal.SIGUSR1)
        return int(self._process.stdout.readline())

    def descriptors(self):
        """Return the number of its open files."""
        return len(list((self._proc / "fd").iterdir()))

    def children(self):
        """Return the ids of its child processes."""
        return (self._proc / "task" / self._proc.name / "children").read_text().split()

    def memory(self):
        """Return the size of its memory in KiB."""
        lines = (self._proc / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def stop(self):
        """Stop it, and return its exit code and what it has written to stderr."""
        self._process.terminate()
        _, stderr = self._process.communicate()
        return self._process.returncode, stderr


@pytest.fixture
def observed():
    """Run a server that has places for some, and lets all others wait."""
    server = Observed("--max-concurrency=50", f"--queue={CLIENTS}", "--queue-timeout=600", "--log-level=warning")
    yield server
    server.stop()


async def read(client, request):
    """Ask for a stream and read it to the end; return its text and whether it is complete."""
    *events, last, _ = (await client.post(CHAT, json=request | {"stream": True})).content.split(b"\n\n")
    chunks = [orjson.loads(event.removeprefix(b"data: ")) for event in events if event.startswith(b"data: ")]
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices", []))
    return text, last == b"data: [DONE]"


async def read_whole(client, request):
    """Ask for a plain answer; return its text and whether it is complete."""
    answer = (await client.post(CHAT, json=request)).json()
    return answer["choices"][0]["message"]["content"], True


async def leave(client):
    """Ask for a stream, and leave when it has begun; its end would never come."""
    key = {"authorization": "Bearer endless"}
    hello = orjson.loads((FIXTURES / "scenarios" / "hello.json").read_bytes())["request"]
    async with client.stream("POST", CHAT, json=hello | {"stream": True}, headers=key) as response:
        return await anext(response.aiter_bytes())


async def wave(url):
    """Let all clients ask at once, each on a connection of its own; return the wrong answers of those that stay."""
    known = scenarios()

    async def one(client, at):
        if at % 2:
            return None if await leave(client) else "nothing"
        request, expected = known[at // 2 % len(known)]
        answer = await (read_whole if at % 4 else read)(client, request)
        return None if answer == (expected, True) else (answer, expected)

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False, limits=limits) as client:
        return [wrong for wrong in await asyncio.gather(*(one(client, at) for at in range(CLIENTS))) if wrong]


async def statuses(url):
    """Return how many chat requests have ended with each status, as the server tells; 499 stands for having left."""
    async with httpx.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{url}/metrics")).text
    counts = re.findall(r'^cmappy_requests_total\{endpoint="/v1/chat[^}]*status="(\d+)"\} (\S+)$', told, re.MULTILINE)
    return {status: int(float(count)) for status, count in counts}


async def settled(server, descriptors):
    """Wait until the server has noticed that everybody is gone; the limit only turns a leak into a failure."""
    async with asyncio.timeout(60):
        while server.descriptors() > descriptors:  # noqa: ASYNC110 (the system tells nobody)
            await asyncio.sleep(0.05)


async def test_many_clients_of_which_half_leave(observed):
    """Right answers for all who stay; tasks, descriptors, processes and memory as after the first wave."""
    before = observed.descriptors(), observed.tasks()
    wrong = await wave(observed.url)
    await settled(observed, before[0])
    memory = observed.memory()
    for _ in range(WAVES - 1):
        wrong += await wave(observed.url)
        await settled(observed, before[0])
    after = observed.descriptors(), observed.tasks()
    grown = observed.memory() / memory
    ends = await statuses(observed.url)
    children = observed.children()
    ended = observed.stop()

    assert ([], before, [], (0, "")) == (wrong, after, children, ended)
    assert {"200": CLIENTS * WAVES // 2, "499": CLIENTS * WAVES // 2} == ends
    assert grown < 1.1
