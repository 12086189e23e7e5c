"""A real CLI, ready to be recorded: hermetic with the stub of the API, or with the caller's own login."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmappy.backends.claude.backend import ClaudeSource
from cmappy.backends.claude.launch import arguments, environment
from cmappy.backends.claude.login import inspect
from cmappy.backends.cli.process import Process
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.faces.face import Caller, Options
from cmappy.middle.models import resolve
from cmappy.recording.folder import put
from cmappy.recording.format import Recording
from cmappy.recording.record import today
from cmappy.turn import Turn
from tools import hermetic
from tools.recording.flags import flags
from tools.scenario import Scenario
from tools.upstream.scenarios import Scenarios
from tools.upstream.server import Upstream

INITIALIZE = "initialize"  # the name of the recording that holds the CLI's list of models, and no turn
FLAGS = "flags"  # the name of the list of the CLI's flags

_PATIENCE = 120.0  # seconds
_WHO_ARE_YOU = (
    b'{"type":"control_request","request_id":"cmappy-0","request":{"subtype":"initialize","systemPrompt":[]}}\n'
)


@dataclass(frozen=True, slots=True)
class Session:
    """One CLI and the folder that its recordings go to."""

    claude: Path
    folder: Path
    backend: ClaudeSource
    variables: Mapping[str, str]
    version: str

    async def record(self, scenario: Scenario) -> None:
        """Write the recording of a scenario; raises CmappyError if the CLI cannot be driven to its end."""
        turn = await self.turn(scenario)
        seen: list[bytes] = []
        failed: Exited | None = None
        try:
            async with aclosing(self.backend.lines(turn)) as lines:
                # To the end: the interpreter would stop reading where it cuts an answer.
                async for line in lines:
                    if isinstance(line, Line):
                        seen.append(line.raw)  # noqa: PERF401 (an error would take the lines with it)
        except Exited as error:
            failed = error  # recorded, with its exit code
        exit, stderr = (failed.exit, failed.stderr) if failed else (None, "")
        self._put(scenario.name, turn.canonical(), seen, exit=exit, stderr=stderr)

    async def turn(self, scenario: Scenario) -> Turn:
        """Return the turn that a scenario's request stands for."""
        asked = scenario.face.read(scenario.request, Options(), Caller())
        return asked.turn(resolve(asked.request.model, (await self.backend.status()).models, {}))

    async def record_initialize(self) -> None:
        """Write what the CLI answers to `initialize`, verbatim."""
        with tempfile.TemporaryDirectory(prefix="cmappy-") as neutral:
            process = await Process.spawn(arguments(str(self.claude)), self.variables, Path(neutral))
            try:
                process.write(_WHO_ARE_YOU)
                line = b""
                while b'"control_response"' not in line:
                    line = await process.line(_PATIENCE)
            finally:
                process.end()
                await process.ended()
        self._put(INITIALIZE, None, [line])

    def _put(self, name: str, turn: dict[str, Any] | None, lines: Sequence[bytes], **end: Any) -> None:
        """Write a recording with all of its lines, in the format that holds each as it was."""
        recording = Recording(turn, tuple(lines), self.version, today(), version=1, **end)
        self.folder.mkdir(parents=True, exist_ok=True)
        put(self.folder / f"{name}.ndjson", recording)

    async def flags(self) -> list[str]:
        """Return the flags that the CLI lists in its help."""
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        asked = await asyncio.create_subprocess_exec(
            self.claude, "--help", stdin=null, stdout=pipe, stderr=null, env=self.variables
        )
        said, _ = await asked.communicate()
        return flags(said.decode())


@asynccontextmanager
async def hermetic_session(claude: Path, folder: Path, scenarios: Iterable[Scenario]) -> AsyncGenerator[Session, None]:
    """Open a session whose API is the stub, in a home of its own."""
    async with Upstream() as upstream:
        upstream.always = Scenarios(scenarios)
        with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
            async with _session(claude, folder, hermetic.environment(Path(home), upstream.url)) as session:
                yield session


@asynccontextmanager
async def live_session(claude: Path, folder: Path) -> AsyncGenerator[Session, None]:
    """Open a session with the caller's own login, whose quota it spends."""
    async with _session(claude, folder, os.environ) as session:
        yield session


@asynccontextmanager
async def _session(claude: Path, folder: Path, inherited: Mapping[str, str]) -> AsyncGenerator[Session, None]:
    variables = environment(inherited, own_address="127.0.0.1:0")
    installed = await inspect(str(claude), variables)
    backend = ClaudeSource(
        str(claude), variables, installed, first=_PATIENCE, silence=_PATIENCE, processes=4, keep=False
    )
    try:
        yield Session(claude, folder, backend, variables, installed.version)
    finally:
        await backend.close()
