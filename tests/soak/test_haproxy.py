"""Three instances with the real CLI behind HAProxy, one of which ends in the middle: no answer is wrong.

Run by `CMAPPY_SOAK=1 pytest -s tests/soak`; it prints the share of turns that a kept process answered.
"""

import asyncio
import hashlib
import os
import re
import shutil
import sys
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from tools import hermetic
from tools.upstream import Upstream

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not os.environ.get("CMAPPY_SOAK"), reason="long; CMAPPY_SOAK=1 runs it"),
    pytest.mark.skipif(not shutil.which("haproxy"), reason="needs haproxy"),
]

CLI = Path(__file__).parents[2] / ".cache" / "claude"
CONVERSATIONS, TURNS, CLIENTS = 60, 4, 6
KEPT = {"live", "rewound", "parked"}
HANG = 120  # seconds


def digest(messages):
    """Return what stands for a whole conversation: roles and texts."""
    return hashlib.sha256(repr(messages).encode()).hexdigest()[:16]


def answer(body):
    """Return what the stub says: a digest of exactly what it was told."""
    told = [
        (message["role"], "".join(block.get("text", "") for block in message["content"]))
        for message in body["messages"]
        if message["role"] != "system"
    ]
    return {"text": digest(told)}


@asynccontextmanager
async def running(*argv, **options):
    """Run a program until the block is left."""
    process = await asyncio.create_subprocess_exec(*argv, **options)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def instance(folder, upstream, name):
    """Run a cmappy with the real CLI, and yield its process and its address."""
    home = folder / name
    home.mkdir()
    claude = sorted(CLI.glob("**/claude"))[-1]
    variables = hermetic.environment(home, upstream.url, TMPDIR=str(home))
    flags = [f"--claude={claude}", "--max-concurrency=4", "--log-level=warning", "--queue-timeout=10m"]
    command = [sys.executable, "-m", "cmappy", "--port=0", "--stop-delay=3s", "--drain=1m", *flags]
    async with running(*command, env=variables, stdout=asyncio.subprocess.PIPE) as process:
        line = (await process.stdout.readline()).decode()
        yield process, re.search(r"http://(\S+)/v1", line)[1]


@dataclass(frozen=True)
class Farm:
    """HAProxy's address, the instances behind it, and what it writes."""

    url: str
    instances: list[asyncio.subprocess.Process]
    log: Path


@pytest.fixture
async def farm(tmp_path, free_port):
    """Run everything."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(Upstream())
        upstream.always = answer
        instances = [await stack.enter_async_context(instance(tmp_path, upstream, name)) for name in ("a", "b", "c")]
        frontend = f"127.0.0.1:{free_port()}"
        recipe = Path(__file__).with_name("haproxy.cfg").read_text("utf-8")
        places = dict(zip(("one", "two", "three"), (address for _, address in instances), strict=True))
        (tmp_path / "haproxy.cfg").write_text(recipe.format(frontend=frontend, **places), "utf-8")
        log = stack.enter_context((tmp_path / "haproxy.log").open("wb"))
        haproxy = running("haproxy", "-db", "-f", str(tmp_path / "haproxy.cfg"), stdout=log, stderr=log)
        await stack.enter_async_context(haproxy)
        yield Farm(f"http://{frontend}/v1", [process for process, _ in instances], tmp_path / "haproxy.log")


class Run:
    """Conversations of several turns, a few at a time, and what is done in the middle of them."""

    def __init__(self, farm, key, retries, middle):
        self.routes = {"before": Counter(), "after": Counter()}
        self.answered = 0
        self._farm, self._key, self._retries, self._middle = farm, key, retries, middle
        self._when, self._turns = "before", asyncio.Semaphore(CLIENTS)

    async def hold(self):
        """Hold all conversations at once."""
        async with asyncio.TaskGroup() as group:
            for number in range(CONVERSATIONS):
                group.create_task(self._converse(f"conversation {number}"))

    async def _converse(self, name):
        headers = {"x-session-affinity": name} if self._key == "header" else {}
        fields = {"prompt_cache_key": name} if self._key == "body" else {}
        options = {"base_url": self._farm.url, "api_key": "unused", "max_retries": self._retries}
        messages = []
        async with AsyncOpenAI(**options, default_headers=headers) as client:
            for turn in range(TURNS):
                messages.append({"role": "user", "content": f"{name}, turn {turn}"})
                async with self._turns, asyncio.timeout(HANG):
                    raw = await client.chat.completions.with_raw_response.create(
                        model="sonnet", messages=messages, **fields
                    )
                text = raw.parse().choices[0].message.content
                assert digest([(each["role"], each["content"]) for each in messages]) == text
                messages.append({"role": "assistant", "content": text})
                self._count(turn, raw.headers["x-cmappy-route"])

    def _count(self, turn, route):
        if turn:
            self.routes[self._when][route] += 1
        self.answered += 1
        if self._when == "before" and self.answered >= CONVERSATIONS * TURNS // 2:
            self._when = "after"
            self._middle()

    def report(self, title):
        """Print the share of turns after the first that a kept process answered."""
        print(f"\n{title}: {self.answered} answers, none wrong")
        for when, routes in self.routes.items():
            kept = sum(routes[route] for route in KEPT)
            print(f"  {when}: kept processes answered {kept} of {routes.total()} later turns, {dict(routes)}")


@pytest.mark.parametrize("key", ["header", "body"])
async def test_conversations_survive_the_kill_of_an_instance(farm, key):
    """A client repeats what failed, as the official SDK does by default, and gets the right answer from another one."""
    run = Run(farm, key, retries=5, middle=farm.instances[0].kill)

    await run.hold()

    run.report(f"killed, key in the {key}")
    assert CONVERSATIONS * TURNS == run.answered


async def test_no_client_notices_that_an_instance_is_stopped(farm):
    """HAProxy sees the 503 of an instance that stops, and sends it nothing more before it refuses: nobody repeats."""
    stopped = farm.instances[0]
    run = Run(farm, "header", retries=0, middle=stopped.terminate)

    await run.hold()

    run.report("stopped")
    assert CONVERSATIONS * TURNS == run.answered
    assert 0 == await stopped.wait()
    assert re.search(r"Server cmappy/one is DOWN, reason: Layer7 wrong status, code: 503", farm.log.read_text("utf-8"))
