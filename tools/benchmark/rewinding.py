"""What rewinding is worth, with the real CLI: conversations that begin, change and branch, batches and agents."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

from tools.benchmark import servers
from tools.benchmark.wire import Answer, Client, chat, user

Samples = dict[str, list[float]]

PROMPTS, CLIENTS = 40, 8
AGENTS, ROUNDS = (4, 8), 12
GROWING = 1000  # turns of the conversation that memory is looked at for
_COUNTED = 10  # answers that processor time is counted over
_CALM = 1.0  # seconds in which a process goes back to its beginning, or a new one has started
_SYSTEM = {"role": "system", "content": "You are a careful assistant."}
_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": _SCHEMA}}
_PAGE = os.sysconf("SC_PAGE_SIZE") / 1e6  # MB
_TICK = os.sysconf("SC_CLK_TCK")
_numbers = count(1)


async def measure(
    claude: Path, environment: Mapping[str, str], rounds: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return seconds to the first token of each kind of turn, and the other figures by name and unit."""
    seconds: Samples = defaultdict(list)
    figures: dict[str, float] = {}
    port = servers.free_port()
    async with servers.serving(servers.cmappy(port, "--claude", str(claude)), port, environment) as server:
        await _proven(server)
        await _structured(server)
        for done in range(rounds):
            print(f"rewinding: round {done + 1} of {rounds}", flush=True)
            await _round(server, seconds)
        figures["processor of the CLIs for a new conversation, s"] = await _processor(server)
        figures["memory of all CLIs, MB"] = sum(map(_resident, _descendants(server.pid)))
    for agents in AGENTS:
        async with servers.serving(servers.cmappy(port, "--claude", str(claude)), port, environment) as server:
            await _proven(server)
            figures[f"a round of {agents} agents, s"] = await _agents(server, agents)
    async with servers.serving(servers.cmappy(port, "--claude", str(claude)), port, environment) as server:
        await _proven(server)
        figures[f"{PROMPTS} prompts by {CLIENTS} clients, answers/s"] = await _batch(server)
        figures[f"memory for a turn, over {GROWING} turns, MB"] = await _grow(server)
    async with servers.serving(servers.reference(port), port, environment) as server:
        figures["processor of the reference's CLIs for an answer, s"] = await _processor(server)
        figures[f"{PROMPTS} prompts by {CLIENTS} clients, reference, answers/s"] = await _batch(server)
    return seconds, figures


async def _round(server: servers.Server, seconds: Samples) -> None:
    """Take one sample of each."""
    seconds["new conversation"].append((await _first(server, [_SYSTEM, _question()])).first)
    await asyncio.sleep(_CALM)
    number = next(_numbers)
    tool = {"type": "function", "function": {"name": f"look_{number}", "parameters": {"type": "object"}}}
    other = [{"role": "system", "content": f"You are assistant {number}."}, _question()]
    seconds["another prompt and tools"].append((await _first(server, other, tools=[tool])).first)
    await asyncio.sleep(_CALM)
    messages = [_SYSTEM, _question()]
    messages += [_said(await _first(server, messages)), _question()]
    await _first(server, messages)
    await asyncio.sleep(_CALM)
    seconds["edited last message"].append((await _first(server, [*messages[:-1], _question()])).first)
    seconds["second structured answer"].append((await _structured(server)).first)
    await asyncio.sleep(_CALM)
    long = [_SYSTEM]
    for _ in range(10):
        long += [_question(), {"role": "assistant", "content": "These are a few words."}]
    await _first(server, [*long, _question()])
    await asyncio.sleep(_CALM)
    seconds["branch at message 5 of 20"].append((await _first(server, [*long[:5], _question()])).first)
    await asyncio.sleep(_CALM)


async def _structured(server: servers.Server) -> Answer:
    return await _first(server, [_SYSTEM, _question()], response_format=_FORMAT)


async def _processor(server: servers.Server) -> float:
    """Return the processor seconds of all CLIs for each of some conversations, those that end and begin included."""
    before = _used(server.pid)
    for _ in range(_COUNTED):
        await _first(server, [_SYSTEM, _question()])
    await asyncio.sleep(2 * _CALM)
    return (_used(server.pid) - before) / _COUNTED


async def _batch(server: servers.Server) -> float:
    """Return the answers per second to prompts of which no two are alike."""
    prompts = iter([[{"role": "system", "content": f"Task {at}."}, _question()] for at in range(PROMPTS)])

    async def work() -> None:
        for prompt in prompts:
            await _first(server, prompt)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    return PROMPTS / (time.perf_counter() - started)


async def _agents(server: servers.Server, agents: int) -> float:
    """Return the median seconds from a tool's result to the end of the next call, of agents that work at once."""
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    taken: list[float] = []

    async def work(name: str) -> None:
        messages = [{"role": "system", "content": f"You are {name}."}, user(f"Work. rounds={ROUNDS}")]
        client = Client(server.url)
        for done in range(ROUNDS):
            answer = await client.post(chat(messages, tools=[tool]))
            message = json.loads(answer.body)["choices"][0]["message"]
            messages.append({"role": "assistant", "content": None, "tool_calls": message["tool_calls"]})
            messages += [{"role": "tool", "tool_call_id": call["id"], "content": "."} for call in message["tool_calls"]]
            taken.extend([answer.total] * (done > 0))
        await client.close()

    await asyncio.gather(*(work(f"agent {at}") for at in range(agents)))
    return median(taken)


async def _grow(server: servers.Server) -> float:
    """Return the MB that the server grows by for each turn of one conversation, which ends at 600 kB."""
    client, messages, half = Client(server.url), [_SYSTEM], 0.0
    for done in range(GROWING):
        messages.append(user(f"{next(_numbers)} {'x' * 500}"))
        answer = await client.post(chat(messages))
        messages.append({"role": "assistant", "content": json.loads(answer.body)["choices"][0]["message"]["content"]})
        if done == GROWING // 2:
            half = _resident(server.pid)
    await client.close()
    return (_resident(server.pid) - half) / (GROWING // 2)


async def _first(server: servers.Server, messages: list[dict[str, Any]], **fields: Any) -> Answer:
    client = Client(server.url)
    answer = await client.post(chat(messages, stream=True, **fields))
    await client.close()
    if answer.status != 200 or b'"error"' in answer.body:
        raise RuntimeError(f"{server.url} answered {answer.status}: {answer.body[:300]!r}")
    return answer


async def _proven(server: servers.Server) -> None:
    """Wait until the server knows that its CLI can be rewound."""
    async with asyncio.timeout(120):
        while True:
            health = await asyncio.to_thread(_health, server.url)
            if health["rewinding"] == "proven":
                break
            await asyncio.sleep(0.2)
    await asyncio.sleep(2 * _CALM)


def _health(url: str) -> dict[str, Any]:
    with urlopen(url.removesuffix("/v1") + "/health", timeout=10) as answer:
        return dict(json.load(answer))


def _question() -> dict[str, Any]:
    return user(f"Question {next(_numbers)}, without tools.")


def _said(answer: Answer) -> dict[str, Any]:
    pieces = [chunk["choices"][0]["delta"].get("content") or "" for chunk in answer.events() if chunk["choices"]]
    return {"role": "assistant", "content": "".join(pieces)}


def _descendants(pid: int) -> list[int]:
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return children + [each for child in children for each in _descendants(child)]


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _used(pid: int) -> float:
    """Return the processor seconds of the processes below one, those that have ended included."""

    def times(pid: int, first: int) -> int:
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[first:15]))

    return (times(pid, 13) + sum(times(child, 11) for child in _descendants(pid))) / _TICK
