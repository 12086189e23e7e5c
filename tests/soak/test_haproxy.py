"""Three instances with the real CLI behind HAProxy, one of which is killed in the middle: no answer is wrong.

Run by `CMAPPY_SOAK=1 pytest -s tests/soak`; it prints the share of turns that a kept process answered.
"""

import asyncio
import hashlib
import os
import re
import shutil
import signal
import socket
import sys
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
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


def free_port():
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


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
    flags = ["--port=0", f"--claude={claude}", "--max-concurrency=4", "--log-level=warning", "--queue-timeout=10m"]
    command = [sys.executable, "-m", "cmappy", *flags]
    async with running(*command, env=variables, stdout=asyncio.subprocess.PIPE) as process:
        line = (await process.stdout.readline()).decode()
        yield process, re.search(r"http://(\S+)/v1", line)[1]


@pytest.fixture
async def farm(tmp_path):
    """Run everything, and yield the address of HAProxy and the three processes."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(Upstream())
        upstream.always = answer
        instances = [await stack.enter_async_context(instance(tmp_path, upstream, name)) for name in ("a", "b", "c")]
        frontend = f"127.0.0.1:{free_port()}"
        recipe = Path(__file__).with_name("haproxy.cfg").read_text("utf-8")
        places = dict(zip(("one", "two", "three"), (address for _, address in instances), strict=True))
        (tmp_path / "haproxy.cfg").write_text(recipe.format(frontend=frontend, **places), "utf-8")
        await stack.enter_async_context(running("haproxy", "-db", "-f", str(tmp_path / "haproxy.cfg")))
        yield f"http://{frontend}/v1", [process for process, _ in instances]


@pytest.mark.parametrize("key", ["header", "body"])
async def test_conversations_keep_to_their_instance_and_survive_its_end(farm, key):
    """A client repeats what failed, as the official SDK does by default, and gets the right answer from another one."""
    url, processes = farm
    routes, answered, turns = {False: Counter(), True: Counter()}, 0, asyncio.Semaphore(CLIENTS)
    killed = False

    async def converse(number):
        nonlocal answered, killed
        name = f"conversation {number}"
        headers = {"x-session-affinity": name} if key == "header" else {}
        fields = {"prompt_cache_key": name} if key == "body" else {}
        messages = []
        async with AsyncOpenAI(base_url=url, api_key="unused", max_retries=5, default_headers=headers) as client:
            for turn in range(TURNS):
                messages.append({"role": "user", "content": f"{name}, turn {turn}"})
                async with turns, asyncio.timeout(HANG):
                    raw = await client.chat.completions.with_raw_response.create(
                        model="sonnet", messages=messages, **fields
                    )
                text = raw.parse().choices[0].message.content
                assert digest([(each["role"], each["content"]) for each in messages]) == text
                messages.append({"role": "assistant", "content": text})
                if turn:
                    routes[killed][raw.headers["x-cmappy-route"]] += 1
                answered += 1
                if not killed and answered >= CONVERSATIONS * TURNS // 2:
                    killed = True
                    processes[0].send_signal(signal.SIGKILL)

    async with asyncio.TaskGroup() as group:
        for number in range(CONVERSATIONS):
            group.create_task(converse(number))

    later = routes[False] + routes[True]
    kept = sum(later[route] for route in KEPT)
    print(f"\n{key}: {answered} answers, all right; later turns by route: {dict(later)}")
    print(f"kept processes answered {kept} of {later.total()} later turns; before the kill {dict(routes[False])}")
    assert CONVERSATIONS * TURNS == answered
