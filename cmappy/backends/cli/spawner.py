"""All processes of a backend: where they live, how many there may be at once, and that none is left behind."""

from __future__ import annotations

import asyncio
import getpass
import os
import stat
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from cmappy.backends.cli.process import Process
from cmappy.errors import Overloaded

_TEMPORARY = ("TMPDIR", "TEMP", "TMP")  # the first is for all but Windows


class Spawner:
    """Starts a program in the given environment, up to `most` processes at once, including those still ending."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], most: int | None = None) -> None:
        self._argv = argv
        # The CLI tells the model its working directory, so it gets an empty one, the same each time: what the model is
        # told is the same then, too. And it leaves files in its temporary directory, so that goes with this object.
        self._folder = tempfile.TemporaryDirectory(prefix="cmappy-", ignore_cleanup_errors=True)
        self._temporary = Path(self._folder.name, "tmp")
        self._own = Path(self._folder.name, "empty")
        self._environment = {**environment, **dict.fromkeys(_TEMPORARY, str(self._temporary))}
        self._slots = asyncio.Semaphore(most) if most else None
        self._spawning: set[asyncio.Task[Process]] = set()
        self._running: set[Process] = set()
        self._closed = False

    def __len__(self) -> int:
        """Return the number of processes that run."""
        return len(self._running)

    async def start(self) -> Process:
        """Start a process as soon as there is a slot for it; raises CliFailed, or Overloaded after `close()`."""
        if self._slots:
            await self._slots.acquire()
        spawning = asyncio.create_task(self._spawn())
        self._spawning.add(spawning)
        spawning.add_done_callback(self._spawning.discard)
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            spawning.add_done_callback(_end)
            raise

    async def close(self) -> None:
        """End all processes and wait until they are gone."""
        self._closed = True
        if self._spawning:
            await asyncio.wait(set(self._spawning))
        for process in self._running:
            process.end()
        for process in list(self._running):
            await process.ended()
        self._folder.cleanup()

    async def _spawn(self) -> Process:
        try:
            if self._closed:
                raise Overloaded("cmappy is being stopped. Try again when it runs again.")
            self._temporary.mkdir(parents=True, exist_ok=True)  # again, where something tidies up old temporary files
            process = await Process.spawn(self._argv, self._environment, _empty() or _made(self._own))
        except BaseException:
            self._release()
            raise
        self._running.add(process)
        process.on_end(self._forget)
        return process

    def _forget(self, process: Process) -> None:
        self._running.discard(process)
        self._release()

    def _release(self) -> None:
        if self._slots:
            self._slots.release()


def _end(spawning: asyncio.Task[Process]) -> None:
    """End a process that nobody waits for any more."""
    if not spawning.cancelled() and not spawning.exception():
        spawning.result().end()


def _empty() -> Path | None:
    """Return the empty folder of this user, whose path never changes; None if somebody else has a hand in it."""
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    folder = Path(tempfile.gettempdir(), f"cmappy-empty-{user}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == user)
        closed = sys.platform == "win32" or stat.S_IMODE(found.st_mode) == 0o700
        return folder if ours and closed and not any(folder.iterdir()) else None
    except OSError:
        return None


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
