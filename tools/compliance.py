"""The `tools/open-responses` command: the public suite against cmappy, the real CLI and a stub of the API."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.programs.environments import ROOT
from tools.programs.server import cmappy as serving
from tools.upstream import Upstream

# Those over HTTP that cmappy offers; the others want WebSockets and /responses/compact.
TESTS = (
    "basic-response",
    "assistant-phase",
    "response-output-phase-schema",
    "streaming-response",
    "system-prompt",
    "tool-calling",
    "image-input",
    "multi-turn",
)
_SCRIPT = Path("bin") / "compliance-test.ts"
_PATIENCE = 300.0  # seconds


def main(argv: Sequence[str] | None = None) -> None:
    """Run the suite; exits with its code, or with 2 if it cannot be run."""
    parser = argparse.ArgumentParser(
        prog="tools/open-responses",
        description="Run the Open Responses compliance suite against cmappy, the real CLI and a stub of the API on "
        "loopback. Nothing is fetched: PATH is a checkout of the suite in which `npm install zod@3 bun` has been run.",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the checkout, with bin/ and src/")
    parser.add_argument("--filter", default=",".join(TESTS), metavar="NAMES", help="tests (default: %(default)s)")
    flags = parser.parse_args(argv)
    bun = shutil.which(str(flags.path / "node_modules" / ".bin" / "bun")) or shutil.which("bun")
    if not (flags.path / _SCRIPT).is_file():
        sys.exit(f"open-responses: there is no {_SCRIPT} in {flags.path}")
    if bun is None:
        sys.exit("open-responses: bun is missing: run `npm install zod@3 bun` in the checkout")
    installed = subprocess.run([ROOT / "tools" / "install-claude"], stdout=subprocess.PIPE, text=True, check=True)
    claude = installed.stdout.splitlines()[-1]
    sys.exit(asyncio.run(_run(claude, Path(bun).absolute(), flags.path, flags.filter)))


async def _run(claude: str, bun: Path, suite: Path, names: str) -> int:
    async with Upstream() as upstream:
        upstream.always = answer
        with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
            async with serving(claude, Path(home), upstream.url) as url:
                process = await asyncio.create_subprocess_exec(
                    *(str(bun), "run", str(_SCRIPT), "--base-url", url),
                    *("--api-key", "unused", "--model", "sonnet", "--filter", names),
                    cwd=suite,
                    env={
                        "PATH": os.defpath,
                        "HOME": home,
                        "NO_PROXY": "127.0.0.1",
                        "HTTPS_PROXY": "http://127.0.0.1:9",
                    },
                )
                async with asyncio.timeout(_PATIENCE):
                    return await process.wait()


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return the stub's answer: a call of the first tool, if there is one, or a text."""
    for tool in body.get("tools", ()):
        wanted = tool["input_schema"].get("required", ())
        arguments = dict.fromkeys(wanted, "Oslo")
        return {"blocks": [{"type": "tool_use", "name": tool["name"], "input": arguments}]}
    return {"text": "Hello from the stub."}
