"""Runs the command anew whenever its source changes: for working on cmappy itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_SOURCE = Path(__file__).parent.parent
_PAUSE = 0.2  # seconds between two looks at the source
_PATIENCE = 20.0  # seconds for the command to stop


def watch(arguments: Sequence[str]) -> int:
    """Run `cmappy` with these arguments until SIGINT, SIGTERM or SIGHUP, and return the exit code.

    A first start that fails is the end; a later one, after a bad edit, waits for the next edit.
    """
    command = [sys.executable, "-m", "cmappy", *arguments, "--no-reload"]
    signals: list[int] = []
    for name in {"SIGINT", "SIGTERM", "SIGHUP"} & signal.__dict__.keys():  # Windows has no SIGHUP
        signal.signal(getattr(signal, name), lambda number, _: signals.append(number))
    restarted = False
    while True:
        seen = _stamps()
        # A group of its own: Ctrl-C reaches this process only, which then stops the child.
        child = subprocess.Popen(command, process_group=0)  # noqa: S603 (it is this very command)
        while not signals and child.poll() is None and seen == _stamps():
            time.sleep(_PAUSE)
        failed = child.poll()
        _end(child)
        if signals or failed == 0:
            return 0
        if failed is not None:
            if not restarted:
                return failed
            print("cmappy: waiting for a change of the source", file=sys.stderr)
            while not signals and seen == _stamps():
                time.sleep(_PAUSE)
        restarted = True


def _stamps() -> dict[Path, int]:
    """Return when each file of the source was changed."""
    return {path: path.stat().st_mtime_ns for path in _SOURCE.rglob("*.py")}


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
