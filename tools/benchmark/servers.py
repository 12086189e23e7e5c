"""The servers that are compared, each a process of its own, and how much memory they took."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import hermetic

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = "claude-max-proxy-py==0.1.2"


@dataclass(slots=True)
class Server:
    """A running server: where it is, how long it took to answer first (seconds), and its most memory (MB)."""

    url: str
    started_in: float
    pid: int
    peak: float = 0.0

    def note_peak(self) -> None:
        """Read the most memory that the process has had resident so far; 0 where the system does not tell."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return
        self.peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024


@asynccontextmanager
async def serving(argv: list[str], port: int, environment: Mapping[str, str]) -> AsyncGenerator[Server, None]:
    """Run a server until the block is left; it has answered a first request when the block begins."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *argv, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await _answers(port)
        server = Server(f"http://127.0.0.1:{port}/v1", time.perf_counter() - started, process.pid)
        yield server
        server.note_peak()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(port: int) -> None:
    async with asyncio.timeout(600):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.write(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
            answered = await reader.read(12)
            writer.close()
            if answered.startswith(b"HTTP/1.1 "):
                return


def free_port() -> int:
    """Return a port that nothing uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def cmappy(port: int, *flags: str) -> list[str]:
    """Return the command line of a cmappy server."""
    return [sys.executable, "-m", "cmappy", "--port", str(port), "--log-level", "error", *flags]


def reference(port: int) -> list[str]:
    """Return the command line of the reference proxy, installed into an environment of its own if it is not yet."""
    folder = ROOT / ".cache" / "bench" / "reference"
    program = folder / "bin" / "cmappy"  # its command has the same name
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", REFERENCE], check=True)
    return [str(program), "--port", str(port), "--skip-auth-check"]


def environment(home: Path, upstream: str, claude: Path) -> dict[str, str]:
    """Return an environment in which `claude` is the CLI to measure, and the stub its API."""
    commands = home / "bin"
    commands.mkdir(exist_ok=True)
    link = commands / "claude"
    if not link.exists():
        link.symlink_to(claude)
    variables = hermetic.environment(home, upstream)
    # The reference proxy has the CLI skip all permissions, which it refuses to root outside of a sandbox.
    return {**variables, "PATH": f"{commands}:{variables['PATH']}", "IS_SANDBOX": "1"}
