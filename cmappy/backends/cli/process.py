"""One child process: spawned into a group of its own, read line by line, and certain to end.

A supervisor task owns the child. Whatever happens to the request that uses it, `end()` only has to be called: it
does not wait, and cannot be cancelled half-way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from pathlib import Path
from typing import cast

from cmappy.backends.cli.framing import Lines
from cmappy.backends.cli.platform import SYSTEM
from cmappy.backends.exits import Exited
from cmappy.errors import CliFailed, CmappyError, TimedOut
from cmappy.sensitive import redact

log = logging.getLogger("cmappy")

_GRACE = 0.5  # seconds between SIGTERM and SIGKILL, and for the last words of a child that is gone; the CLI needs 0.1
_MOST_QUEUED = 1 << 20  # bytes of lines that nobody has read yet; beyond them the child has to wait
_LONGEST_LINE = 64 << 20  # bytes
_STDERR_KEPT = 4096  # bytes
_NOT_STARTED = {126: "it cannot be run", 127: "it was not found"}  # the exit codes of `setpriv`


class _Child(asyncio.SubprocessProtocol):
    """What is heard of a child; `news` is set by all of it, `ending` by what leaves the child without any use."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.stderr = b""
        self.mute = self.deaf = False  # its stdout, its stdin is closed
        self.news, self.ending, self.exited, self.finished = (asyncio.Event() for _ in range(4))
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self.stderr = (self.stderr + data)[-_STDERR_KEPT:]
            return
        self.lines.feed(data)
        self._set_paused(self.lines.size > _MOST_QUEUED)
        self.news.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 0:
            self.deaf = True
            if exc:
                self.give_up()
        elif fd == 1:
            self.mute = True
            self.news.set()

    def process_exited(self) -> None:
        self.exited.set()
        self.ending.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.finished.set()

    def give_up(self) -> None:
        """Have a child ended that could not be told something, unless it ends by itself and says why."""
        asyncio.get_running_loop().call_later(_GRACE, self.ending.set)

    def pop(self) -> bytes:
        """Return the oldest line, and let the child write on if it had to wait."""
        line = self.lines.pop()
        if self._paused and self.lines.size <= _MOST_QUEUED // 2:
            self._set_paused(False)
        return line

    def hear_out(self) -> None:
        """Take what a child that is gone has left in its pipe."""
        self._set_paused(False)

    def _set_paused(self, paused: bool) -> None:
        stdout = cast(asyncio.ReadTransport, self._transport.get_pipe_transport(1))
        if paused != self._paused and not (self.mute or (paused and self.exited.is_set())):
            self._paused = paused
            stdout.pause_reading() if paused else stdout.resume_reading()


class Process:
    """A running `claude`, or whatever stands in for it."""

    def __init__(self, transport: asyncio.SubprocessTransport, child: _Child) -> None:
        self._transport = transport
        self._child = child
        # In a context of its own: the process outlives the request that starts it, and must not keep it in memory.
        self._supervisor = asyncio.create_task(self._supervise(), context=Context())

    @classmethod
    async def spawn(cls, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
        """Start a process in `folder`; raises CliFailed if the program cannot be started."""
        try:
            transport, child = await asyncio.get_running_loop().subprocess_exec(
                _Child, *SYSTEM.bind(argv), env=environment, cwd=folder, **SYSTEM.options
            )
        except OSError as error:
            raise _not_started(error.strerror or "") from error
        SYSTEM.started(transport.get_pid())
        return cls(transport, child)

    @property
    def pid(self) -> int:
        """The child's process id, which is also its group's."""
        return self._transport.get_pid()

    def write(self, data: bytes) -> None:
        """Write to stdin without waiting for the child to read it; one that has closed its stdin is ended."""
        stdin = cast(asyncio.WriteTransport | None, self._transport.get_pipe_transport(0))
        if stdin is None or self._child.deaf or stdin.is_closing():
            self._child.give_up()
        else:
            stdin.write(data)

    async def line(self, limit: float) -> bytes:
        """Return the next line of stdout; raises TimedOut after `limit` seconds.

        Where there are no more lines it raises Exited, or CliFailed if the program never ran.
        """
        child = self._child
        while not child.lines:
            if child.mute:
                raise await self._exit()
            if child.lines.partial > _LONGEST_LINE:
                raise CliFailed(f"The Claude Code CLI wrote a line of more than {_LONGEST_LINE >> 20} MB.")
            child.news.clear()
            try:
                async with asyncio.timeout(limit):
                    await child.news.wait()
            except TimeoutError as error:
                raise TimedOut(f"The Claude Code CLI said nothing for {limit:g} seconds.") from error
        return child.pop()

    def waiting(self) -> list[bytes]:
        """Return the lines that have come and were not read yet."""
        return [self._child.pop() for _ in range(len(self._child.lines))]

    async def _exit(self) -> CmappyError:
        """Return how the process ended; one that only closed its stdout is ended, as it can say nothing more."""
        await _within(_GRACE, self._child.exited)
        self.end()
        await self.ended()
        code = self._transport.get_returncode() or 0
        if code in _NOT_STARTED and self._child.stderr.startswith(b"setpriv: "):
            return _not_started(_NOT_STARTED[code])
        stderr = self._child.stderr.decode(errors="replace")
        if stderr.strip():
            log.warning("the CLI exited with code %d and wrote: %s", code, redact(stderr.strip()))
        return Exited(code, stderr)

    def end(self, *, at_once: bool = False) -> None:
        """Have the process and all its children ended; `at_once` leaves them no time for anything more."""
        if at_once and not self._child.exited.is_set():
            SYSTEM.kill(self.pid)
        self._child.ending.set()

    @property
    def gone(self) -> bool:
        """Whether the process has ended or is about to, or hears nothing any more."""
        return self._child.ending.is_set() or self._child.deaf

    async def ended(self) -> None:
        """Wait until the process is gone."""
        await asyncio.shield(self._supervisor)

    def on_end(self, callback: Callable[[Process], None]) -> None:
        """Have `callback` called with this process once it is gone."""
        self._supervisor.add_done_callback(lambda _: callback(self), context=Context())

    async def _supervise(self) -> None:
        child = self._child
        try:
            await child.ending.wait()
            if not child.exited.is_set():
                SYSTEM.terminate(self.pid)
                await _within(_GRACE, child.exited)
        finally:
            SYSTEM.kill(self.pid)  # also what the child has left behind in its group
        await child.exited.wait()
        SYSTEM.ended(self.pid)
        child.hear_out()
        await _within(_GRACE, child.finished)
        self._transport.close()  # somebody who has left the group may still hold the other ends of the pipes
        await child.finished.wait()


def _not_started(why: str) -> CliFailed:
    return CliFailed(f"The Claude Code CLI could not be started: {why}. Check `--claude`.")


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for an event, but not longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
