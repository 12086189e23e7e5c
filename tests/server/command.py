"""Runs the `cmappy` command as its users meet it, and a scripted `claude` in place of the CLI."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx

RECORDINGS = Path(__file__).parents[2] / "fixtures"
HANG = 60  # seconds after which a command that should have said something or stopped is killed, and its test fails

STAND_IN = """#!{python}
import json, os, sys, time
with open({pids!r}, "a") as pids:
    print(os.getpid(), file=pids)
if "--version" in sys.argv:
    print({version!r})
elif "auth" in sys.argv:
    {auth}
else:
    for line in sys.stdin:
        said = json.loads(line)
        if said["type"] == "control_request":
            models = [{{"value": "sonnet", "resolvedModel": "claude-sonnet-5-5"}}]
            response = {{"subtype": "success", "request_id": said["request_id"], "response": {{"models": models}}}}
            print(json.dumps({{"type": "control_response", "response": response}}), flush=True)
"""
LOGGED_IN = "print(json.dumps({'loggedIn': True, 'authMethod': 'oauth_token'}))"
LOGGED_OUT = "print(json.dumps({'loggedIn': False, 'authMethod': 'none'})); sys.exit(1)"


class Command:
    """Runs `cmappy` in an empty folder, with an environment built from nothing and a scripted `claude` on its PATH."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "bin"
        self.pids = folder / "pids"
        self.started = []
        self.bin.mkdir(parents=True)
        self.pids.touch()

    def claude(self, version="2.1.330 (Claude Code)", auth=LOGGED_IN):
        """Put a stand-in for the CLI on the PATH, which knows its version and login and never answers a message."""
        script = STAND_IN.format(python=sys.executable, pids=str(self.pids), version=version, auth=auth)
        self.program(script)

    def program(self, script, mode=0o755):
        """Put any program named `claude` on the PATH."""
        path = self.bin / "claude"
        path.write_text(script, encoding="utf-8")
        path.chmod(mode)

    def run(self, *arguments, **environment):
        """Run the command to its end."""
        return subprocess.run(**self._options(arguments, environment), capture_output=True, timeout=HANG)

    def start(self, *arguments, **environment):
        """Start the command, to be stopped."""
        process = subprocess.Popen(
            **self._options(arguments, environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        timer = threading.Timer(HANG, process.kill)
        timer.start()
        self.started.append((process, timer))
        return process

    def alive(self):
        """Return the stand-ins that are still running."""
        return [pid for pid in map(int, self.pids.read_text().split()) if exists(pid)]

    def stop(self):
        """Stop what is still running."""
        for process, timer in self.started:
            process.terminate()
            process.communicate()
            timer.cancel()

    def _options(self, arguments, environment):
        path = f"{self.bin}:{os.defpath}"
        return {
            "args": [sys.executable, "-m", "cmappy", *arguments],
            "env": {"PATH": path, "HOME": str(self.folder), "PYTHONWARNINGS": "error", "CMAPPY_LOG_LEVEL": "warning"}
            | environment,
            "cwd": self.folder,
            "text": True,
            "start_new_session": True,
        }


def exists(pid):
    """Return whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def url(process):
    """Return the address that a started command tells in its first line."""
    return re.search(r"http://\S+(?=/v1)", process.stdout.readline())[0]


def reachable(base):
    """Return whether the server takes new connections."""
    try:
        httpx.get(f"{base}/health", trust_env=False)
    except httpx.ConnectError:
        return False
    return True


def stop(process, number=signal.SIGTERM):
    """Send a signal and return the exit code and all that was written to stderr."""
    process.send_signal(number)
    _, stderr = process.communicate()
    return process.returncode, stderr
