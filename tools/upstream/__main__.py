"""Run the stub by hand: `python -m tools.upstream --text "Hi"`, and point a CLI at it with the line that it prints."""

import argparse
import asyncio
import json
import shlex
import signal
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from tools import hermetic, scenario
from tools.upstream.received import Received
from tools.upstream.scenarios import Scenarios
from tools.upstream.server import Upstream


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tools.upstream", description="A stub of the Messages API.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--text", help="the answer to every request that the script does not cover")
    parser.add_argument("--script", type=Path, metavar="FILE", help="a JSON list of answers, one for each request")
    parser.add_argument(
        "--scenarios",
        type=Path,
        metavar="DIR",
        nargs="?",
        const=scenario.FOLDER,
        help="answer each request as its scenario says, any number of times (default DIR: fixtures/scenarios)",
    )
    flags = parser.parse_args()
    try:
        answers: list[dict[str, Any]] = json.loads(flags.script.read_text("utf-8")) if flags.script else []
        upstream = Upstream(*answers, port=flags.port)
        if flags.scenarios:
            upstream.always = Scenarios(scenario.load_all(flags.scenarios))
    except (OSError, ValueError) as error:
        sys.exit(f"Cannot use {flags.scenarios or flags.script}: {error}")
    if flags.text is not None:
        upstream.default = {"text": flags.text}
    try:
        asyncio.run(_serve(upstream))
    except OSError as error:
        sys.exit(f"Cannot listen on port {flags.port}: {error}")


async def _serve(upstream: Upstream) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    arrivals = count(1)
    upstream.on_request = lambda received: print(next(arrivals), _describe(received), flush=True)
    with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
        async with upstream:
            variables = hermetic.environment(Path(home), upstream.url).items()
            assignments = shlex.join(f"{name}={value}" for name, value in variables)
            print(f"{upstream.url}  env -i {assignments}", flush=True)
            await stopped.wait()


def _describe(received: Received) -> str:
    """One line on a request: what it is, and how much it brings."""
    query = f"?{received.query}" if received.query else ""
    body = received.body or {}
    counts = [f"{len(body[key])} {key}" for key in ("messages", "tools") if key in body]
    return " ".join([received.method, received.path + query, str(body.get("model", "")), ", ".join(counts)]).rstrip()


if __name__ == "__main__":
    main()
