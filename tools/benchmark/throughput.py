"""The proxy alone, without a CLI: what it adds to bare Sanic, to memory, and to a line of the CLI's."""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from cmappy.faces.chat import FACE
from cmappy.faces.face import Caller, Options
from cmappy.recording.format import Recording
from tools.benchmark import pages, servers
from tools.benchmark.wire import Client, chat, user

CHUNKS = 1000
_PNG = b"\x89PNG\r\n\x1a\n"
_STREAM = {"messages": [user("A long answer, please.")]}
_PLAIN = {"messages": [user("A short answer, please.")]}
_IMAGE = {
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/png;base64," + base64.b64encode(_PNG + bytes(5_000_000)).decode()},
                }
            ],
        }
    ]
}


async def measure(folder: Path, environment: Mapping[str, str], rounds: int) -> dict[str, Any]:
    """Return rates (per second), times (seconds) and memory (MB) of replaying, and of a bare Sanic handler."""
    recordings = folder / "recordings"
    record_long(recordings)
    _record(recordings / "short.ndjson", _PLAIN, 5)
    _record(recordings / "image.ndjson", _IMAGE, 5)
    ports = servers.free_port(), servers.free_port()
    measured: dict[str, Any] = {}
    async with servers.serving(servers.cmappy(ports[0], "--replay", str(recordings)), ports[0], environment) as replay:
        stream, plain = folder / "stream.sse", folder / "plain.json"
        client = Client(replay.url)
        stream.write_bytes((await client.post(chat(**_STREAM, stream=True))).body)
        plain.write_bytes((await client.post(chat(**_PLAIN))).body)
        await client.close()
        argv = [sys.executable, "-m", "tools.benchmark.bare", str(ports[1]), str(stream), str(plain)]
        async with servers.serving(argv, ports[1], environment) as bare:
            for name, server in (("replay", replay), ("bare", bare)) * rounds:
                print(f"throughput: {name}", flush=True)
                measured.setdefault(f"{name}, chunks/s", []).append(await _chunks(server))
                if server is replay:
                    measured.setdefault("replay by responses, chunks/s", []).append(await _response_chunks(server))
                measured.setdefault(f"{name}, requests/s", []).append(await _requests(server))
        client = Client(replay.url)
        measured["5 MB image, s"] = [(await client.post(chat(**_IMAGE))).total for _ in range(rounds)]
        await client.close()
    flags = "--replay", str(recordings), "--max-concurrency", str(pages.STREAMS)
    async with servers.serving(servers.cmappy(ports[0], *flags), ports[0], environment) as looked_at:
        measured |= await pages.measure(looked_at, rounds)
    measured["start, s"] = []
    for _ in range(rounds):
        port = servers.free_port()
        async with servers.serving(servers.cmappy(port, "--replay", str(recordings)), port, environment) as fresh:
            measured["start, s"].append(fresh.started_in)
            await asyncio.gather(*(_one_stream(fresh) for _ in range(64)))
        measured.setdefault("64 streams, MB", []).append(fresh.peak)
    measured["own share, s"] = await _own_share(environment, rounds)
    return measured


def record_long(folder: Path) -> None:
    """Make a folder with the recording of a long answer, which `pages` asks for, too."""
    folder.mkdir()
    _record(folder / "long.ndjson", _STREAM, CHUNKS)


async def _chunks(server: servers.Server, streams: int = 10) -> float:
    client = Client(server.url)
    body = chat(**_STREAM, stream=True)
    started = time.perf_counter()
    for _ in range(streams):
        await client.post(body)
    elapsed = time.perf_counter() - started
    await client.close()
    return streams * CHUNKS / elapsed


async def _response_chunks(server: servers.Server, streams: int = 10) -> float:
    """Return the pieces of text per second of the Responses API, which sends the same answer in longer events."""
    client = Client(server.url)
    asked = {"model": "claude-sonnet-4", "input": _STREAM["messages"][0]["content"], "stream": True}
    body = orjson.dumps(asked)
    started = time.perf_counter()
    for _ in range(streams):
        await client.post(body, "/responses")
    elapsed = time.perf_counter() - started
    await client.close()
    return streams * CHUNKS / elapsed


async def _one_stream(server: servers.Server) -> None:
    client = Client(server.url)
    await client.post(chat(**_STREAM, stream=True))
    await client.close()


async def _requests(server: servers.Server, requests: int = 300) -> float:
    client = Client(server.url)
    body = chat(**_PLAIN)
    started = time.perf_counter()
    for _ in range(requests):
        await client.post(body)
    elapsed = time.perf_counter() - started
    await client.close()
    return requests / elapsed


async def _own_share(environment: Mapping[str, str], rounds: int) -> list[float]:
    """Return, for each piece of text, the seconds from the CLI's write to the client's read."""
    clock = Path(__file__).with_name("clock_cli.py")
    port = servers.free_port()
    shares = []
    async with servers.serving(servers.cmappy(port, "--claude", str(clock)), port, environment) as server:
        for done in range(rounds):
            shares += await _shares(server, f"Question {done}.")
    return shares


async def _shares(server: servers.Server, question: str) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
    body = chat([user(question)], stream=True)
    head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n" + head + body)
    shares = []
    async for line in reader:
        seen = time.monotonic_ns()
        if line.startswith(b"data: [DONE]"):
            break
        if line.startswith(b"data: {"):
            text = orjson.loads(line[6:])["choices"][0]["delta"].get("content")
            if text:
                shares.append((seen - int(text)) / 1e9)
    writer.close()
    return shares


def _record(path: Path, request: dict[str, Any], pieces: int) -> None:
    """Write a recording of an answer to `request` in so many pieces."""
    turn = FACE.read({"model": "claude-sonnet-4", **request}, Options(), Caller()).turn("sonnet")
    start = {"id": "msg_1", "model": "claude-bench", "usage": {"input_tokens": 10, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for number in range(pieces):
        delta = {"type": "text_delta", "text": f"word {number} "}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    stop = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": pieces}}
    events.append({"type": "message_delta", **stop})
    ids = {"session_id": "0" * 36, "parent_tool_use_id": None, "uuid": "0" * 36}
    lines = tuple(orjson.dumps({"type": "stream_event", "event": event, **ids}) for event in events)
    path.write_bytes(Recording(turn.canonical(), lines, "none", "2026-01-01", origin="handmade").dump())
