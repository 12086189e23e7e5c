"""The systemd user unit (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

COMMANDS = {
    "install": [
        ["systemctl", "--user", "daemon-reload"],
        ["systemctl", "--user", "enable", "cmappy.service"],
        ["systemctl", "--user", "restart", "cmappy.service"],
    ],
    "uninstall": [["systemctl", "--user", "disable", "--now", "cmappy.service"]],
    "status": [["systemctl", "--user", "--no-pager", "status", "cmappy.service"]],
}
HINT = (
    "cmappy runs, and starts with your session. To have it run without one: loginctl enable-linger\n"
    "Its log: journalctl --user -u cmappy"
)

_UNIT = """\
[Unit]
Description=cmappy: OpenAI's API in front of the Claude Code CLI

[Service]
# cmappy says itself when it answers; a restart is of no use where the settings are wrong (exit code 2).
Type=notify
NotifyAccess=main
ExecStart={command}
Environment={path}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2
TimeoutStartSec=120
TimeoutStopSec=60
KillMode=mixed
UMask=0077
# What holds without privileges, and with the just-in-time compiler of the CLI.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK

[Install]
WantedBy=default.target
"""


def file(variables: Mapping[str, str]) -> Path:
    """Return where the unit of a user is."""
    config = Path(variables.get("XDG_CONFIG_HOME", ""))
    if not config.is_absolute():
        config = Path(variables.get("HOME") or Path.home(), ".config")
    return Path(config, "systemd", "user", "cmappy.service")


def content(argv: Sequence[str], variables: Mapping[str, str]) -> str:
    """Return the unit that runs a command; the CLI is looked for where it is found now."""
    path = _quoted(f"PATH={variables.get('PATH', '')}", dollars=False)
    return _UNIT.format(command=" ".join(_quoted(word) for word in argv), path=path)


def _quoted(word: str, *, dollars: bool = True) -> str:
    """Return a word as systemd reads it, which knows escapes, variables and specifiers."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    escaped = escaped.replace("$", "$$") if dollars else escaped
    plain = escaped and not set(escaped) & set(" \t\\\"';")
    return escaped if plain else f'"{escaped}"'
