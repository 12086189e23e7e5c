"""How long `/health` waits at worst while one large request is handled: `python -m tools.benchmark.hold`.

The answers come from a stand-in for the CLI, so that nothing is measured but the server. A process of its own asks for
`/health` all the time; otherwise the making of the requests would hold it up, too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tools import hermetic
from tools.benchmark import servers

SIZE = 60_000_000  # bytes of a large body
_LIMIT = 120.0  # seconds after which a request is given up
_PAUSE = 0.005  # seconds between two looks at `/health`
_HOST = b"Host: localhost\r\n"
_HEALTH = b"GET /health HTTP/1.1\r\n" + _HOST + b"\r\n"


def _body(messages: Any = None, **fields: Any) -> bytes:
    asked = messages if messages is not None else [{"role": "user", "content": "Hi pieces=3"}]
    return orjson.dumps({"model": "claude-sonnet-4", "messages": asked, **fields})


def _text(piece: str) -> bytes:
    return _body([{"role": "user", "content": piece * (SIZE // len(orjson.dumps(piece)))}])


def _ignored(piece: bytes) -> bytes:
    return _body()[:-1] + b',"metadata":[' + (piece + b",") * (SIZE // len(piece + b",")) + b"0]}"


def _image(url: str) -> bytes:
    return _body([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}])


def _calls(count: int, id: str) -> bytes:
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": f"{id}{at}", "type": "function", "function": function} for at in range(count)]
    results = [{"role": "tool", "tool_call_id": f"{id}{at}", "content": "x"} for at in range(count)]
    return _body([{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": calls}, *results])


def _alternating(count: int) -> bytes:
    return _body([{"role": ("user", "assistant")[at % 2], "content": f"Message {at}."} for at in range(count - 1)])


def _tools(count: int, parameters: Any) -> bytes:
    functions = [{"name": f"f{at}", "parameters": parameters} for at in range(count)]
    return _body(tools=[{"type": "function", "function": function} for function in functions])


def _schema(schema: Any) -> bytes:
    named = {"name": "answer", "strict": True, "schema": schema}
    return _body(response_format={"type": "json_schema", "json_schema": named})


def _chain(length: int) -> dict[str, Any]:
    """Return a schema that doubles with each of its references."""
    links = {
        f"d{at}": {
            "anyOf": [{"$ref": f"#/$defs/d{at + 1}"}, {"type": "array", "items": {"$ref": f"#/$defs/d{at + 1}"}}]
        }
        for at in range(length)
    }
    definitions = links | {f"d{length}": {"type": "string"}}
    return {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}, "b": {"$ref": "#/$defs/d0"}},
        "required": ["a", "b"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _wide(count: int) -> dict[str, Any]:
    properties = {f"p{at}": {"type": "string"} for at in range(count)}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


KINDS: dict[str, Callable[[], bytes]] = {
    "a short question": _body,
    "60 MB of text": lambda: _text("x"),
    "60 MB of text in two-byte characters": lambda: _text("\u00e9"),
    "60 MB of escapes": lambda: _text("\n"),
    "60 MB of `[]` in an ignored field": lambda: _ignored(b"[]"),
    '60 MB of `{"a":1}` in an ignored field': lambda: _ignored(b'{"a":1}'),
    '60 MB of `"x"` in an ignored field': lambda: _ignored(b'"x"'),
    "60 MB of quotes": lambda: b'{"model":' + b'"' * SIZE,
    "60 MB of opening brackets": lambda: b"[" * SIZE,
    "240,000 values in an ignored field": lambda: _body(metadata=[[]] * 120_000),
    "10,000 messages of one role": lambda: _body(
        [{"role": "user", "content": f"Message {at}."} for at in range(10_000)]
    ),
    "10,000 messages of two roles": lambda: _alternating(10_000),
    "10,000 parts in one message": lambda: _body(
        [{"role": "user", "content": [{"type": "text", "text": f"Part {at}."} for at in range(10_000)]}]
    ),
    "4,900 calls with ids in ASCII": lambda: _calls(4_900, "call_"),
    "4,900 calls with other ids": lambda: _calls(4_900, "\u00fc"),
    "an image of 60 MB in base64": lambda: _image("data:image/png;base64,iVBORw0KGgo" + "A" * SIZE),
    "an image of 60 MB of `%41`": lambda: _image("data:image/png," + "%41" * (SIZE // 3)),
    "128 tools of 200 properties": lambda: _tools(128, _wide(200)),
    "10,000 tools": lambda: _tools(10_000, {"type": "object", "properties": {}}),
    "a tool with references that double": lambda: _tools(1, _chain(40)),
    "a schema with references that double": lambda: _schema(_chain(40)),
    "a schema of 10,000 properties": lambda: _schema(_wide(10_000)),
    "an answer in 128,000 pieces": lambda: _body([{"role": "user", "content": "pieces=128000"}]),
    "a stream of 128,000 pieces": lambda: _body([{"role": "user", "content": "pieces=128000"}], stream=True),
}


def _post(body: bytes, path: str = "/v1/chat/completions") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + _HOST + b"Connection: close\r\n\r\n" + body


async def _exchange(port: int, data: bytes) -> bytes:
    """Send bytes, and return the status of the answer, or why there is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    first = b""
    try:
        async with asyncio.timeout(_LIMIT):
            writer.write(data)
            first = await reader.readline()
            while await reader.read(1 << 20):
                pass
            return first[9:12]
    except TimeoutError:
        return b"none"
    except ConnectionError:
        return first[9:12] or b"reset"  # a refused body is not read to its end
    finally:
        writer.close()


async def _pipeline(port: int) -> bytes:
    last = _HEALTH[:-2] + b"Connection: close\r\n\r\n"
    return (await asyncio.gather(*(_exchange(port, _HEALTH * 4999 + last) for _ in range(20))))[0]


async def _crowd(port: int) -> bytes:
    last = _HEALTH[:-2] + b"Connection: close\r\n\r\n"
    answers = await asyncio.gather(*(_exchange(port, last) for _ in range(500)), return_exceptions=True)
    return b"%d of 500" % answers.count(b"200")


async def _bodies(port: int) -> bytes:
    data = _post(_body([{"role": "user", "content": "x" * 40_000_000}]))
    answers = await asyncio.gather(*(_exchange(port, data) for _ in range(20)))
    return b", ".join(b"%d x %b" % (answers.count(each), each) for each in sorted(set(answers)))


MANY = {
    "20 connections with 5,000 requests each": _pipeline,
    "500 connections at once": _crowd,
    "20 bodies of 40 MB at once": _bodies,
}


async def measure(environment: dict[str, str], only: str = "", root: Path = servers.ROOT) -> list[tuple[str, ...]]:
    """Return a row for each kind: name, status, worst delay of `/health`, time of the request, peak memory."""
    clock = Path(__file__).with_name("clock_cli.py")
    rows: list[tuple[str, ...]] = []
    for name in [name for name in [*KINDS, *MANY] if only in name]:
        port = servers.free_port()
        argv = servers.cmappy(port, "--claude", str(clock), "--warm", "1", "--live", "0", "--queue-timeout", "60")
        async with servers.serving(argv, port, {**environment, "PYTHONPATH": str(root)}) as server:
            data = _post(KINDS[name]()) if name in KINDS else b""
            prober = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tools.benchmark.hold", "--probe", str(port)),
                cwd=servers.ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            if prober.stdout is None:
                raise RuntimeError("the prober has no stdout")
            await prober.stdout.readline()
            started = time.perf_counter()
            status = await (_exchange(port, data) if data else MANY[name](port))
            took = time.perf_counter() - started
            worst = (await prober.communicate(b""))[0].decode().strip()
            server.note_peak()
            if status == b"none":
                os.kill(server.pid, 9)
        rows.append((name, status.decode(), f"{float(worst) * 1000:.0f} ms", f"{took:.1f} s", f"{server.peak:.0f} MB"))
        print(f"| {' | '.join(rows[-1])} |", flush=True)
    return rows


async def _probe(port: int) -> None:
    """Ask for `/health` until stdin is closed, and print the longest time that an answer took, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    worst = 0.0
    while not done.done():
        started = time.perf_counter()
        writer.write(_HEALTH)
        answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        await asyncio.wait({answer}, timeout=_LIMIT)
        worst = max(worst, time.perf_counter() - started)
        if not answer.done():
            break
        head = answer.result().lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r", 1)[0]))
        await asyncio.sleep(_PAUSE)
    print(worst, flush=True)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.benchmark.hold", description=__doc__)
    parser.add_argument("--only", default="", help="kinds with these words in their names")
    parser.add_argument("--root", type=Path, default=servers.ROOT, help="another checkout to measure")
    parser.add_argument("--probe", type=int, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.probe:
        print("ready", flush=True)
        asyncio.run(_probe(flags.probe))
        return
    with tempfile.TemporaryDirectory(prefix="cmappy-bench-") as folder:
        environment = hermetic.environment(Path(folder), "http://127.0.0.1:9")
        print("| while it handles | answer | `/health` waits at worst | the request takes | memory |")
        print("|---|---|---|---|---|")
        asyncio.run(measure(environment, flags.only, flags.root))


if __name__ == "__main__":
    main()
