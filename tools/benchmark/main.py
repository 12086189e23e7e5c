"""`tools/bench`: one run, side by side; prints a table, and writes it and the samples to files if asked."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools import hermetic, marks
from tools.benchmark import chart, latency, rewinding, servers, throughput
from tools.benchmark.report import table


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="tools/bench", description="Measure cmappy beside its alternatives.")
    parser.add_argument("--rounds", type=int, default=9, help="samples of each (default: 9; about 10 s a round)")
    parser.add_argument("--claude", type=Path, help="the CLI (default: the one of tools/install-claude)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the table between the marks in FILE")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the times to first token (SVG)")
    flags = parser.parse_args()
    claude = flags.claude or _installed()
    with tempfile.TemporaryDirectory(prefix="cmappy-bench-") as folder:
        measured = asyncio.run(_measure(claude.resolve(), Path(folder), flags.rounds))
    about = _about(claude)
    text = f"{about}\n\n{table(measured)}"
    print(text)
    if flags.json:
        flags.json.write_text(json.dumps({"about": about, **measured}, indent=1) + "\n")
    if flags.chart:
        chart.draw(measured, flags.chart)
    if flags.markdown:
        marks.write(flags.markdown, "bench", text)


async def _measure(claude: Path, folder: Path, rounds: int) -> dict[str, Any]:
    home = folder / "home"
    home.mkdir()
    stub = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.benchmark.upstream", cwd=servers.ROOT, stdout=subprocess.PIPE
    )
    try:
        assert stub.stdout
        url = (await stub.stdout.readline()).decode().strip()
        environment = servers.environment(home, url, claude)
        seconds, memory = await latency.measure(claude, environment, rounds)
        further, kept = await rewinding.measure(claude, environment, rounds)
    finally:
        stub.terminate()
        await stub.wait()
    alone = await throughput.measure(folder, environment, rounds)
    return {"seconds": seconds | further, "memory": memory, "kept": kept, "alone": alone}


def _installed() -> Path:
    installer = Path(__file__).resolve().parent.parent / "install-claude"
    return Path(subprocess.run([installer], check=True, capture_output=True, text=True).stdout.split()[-1])


def _about(claude: Path) -> str:
    """Return one line on the machine and the versions."""
    with tempfile.TemporaryDirectory() as home:
        environment = hermetic.environment(Path(home), "http://127.0.0.1:9")
        cli = subprocess.run([claude, "--version"], env=environment, capture_output=True, text=True).stdout.split()[0]
    cpu = (
        re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        if os.path.exists("/proc/cpuinfo")
        else None
    )
    return (
        f"{cpu[1] if cpu else platform.processor()}, {os.cpu_count()} cores, {platform.system()}; "
        f"Python {platform.python_version()}, cmappy {version('cmappy')}, sanic {version('sanic')}, CLI {cli}, "
        f"{servers.REFERENCE.replace('==', ' ')}"
    )
