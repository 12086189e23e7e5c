"""The launchd agent of macOS (pure)."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping, Sequence
from pathlib import Path

LABEL = "cmappy"
COMMANDS = {
    "install": [["launchctl", "bootout", f"gui/{{user}}/{LABEL}"], ["launchctl", "bootstrap", "gui/{user}", "{file}"]],
    "uninstall": [["launchctl", "bootout", f"gui/{{user}}/{LABEL}"]],
    "status": [["launchctl", "print", f"gui/{{user}}/{LABEL}"]],
}
HINT = "cmappy runs, and starts when you log in. Its log: ~/Library/Logs/cmappy.log"


def file(variables: Mapping[str, str]) -> Path:
    """Return where the agent of a user is."""
    return Path(variables.get("HOME") or Path.home(), "Library", "LaunchAgents", f"{LABEL}.plist")


def content(argv: Sequence[str], variables: Mapping[str, str]) -> str:
    """Return the agent that runs a command; the CLI is looked for where it is found now."""
    log = str(Path(variables.get("HOME") or Path.home(), "Library", "Logs", "cmappy.log"))
    agent = {
        "Label": LABEL,
        "ProgramArguments": list(argv),
        "EnvironmentVariables": {"PATH": variables.get("PATH", "")},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": 60,
        "Umask": 0o077,
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    return plistlib.dumps(agent, sort_keys=False).decode()
