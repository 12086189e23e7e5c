"""What clients get from recordings: the same request, answered by `cmappy --replay` from two folders."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tools.scenario import Scenario

_USAGE_ON_DEMAND = {"chat", "completions"}  # the APIs whose streams tell the usage only if they are asked to
_VARYING = {
    r'"((?:\w+_)?id)":"(?:chatcmpl-|cmpl-|(?:msg|resp|rs|fc|ctc)_)\w+"': r'"\1":""',
    r'"request_id":"\w+"': '"request_id":""',
    r'"(created|created_at|completed_at)":\d+': r'"\1":0',
}


async def differences(before: Path, after: Path, scenarios: Iterable[Scenario]) -> dict[str, list[str]]:
    """Return the scenarios that are answered in another way from the second folder, each with what is different."""
    async with _replaying(before) as old, _replaying(after) as new:
        told = {each.name: await _compare(old, new, each) for each in scenarios}
    return {name: different for name, different in told.items() if different}


async def _compare(old: httpx.AsyncClient, new: httpx.AsyncClient, scenario: Scenario) -> list[str]:
    told, both = [], (old, new)
    for kind, stream in (("the answer", False), ("the stream", True)):
        usage = {"stream_options": {"include_usage": True}} if stream and scenario.api in _USAGE_ON_DEMAND else {}
        body = scenario.request | {"stream": stream} | usage
        was, now = [await _ask(client, scenario.face.path, body) for client in both]
        if was != now:
            told.append(f"! {kind} was {_shown(was, now)}, and is {_shown(now, was)}")
    return told


async def _ask(client: httpx.AsyncClient, path: str, body: object) -> str:
    answer = await client.post(path, json=body)
    text = f"{answer.status_code} {answer.text}"
    for pattern, constant in _VARYING.items():
        text = re.sub(pattern, constant, text)
    return text


def _shown(text: str, other: str, width: int = 100) -> str:
    """Return the part of a text where it begins to differ from another."""
    same = next((at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))
    begin = max(0, same - width // 2)
    return repr(text[begin : begin + width])


@asynccontextmanager
async def _replaying(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run `cmappy --replay` with a folder; the value is a client of it."""
    command = [sys.executable, "-m", "cmappy", "--replay", str(folder), "--port", "0", "--log-level", "warning"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        if process.stdout is None or not (found := re.search(rb"http://\S+", await process.stdout.readline())):
            raise OSError(f"cmappy --replay {folder} did not start")
        async with httpx.AsyncClient(base_url=found[0].decode(), timeout=60, trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        await process.wait()
