"""Wraps a backend and writes what passes through; the answer itself is untouched."""

from __future__ import annotations

import datetime
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from cmappy.backends import Backend, Status
from cmappy.backends.exits import Exited
from cmappy.fixture import BadFixture, Fixture, load
from cmappy.turn import Turn


class RecordingBackend:
    """Records every turn that comes to its end into a folder, as `<name or key>.ndjson`.

    A turn that is recorded already is rewritten, unless its recording was written or edited by hand.
    """

    def __init__(self, backend: Backend, folder: Path, name: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._backend = backend
        self._folder = folder
        self._name = name

    async def lines(self, turn: Turn) -> AsyncGenerator[bytes, None]:
        """Yield the backend's lines; the recording is written when they have all been seen."""
        seen: list[bytes] = []
        async with aclosing(self._backend.lines(turn)) as lines:
            try:
                async for line in lines:
                    seen.append(line)
                    yield line
            except Exited as end:
                await self._write(turn, seen, end.exit, end.stderr)
                raise
        await self._write(turn, seen)

    async def status(self) -> Status:
        """Return the wrapped backend's status."""
        return await self._backend.status()

    async def close(self) -> None:
        """Close the wrapped backend."""
        await self._backend.close()

    async def _write(self, turn: Turn, lines: list[bytes], exit: int | None = None, stderr: str = "") -> None:
        cli = (await self._backend.status()).cli_version
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        recording = Fixture(turn.canonical(), tuple(lines), cli, today, exit=exit, stderr=stderr)
        write(self._folder / f"{self._name or turn.key()[:16]}.ndjson", recording)


def write(path: Path, recording: Fixture) -> None:
    """Write a recording in one step; leaves one alone that was written or edited by hand."""
    if path.exists():
        try:
            if load(path.read_bytes()).origin != "recorded":
                return
        except BadFixture:
            pass  # a torn recording is worth nothing: replace it
    draft = path.with_suffix(".tmp")
    draft.write_bytes(recording.dump())
    os.replace(draft, path)
