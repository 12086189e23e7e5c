"""Processes on Windows: a job object binds them to this one, and `taskkill` ends a child with its children.

Only its logic is tested, on other systems: it has not been run on Windows yet.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

_NEW_GROUP = 0x200  # CREATE_NEW_PROCESS_GROUP: Ctrl-C in our console is not the child's
_KILL_ON_CLOSE = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
_STOP = ("SIGINT", "SIGTERM", "SIGBREAK")


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("times", ctypes.c_int64 * 2),
        ("flags", ctypes.c_uint32),
        ("working_set", ctypes.c_size_t * 2),
        ("active", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32 * 2),
        ("io", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


class Windows:
    """Puts this process, and so all its children, into a job that Windows ends when this process is gone."""

    options: Mapping[str, Any] = {"creationflags": _NEW_GROUP}

    def __init__(self, kernel: Any = None, run: Callable[[list[str]], object] | None = None) -> None:
        self._kernel = kernel
        self._run = run or _in_background

    def program(self, name: str) -> str:
        """Return the path of a program: npm installs `claude.cmd`, which is found only with its ending."""
        return shutil.which(name) or name

    def bind(self, argv: Sequence[str]) -> list[str]:
        """Return the command line; the job binds what it starts."""
        self._job  # noqa: B018 (made once)
        return list(argv)

    def started(self, pid: int) -> None:
        """Do nothing: children are in the job from the start."""

    def ended(self, pid: int) -> None:
        """Do nothing."""

    def terminate(self, pid: int) -> None:
        """Send Ctrl-Break, which a child may take as its end."""
        with suppress(OSError):
            os.kill(pid, getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))

    def kill(self, pid: int) -> None:
        """End the child and all that it has started."""
        self._run(["taskkill", "/F", "/T", "/PID", str(pid)])

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call back on Ctrl-C, Ctrl-Break and SIGTERM; the loop of Windows has no signal handlers of its own."""
        loop = asyncio.get_running_loop()
        for name in _STOP:
            if number := getattr(signal, name, None):
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(callback))

    @cached_property
    def _job(self) -> Any:
        """The job, whose handle stays open as long as this process lives; None if Windows refuses one."""
        kernel = self._kernel or ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
        for function in (kernel.CreateJobObjectW, kernel.GetCurrentProcess):
            function.restype = ctypes.c_void_p  # a handle is as wide as a pointer
        job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
        limits = _Limits(flags=_KILL_ON_CLOSE)
        size = ctypes.c_uint32(ctypes.sizeof(limits))
        kernel.SetInformationJobObject(job, ctypes.c_int(_EXTENDED_LIMITS), ctypes.byref(limits), size)
        taken = kernel.AssignProcessToJobObject(job, ctypes.c_void_p(kernel.GetCurrentProcess()))
        return job if taken else None


def _in_background(argv: list[str]) -> None:
    """Run a program to its end without waiting for it."""
    quiet = subprocess.DEVNULL
    threading.Thread(
        target=subprocess.run, args=(argv,), kwargs={"stdout": quiet, "stderr": quiet}, daemon=True
    ).start()
