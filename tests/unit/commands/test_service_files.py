"""What is written for systemd and launchd, by itself; tests/server has systemd read it."""

import plistlib
from pathlib import Path

import pytest

from cmappy.commands import launchd, systemd


def test_agent_runs_the_command_at_login_and_again_if_it_fails():
    """With the user's PATH, since launchd's own has no CLI, and without one."""
    agent = plistlib.loads(launchd.content(["cmappy", "--port", "1"], {"HOME": "/h", "PATH": "/bin"}).encode())

    assert ["cmappy", "--port", "1"] == agent["ProgramArguments"]
    assert ({"PATH": "/bin"}, True, {"SuccessfulExit": False}) == (
        agent["EnvironmentVariables"],
        agent["RunAtLoad"],
        agent["KeepAlive"],
    )
    assert str(Path("/h/Library/Logs/cmappy.log")) == agent["StandardOutPath"]


@pytest.mark.parametrize("variables", [{"HOME": "/h"}, {}])
def test_agent_is_where_launchd_looks(variables):
    """In the home folder of the user who installs it."""
    assert Path(variables.get("HOME") or Path.home(), "Library/LaunchAgents/cmappy.plist") == launchd.file(variables)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [({"XDG_CONFIG_HOME": "/c"}, "/c"), ({"XDG_CONFIG_HOME": "c", "HOME": "/h"}, "/h/.config"), ({}, None)],
)
def test_unit_is_where_systemd_looks(variables, folder):
    """A relative path means nothing to it."""
    expected = Path(folder or Path.home() / ".config") / "systemd/user/cmappy.service"

    assert expected == systemd.file(variables)


def test_unit_quotes_what_systemd_would_read_otherwise():
    """Specifiers, variables, quotes and spaces are the command's own."""
    unit = systemd.content(["a b", "50%", "$x", 'q"'], {"PATH": "/bin"})

    assert r'ExecStart="a b" 50%% $$x "q\""' in unit.splitlines()
