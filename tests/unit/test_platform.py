"""Process primitives: those of this system with real processes, those of Windows by what they ask of it."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest

from cmappy.backends.cli import posix, windows

HANG = 60  # seconds
PARENT = """
import signal, subprocess, sys, time
from cmappy.backends.cli.posix import Posix
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have had it ignored
system = Posix()
argv, null = system.bind(["sleep", "600"]), subprocess.DEVNULL
children = [subprocess.Popen(argv, stdout=null, **system.options) for _ in range(4)]
for child in children:
    system.started(child.pid)
for child in children[:2]:
    system.kill(child.pid)
    child.wait()
    system.ended(child.pid)
print(*(child.pid for child in children), flush=True)
time.sleep(600)
"""


@pytest.fixture
def without_setpriv(tmp_path, monkeypatch):
    """Hide setpriv, as on macOS."""
    for name in ("sleep", "true"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path))


def is_alive(pid):
    """Return whether a process runs; one that only waits for burial does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks into /proc")
@pytest.mark.usefixtures("without_setpriv")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_watcher_ends_what_is_left_when_this_process_is_gone(number):
    """Even if it was killed, and could do nothing about it."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    before = [is_alive(pid) for pid in pids]
    parent.send_signal(number)
    parent.communicate(timeout=HANG)
    for pid in pids[2:]:
        wait_for_end(pid)

    assert ([False, False, True, True], [False] * 4) == (before, [is_alive(pid) for pid in pids])


def wait_for_end(pid):
    """Wait until a process has ended that is not our child."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        assert select.select([handle], [], [], HANG)[0]
        os.close(handle)


def test_ending_what_has_ended_is_no_error():
    """Signals cross with ends."""
    child = subprocess.Popen(["true"], **posix.Posix.options)
    child.wait()
    posix.Posix().terminate(child.pid)
    posix.Posix().kill(child.pid)


class Kernel:
    """Notes what is asked of Windows; the handles are wider than an int of C."""

    def __init__(self, taken=1):
        self.asked = []
        self.taken = taken
        self.CreateJobObjectW = self._answer("create", 1 << 40)
        self.GetCurrentProcess = self._answer("this process", (1 << 64) - 1)
        self.SetInformationJobObject = self._answer("limit", 1)
        self.AssignProcessToJobObject = self._answer("assign", taken)

    def _answer(self, name, result):
        def answer(*arguments):
            self.asked.append((name, [getattr(each, "value", each) for each in arguments]))
            if name == "limit":
                self.limits = arguments[2]._obj
            return result

        return answer


@pytest.mark.parametrize("taken", [1, 0], ids=["taken", "refused"])
def test_windows_binds_children_by_one_job(taken):
    """Our process joins it before its first child, which inherits it; it is made once."""
    kernel = Kernel(taken)
    system = windows.Windows(kernel)

    assert ["claude.cmd", "-p"] == system.bind(["claude.cmd", "-p"]) == system.bind(["claude.cmd", "-p"])
    assert ["create", "limit", "this process", "assign"] == [name for name, _ in kernel.asked]
    assert (1 << 40, (1 << 64) - 1) == tuple(kernel.asked[-1][1])
    assert 0x2000 == kernel.limits.flags


def test_limits_of_a_job_have_the_size_that_windows_expects():
    """144 bytes with pointers of 64 bits; another size is refused."""
    assert 144 == windows.ctypes.sizeof(windows._Limits)


def test_windows_kills_a_child_with_its_children():
    """`claude.cmd` is a shell that has started the CLI."""
    asked = []
    system = windows.Windows(run=asked.append)
    system.started(7)
    system.kill(7)
    system.ended(7)

    assert [["taskkill", "/F", "/T", "/PID", "7"]] == asked


def test_windows_asks_a_child_to_end_by_a_break(monkeypatch):
    """And one that is gone is no error."""
    asked = []
    monkeypatch.setattr(windows.signal, "CTRL_BREAK_EVENT", 1, raising=False)
    monkeypatch.setattr(windows.os, "kill", lambda *arguments: asked.append(arguments))
    windows.Windows().terminate(7)
    monkeypatch.setattr(windows.os, "kill", lambda *_: (_ for _ in ()).throw(PermissionError))
    windows.Windows().terminate(8)

    assert [(7, 1)] == asked


def test_windows_finds_what_npm_has_installed(monkeypatch):
    """`claude` alone is no program there."""
    monkeypatch.setattr(windows.shutil, "which", {"claude": r"C:\npm\claude.cmd"}.get)

    assert (r"C:\npm\claude.cmd", "other") == (
        windows.Windows().program("claude"),
        windows.Windows().program("other"),
    )


def test_windows_stops_in_the_loop(monkeypatch):
    """A handler of a signal may run anywhere; the callback does not."""
    handlers = {}
    numbers = {"SIGINT": 2, "SIGTERM": 15, "SIGBREAK": 21}
    monkeypatch.setattr(windows, "signal", SimpleNamespace(signal=handlers.__setitem__, **numbers))

    async def stop():
        stopped = asyncio.Event()
        windows.Windows().on_stop(stopped.set)
        handlers[21](21, None)
        async with asyncio.timeout(HANG):
            await stopped.wait()

    asyncio.run(stop())

    assert set(numbers.values()) == handlers.keys()
