"""One child process: spawned into a group of its own, read line by line, and certain to end.

A supervisor task owns the child. Whatever happens to the request that uses it, `end()` only has to be called: it
does not wait, and cannot be cancelled half-way.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from cmappy.backends.exits import Exited
from cmappy.errors import CliFailed, TimedOut

_GRACE = 2.0  # seconds between SIGTERM and SIGKILL; the CLI needs 0.1
_READ = 1 << 16  # bytes
_LONGEST_LINE = 64 << 20  # bytes
_STDERR_KEPT = 4096  # bytes


@cache
def _bound() -> tuple[str, ...]:
    """Return the command that makes a child die with this process, even if it is killed; nothing where there is none.

    Elsewhere the CLI notices that its stdin is closed, once it has finished its turn.
    """
    setpriv = ("setpriv", "--pdeathsig", "KILL", "--")
    try:
        subprocess.run([*setpriv, "true"], check=True, capture_output=True)  # noqa: S603 (constant words)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return setpriv


class Process:
    """A running `claude`, or whatever stands in for it."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._lines: deque[bytes] = deque()
        self._rest: list[bytes] = []  # the beginning of a line whose end has not come yet
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
                *_bound(),
                *argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=environment,
                cwd=folder,
                start_new_session=True,
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

    async def line(self, limit: float) -> bytes:
        """Return the next line of stdout; raises TimedOut after `limit` seconds, and Exited when there are no more."""
        assert self._child.stdout is not None  # noqa: S101 (it was spawned with pipes)
        while not self._lines:
            data = await self._read(self._child.stdout, limit)
            if not data:
                raise await self._exit()
            *lines, rest = data.split(b"\n")  # on \n only: U+2028 may stand raw inside a string
            if lines:
                lines[0] = b"".join([*self._rest, lines[0]])
                self._rest = []
            self._lines.extend(lines)
            self._rest.append(rest)
            if sum(map(len, self._rest)) > _LONGEST_LINE:
                raise CliFailed(f"The Claude Code CLI wrote a line of more than {_LONGEST_LINE >> 20} MB.")
        return self._lines.popleft()

    async def _read(self, stdout: asyncio.StreamReader, limit: float) -> bytes:
        try:
            async with asyncio.timeout(limit):
                return await stdout.read(_READ)
        except TimeoutError as error:
            raise TimedOut(f"The Claude Code CLI said nothing for {limit:g} seconds.") from error

    async def _exit(self) -> Exited:
        """Return how the process ended; one that only closed its stdout is ended, as it can say nothing more."""
        await asyncio.wait({asyncio.ensure_future(self._child.wait())}, timeout=_GRACE)
        self.end()
        code = await self._child.wait()
        await asyncio.wait({self._errors}, timeout=_GRACE)
        return Exited(code, self._stderr.decode(errors="replace"))

    def end(self, *, at_once: bool = False) -> None:
        """Have the process and all its children ended; `at_once` leaves them no time for anything more."""
        if at_once:
            self._signal(signal.SIGKILL)
        self._ending.set()

    @property
    def gone(self) -> bool:
        """Whether the process has ended, or is about to."""
        return self._child.returncode is not None or self._ending.is_set()

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
