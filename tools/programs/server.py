"""cmappy with the real CLI, in an environment that reaches nothing but a stub of the API."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tools import hermetic
from tools.programs.environments import ROOT


@asynccontextmanager
async def cmappy(claude: str, home: Path, upstream: str, *flags: str) -> AsyncIterator[str]:
    """Run cmappy with the real CLI; the value is the base URL."""
    command = [sys.executable, "-m", "cmappy", "--claude", claude, "--port", "0", "--log-level", "error", *flags]
    process = await asyncio.create_subprocess_exec(
        *command, env=hermetic.environment(home, upstream), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        if process.stdout is None or not (found := re.search(rb"http://\S+", await process.stdout.readline())):
            raise OSError("cmappy did not start")
        yield found[0].decode()
    finally:
        process.terminate()
        await process.wait()
