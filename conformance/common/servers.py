"""Starts the server to look at, as a process of its own: from recordings, or with the real CLI on a stub of its API."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

_URL = re.compile(r"http://\S+")


class NotStarted(Exception):
    """A process ended, or said something else, instead of telling its address."""


@contextmanager
def replaying() -> Iterator[str]:
    """Run `cmappy --replay` on a free port; the value is the base URL."""
    with _running([sys.executable, "-m", "cmappy", "--replay", "--port", "0"], _own_environment()) as said:
        yield _url(said)


@contextmanager
def driving(cli: Path, scenarios: Path) -> Iterator[str]:
    """Run cmappy with the real CLI, in an environment that reaches nothing but a stub of the Messages API."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="claude-home-"))
        stub = [sys.executable, "-m", "tools.upstream", "--scenarios", str(scenarios)]
        said = stack.enter_context(_running(stub, _own_environment()))
        hermetic = dict(pair.split("=", 1) for pair in shlex.split(said.partition("env -i ")[2]))
        hermetic |= {"HOME": home}
        command = [sys.executable, "-m", "cmappy", "--claude", str(cli), "--port", "0"]
        yield _url(stack.enter_context(_running(command, hermetic)))


@contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Run a command; the value is the first line that it prints. It is told to end when the context does."""
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=complaints, text=True)
        with process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line:
                    complaints.seek(0)
                    raise NotStarted(f"{shlex.join(command)} did not start:\n{complaints.read()}")
                yield line
            finally:
                process.terminate()
                process.wait(20)


def _own_environment() -> dict[str, str]:
    """Return this process's environment without the settings of a cmappy that the caller may use."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CMAPPY_")} | {
        "CMAPPY_CONFIG": os.devnull
    }


def _url(line: str) -> str:
    found = _URL.search(line)
    if found is None:
        raise NotStarted(f"no address in {line!r}")
    return found[0]
