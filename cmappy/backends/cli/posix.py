"""Processes on Linux, macOS and the like: a child leads a process group, which signals reach as a whole."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Reads `+ PID` and `- PID`; when nobody can write any more, it kills the groups that are left.
_WATCHER = """
trap '' HUP INT TERM
pids=' '
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid " ;;
    -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid"; done
"""


class Posix:
    """Binds children by `setpriv` where there is one (Linux), else by a watcher on a pipe.

    The kernel sees to the first. The second is a shell that outlives this process for a moment; a child that was just
    starting when this process was killed is not known to it, and ends because its input is closed.
    """

    options: Mapping[str, Any] = {"start_new_session": True}

    def program(self, name: str) -> str:
        """Return the name: the system looks for it on the PATH."""
        return name

    def bind(self, argv: Sequence[str]) -> list[str]:
        """Return the command line, with `setpriv` in front if that works here."""
        return [*_setpriv(), *argv]

    def started(self, pid: int) -> None:
        """Tell the watcher of a child that nothing else binds."""
        if not _setpriv():
            self._watcher.tell(f"+ {pid}\n")

    def ended(self, pid: int) -> None:
        """Tell the watcher that the child is gone."""
        if not _setpriv():
            self._watcher.tell(f"- {pid}\n")

    def terminate(self, pid: int) -> None:
        """Send SIGTERM to the child's group."""
        self._signal(pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        """Send SIGKILL to the child's group."""
        self._signal(pid, signal.SIGKILL)

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call back on SIGINT, SIGTERM, and SIGHUP unless that is ignored, as under `nohup`."""
        for number in _STOP:
            if signal.getsignal(number) != signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, callback)

    @cached_property
    def _watcher(self) -> _Watcher:
        return _Watcher()

    def _signal(self, pid: int, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)


class _Watcher:
    """A process that kills what it was told of when this one is gone."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        quiet = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(  # noqa: S603 (constant words)
                ["/bin/sh", "-c", _WATCHER],
                stdin=reader,
                stdout=quiet,
                stderr=quiet,
                env={},
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(reader)

    def tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # somebody has killed it
            os.write(self._writer, line.encode())


@cache
def _setpriv() -> tuple[str, ...]:
    """Return the command that makes a child die with this process, even a killed one; nothing where there is none."""
    setpriv = (shutil.which("setpriv") or "setpriv", "--pdeathsig", "KILL", "--")
    try:
        subprocess.run([*setpriv, "true"], check=True, capture_output=True)  # noqa: S603 (constant words)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return setpriv
