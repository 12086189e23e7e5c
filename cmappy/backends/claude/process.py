"""One child process: spawned into a group of its own, read line by line, and certain to end.

A supervisor task owns the child. Whatever happens to the request that uses it, `end()` only has to be called: it
does not wait, and cannot be cancelled half-way.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cmappy.backends.exits import Exited
from cmappy.errors import CliFailed, TimedOut

_GRACE = 2.0  # seconds between SIGTERM and SIGKILL; the CLI needs 0.1
_READ = 1 << 16  # bytes
_LONGEST_LINE = 64 << 20  # bytes
_STDERR_KEPT = 4096  # bytes


class Process:
    """A running `claude`, or whatever stands in for it."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._stderr = b""
        self._ending = asyncio.Event()
        self._errors = asyncio.create_task(self._drain_stderr())
        self._supervisor = asyncio.create_task(self._supervise())

    @classmethod
    async def spawn(cls, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
        """Start a process in `folder`; raises CliFailed if the program cannot be started."""
        pipe = asyncio.subprocess.PIPE
        try:
            child = await asyncio.create_subprocess_exec(
                *argv, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, cwd=folder, start_new_session=True
            )
        except OSError as error:
            raise CliFailed(f"The Claude Code CLI could not be started: {error.strerror}") from error
        return cls(child)

    @property
    def pid(self) -> int:
        """The child's process id, which is also its group's."""
        return self._child.pid

    async def write(self, data: bytes) -> None:
        """Write to stdin; a child that is gone is noticed when its output ends."""
        assert self._child.stdin is not None  # noqa: S101 (it was spawned with pipes)
        with suppress(ConnectionError):
            self._child.stdin.write(data)
            await self._child.stdin.drain()

    async def lines(self, *, first: float, silence: float) -> AsyncGenerator[bytes, None]:
        """Yield stdout's lines until the process ends, which raises Exited.

        Raises TimedOut if nothing comes for `first` seconds, or later for `silence` seconds.
        """
        assert self._child.stdout is not None  # noqa: S101 (it was spawned with pipes)
        rest = b""
        limit = first
        while data := await self._read(self._child.stdout, limit):
            limit = silence
            *lines, rest = (rest + data).split(b"\n")  # on \n only: U+2028 may stand raw inside a string
            for line in lines:
                yield line
            if len(rest) > _LONGEST_LINE:
                raise CliFailed("The Claude Code CLI wrote a line of more than 64 MB.")
        await self._errors
        raise Exited(await self._child.wait(), self._stderr.decode(errors="replace"))

    async def _read(self, stdout: asyncio.StreamReader, limit: float) -> bytes:
        try:
            async with asyncio.timeout(limit):
                return await stdout.read(_READ)
        except TimeoutError as error:
            raise TimedOut(f"The Claude Code CLI said nothing for {limit:g} seconds.") from error

    def end(self, *, at_once: bool = False) -> None:
        """Have the process and all its children ended; `at_once` leaves them no time for anything more."""
        if at_once:
            self._signal(signal.SIGKILL)
        self._ending.set()

    async def ended(self) -> None:
        """Wait until the process is gone."""
        await asyncio.shield(self._supervisor)

    def on_end(self, callback: Callable[[Process], None]) -> None:
        """Have `callback` called with this process once it is gone."""
        self._supervisor.add_done_callback(lambda _: callback(self))

    async def _supervise(self) -> None:
        exit = asyncio.ensure_future(self._child.wait())
        ending = asyncio.ensure_future(self._ending.wait())
        await asyncio.wait({exit, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        self._signal(signal.SIGTERM)
        await asyncio.wait({exit}, timeout=_GRACE)
        self._signal(signal.SIGKILL)  # also what the child has left behind in its group
        await exit

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    async def _drain_stderr(self) -> None:
        assert self._child.stderr is not None  # noqa: S101 (it was spawned with pipes)
        while data := await self._child.stderr.read(_READ):
            self._stderr = (self._stderr + data)[-_STDERR_KEPT:]
