"""What open pages cost: streams with and without twenty readers of the live data, and an idle server's processor time.

`python -m tools.benchmark.pages` measures this alone, in about half a minute.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from tools import hermetic
from tools.benchmark import servers
from tools.benchmark.wire import Client, chat, user

PAGES, STREAMS = 20, 64
_IDLE = 10.0  # seconds
_QUESTION = chat([user("A long answer, please.")], stream=True)


async def measure(server: servers.Server, rounds: int) -> dict[str, list[float]]:
    """Return the seconds that 64 streams take together, without and with open pages."""
    measured: dict[str, list[float]] = {}
    for _ in range(rounds):
        measured.setdefault(f"{STREAMS} streams, s", []).append(await _streams(server))
        async with _pages(server) as heard:
            measured.setdefault(f"{STREAMS} streams and {PAGES} pages, s", []).append(await _streams(server))
            await asyncio.sleep(1)  # the last look
            if min(heard) < 1000:
                raise RuntimeError("a page was told nothing")
    return measured


async def idle(server: servers.Server) -> tuple[float, float]:
    """Return the processor seconds that an idle server takes for each second, without and with one page open."""
    await asyncio.sleep(1)
    without = await _processor(server.pid)
    async with _pages(server, 1):
        await asyncio.sleep(1)
        return without, await _processor(server.pid)


async def _processor(pid: int) -> float:
    before = _used(pid)
    await asyncio.sleep(_IDLE)
    return (_used(pid) - before) / _IDLE


def _used(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


async def _streams(server: servers.Server) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(_stream(server) for _ in range(STREAMS)))
    return time.perf_counter() - started


async def _stream(server: servers.Server) -> None:
    client = Client(server.url)
    answer = await client.post(_QUESTION)
    await client.close()
    if answer.status != 200:
        raise RuntimeError(f"a stream was answered with {answer.status}")


@asynccontextmanager
async def _pages(server: servers.Server, count: int = PAGES) -> AsyncIterator[list[int]]:
    """Keep readers of the live data for a block; the value is how many bytes each has read."""
    heard = [0] * count
    opened = [asyncio.Event() for _ in range(count)]
    readers = [asyncio.create_task(_read(server, heard, at, opened[at])) for at in range(count)]
    try:
        for each in opened:
            await each.wait()
        yield heard
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _read(server: servers.Server, heard: list[int], at: int, opened: asyncio.Event) -> None:
    host, port = urlsplit(server.url).hostname or "", urlsplit(server.url).port or 80
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET /live HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode())
        while data := await reader.read(1 << 16):
            heard[at] += len(data)
            opened.set()
    finally:
        writer.close()


async def _main() -> None:
    from tools.benchmark.throughput import record_long

    with tempfile.TemporaryDirectory(prefix="cmappy-bench-") as name:
        folder, port = Path(name), servers.free_port()
        record_long(folder / "recordings")
        argv = servers.cmappy(port, "--replay", str(folder / "recordings"), "--max-concurrency", str(STREAMS))
        async with servers.serving(argv, port, hermetic.environment(folder, "http://127.0.0.1:9")) as server:
            without, with_page = await idle(server)
            print(f"idle: {without:.3%} of a processor, with a page open {with_page:.3%}", flush=True)
            for name, seconds in (await measure(server, 5)).items():
                print(f"{name}: {median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})")


if __name__ == "__main__":
    asyncio.run(_main())
