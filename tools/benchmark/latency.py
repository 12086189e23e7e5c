"""Time to first token with the real CLI: cmappy's routes, the reference proxy, and the CLI alone, in turn."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

from tools.benchmark import servers
from tools.benchmark.wire import Answer, Client, chat, user

Samples = dict[str, list[float]]

_TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
_REFILL = 1.5  # seconds in which the next process gets warm
_numbers = count(1)


async def measure(claude: Path, environment: Mapping[str, str], rounds: int) -> tuple[Samples, dict[str, float]]:
    """Return seconds to the first token for each contestant, and the servers' peak memory in MB.

    The contestants take turns, so that whatever else the machine does hits all of them.
    """
    samples: Samples = defaultdict(list)
    async with AsyncExitStack() as stack:

        async def start(argv: list[str], port: int) -> servers.Server:
            return await stack.enter_async_context(servers.serving(argv, port, environment))

        ports = [servers.free_port() for _ in range(4)]
        warm = await start(servers.cmappy(ports[0], "--claude", str(claude), "--warm", "1", "--live", "4"), ports[0])
        cold = await start(servers.cmappy(ports[1], "--claude", str(claude), "--warm", "0", "--live", "0"), ports[1])
        other = await start(servers.reference(ports[2]), ports[2])
        first = await start(servers.cmappy(ports[3], "--claude", str(claude), "--warm", "1", "--live", "0"), ports[3])
        for done in range(rounds):
            print(f"latency: round {done + 1} of {rounds}", flush=True)
            await asyncio.sleep(_REFILL)
            samples["warm"].append((await _ask(first)).first)
            samples["live"].append(await _conversation(warm))
            samples["parked"].append(await _tool(warm))
            samples["cold"].append((await _ask(cold)).first)
            samples["reference"].append((await _ask(other)).first)
            samples["cli one-shot"].append(await _one_shot(claude, environment))
            samples["cli warm"].append(await _warm(claude, environment))
        for messages in (10, 100, 400):
            samples[f"live, {messages} messages"] = await _long(warm, messages, rounds)
        for server in (warm, cold, other):
            server.note_peak()
    return samples, {"cmappy": warm.peak, "cmappy cold": cold.peak, "reference": other.peak}


async def _ask(server: servers.Server, messages: list[dict[str, Any]] | None = None, **fields: Any) -> Answer:
    client = Client(server.url)
    answer = await client.post(chat(messages or [user(f"Question {next(_numbers)}.")], stream=True, **fields))
    await client.close()
    if answer.status != 200 or b'"error"' in answer.body:
        raise RuntimeError(f"{server.url} answered {answer.status}: {answer.body[:300]!r}")
    return answer


async def _conversation(server: servers.Server) -> float:
    """Return the time to first token of a conversation's second turn."""
    messages = [user(f"Question {next(_numbers)}.")]
    first = await _ask(server, messages)
    messages += [{"role": "assistant", "content": _text(first)}, user("And then?")]
    return (await _ask(server, messages)).first


async def _tool(server: servers.Server) -> float:
    """Return the time from a tool's result to the next token."""
    messages = [user(f"Question {next(_numbers)}.")]
    called = await _ask(server, messages, tools=[_TOOL])
    calls = [call for chunk in called.events() for call in _delta(chunk).get("tool_calls", [])]
    id = next(call["id"] for call in calls if call.get("id"))
    function = {"name": "look", "arguments": "{}"}
    messages.append({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]})
    messages.append({"role": "tool", "tool_call_id": id, "content": "Nothing to see."})
    return (await _ask(server, messages, tools=[_TOOL])).first


async def _long(server: servers.Server, length: int, rounds: int) -> list[float]:
    """Return the time to first token of the next turns of a conversation of `length` messages."""
    turns = [
        [user(f"Question {n} of {length}."), {"role": "assistant", "content": "w " * 500}] for n in range(length // 2)
    ]
    messages = [message for turn in turns for message in turn]
    times = []
    for done in range(rounds + 1):
        messages.append(user(f"And {done}?"))
        answer = await _ask(server, messages)
        messages.append({"role": "assistant", "content": _text(answer)})
        if done:  # the first turn has the history told to a fresh process
            times.append(answer.first)
    return times


async def _one_shot(claude: Path, environment: Mapping[str, str]) -> float:
    """Return the seconds from starting `claude --print` to its first text: what a proxy without a pool pays."""
    flags = ["--print", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    return await _run(claude, [*flags, "--model", "sonnet", "--no-session-persistence", "Question."], environment, None)


async def _warm(claude: Path, environment: Mapping[str, str]) -> float:
    """Return the seconds from a user line to the first text of a process that has been up for a while."""
    flags = ["-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"]
    line = {"type": "user", "message": {"role": "user", "content": "Question."}, "parent_tool_use_id": None}
    flags += ["--include-partial-messages", "--tools=", "--no-session-persistence", "--model=sonnet"]
    return await _run(claude, flags, environment, json.dumps({**line, "session_id": ""}).encode() + b"\n")


async def _run(claude: Path, flags: list[str], environment: Mapping[str, str], line: bytes | None) -> float:
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        str(claude), *flags, env=environment, stdin=pipe, stdout=pipe, stderr=null, limit=1 << 24
    )
    assert process.stdin
    assert process.stdout
    if line is not None:
        await asyncio.sleep(_REFILL)
        started = time.perf_counter()
        process.stdin.write(line)
    else:
        process.stdin.close()
    try:
        async for said in process.stdout:
            if b'"text_delta"' in said:
                return time.perf_counter() - started
        raise RuntimeError("the CLI ended without an answer")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _delta(chunk: dict[str, Any]) -> dict[str, Any]:
    return dict(chunk["choices"][0]["delta"]) if chunk["choices"] else {}


def _text(answer: Answer) -> str:
    return "".join(_delta(chunk).get("content") or "" for chunk in answer.events())
