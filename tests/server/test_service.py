"""`cmappy service`: the files that it writes are valid, and readiness is told when it is true."""

import json
import os
import plistlib
import shutil
import signal
import socket
import stat
import subprocess
import sys

import httpx
import pytest

from cmappy.commands import systemd
from tests.server.command import HANG, RECORDINGS, Command, url

NOTE = '#!/bin/sh\necho "$0 $*" >> "{log}"\n'


@pytest.fixture
def command(tmp_path):
    """Return a command, with stand-ins for the system's own that note how they are called."""
    command = Command(tmp_path / "a folder")
    for name in ("systemctl", "launchctl"):
        path = command.bin / name
        path.write_text(NOTE.format(log=command.folder / "called"), encoding="utf-8")
        path.chmod(0o755)
    yield command
    command.stop()


def called(command):
    """Return how the system's own commands were called."""
    lines = (command.folder / "called").read_text().splitlines()
    return [line.removeprefix(f"{command.bin}/") for line in lines]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_unit_is_valid(command, tmp_path):
    """By the word of systemd itself."""
    path = command.folder / "cmappy.service"
    path.write_text(
        command.run("service", "print", "--kind", "systemd", "--port", "4000", "--record", "my $100%").stdout
    )
    verify = ["systemd-analyze", "--user", "--man=no", "verify", str(path)]
    variables = {"PATH": os.defpath, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    ended = subprocess.run(verify, env=variables, capture_output=True, text=True, timeout=HANG)

    assert (0, "") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize(
    ("word", "quoted"),
    [("plain", "plain"), ("two words", '"two words"'), ("100%", "100%%"), ("$HOME", "$$HOME"), ('a"\\', '"a\\"\\\\"')],
)
def test_words_of_the_command_are_quoted_as_systemd_reads_them(word, quoted):
    """It knows escapes, variables and specifiers."""
    assert f"ExecStart={quoted}\n" in systemd.content([word], {})


def test_agent_is_valid_and_runs_what_was_asked_for(command):
    """A property list that starts this cmappy with the given flags, and paths that hold from anywhere."""
    flags = ("--port", "4000", "--replay", "here", "--no-reload")
    agent = plistlib.loads(command.run("service", "print", "--kind", "launchd", *flags).stdout.encode())
    given = agent["ProgramArguments"]

    assert [sys.executable, "-m", "cmappy", "serve"] == given[:4]
    assert {"--port", "4000", "--replay", f"{command.folder}/here", "--no-reload"} == set(given[4:])
    assert (True, {"SuccessfulExit": False}, 0o077) == (agent["RunAtLoad"], agent["KeepAlive"], agent["Umask"])


@pytest.mark.skipif(sys.platform != "linux", reason="systemd")
def test_service_is_installed_and_removed(command):
    """The token goes into a file that nobody else can read, and into no command line."""
    installed = command.run("service", "install", "--port", "4000", CLAUDE_CODE_OAUTH_TOKEN="sk-ant-oat-1")
    unit = command.folder / ".config" / "systemd" / "user" / "cmappy.service"
    text, token = unit.read_text(), command.folder / ".config" / "cmappy" / "token"
    asked = command.run("service", "status")
    removed = command.run("service", "uninstall")

    assert [0, 0, 0] == [installed.returncode, asked.returncode, removed.returncode]
    assert (f'--token-file "{token}"' in text, "sk-ant" in text + installed.stdout) == (True, False)
    assert ("sk-ant-oat-1\n", 0o600) == (token.read_text(), stat.S_IMODE(token.stat().st_mode))
    assert not unit.exists()
    assert [
        "systemctl --user daemon-reload",
        "systemctl --user enable cmappy.service",
        "systemctl --user restart cmappy.service",
        "systemctl --user --no-pager status cmappy.service",
        "systemctl --user disable --now cmappy.service",
    ] == called(command)


def test_key_is_not_put_on_a_command_line(command):
    """Everybody on the machine can read those."""
    ended = command.run("service", "print", "--kind", "systemd", "--api-key", "secret")

    assert (2, True, "") == (ended.returncode, "--api-key-file" in ended.stderr, ended.stdout)


def test_service_with_wrong_settings_is_not_installed(command):
    """It would fail at each start, where nobody looks."""
    assert 2 == command.run("service", "install", "--kind", "systemd", "--port", "x").returncode
    assert not (command.folder / ".config").exists()


@pytest.mark.parametrize("prefix", ["", "@"], ids=["path", "abstract"])
@pytest.mark.skipif(sys.platform != "linux", reason="systemd")
def test_readiness_is_told_when_it_is_true(command, prefix):
    """Systemd starts what depends on it when the first request is answered, and learns of the stop."""
    name = f"{command.folder}/notify"[-90:] if not prefix else f"cmappy-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd_:
        systemd_.bind(f"\0{name}" if prefix else str(command.folder / "notify"))
        systemd_.settimeout(HANG)
        named = f"@{name}" if prefix else str(command.folder / "notify")
        process = command.start("--replay", str(RECORDINGS), "--port", "0", NOTIFY_SOCKET=named)
        ready = systemd_.recv(100)
        answered = httpx.get(f"{url(process)}/health", trust_env=False).status_code
        process.send_signal(signal.SIGTERM)
        stopping = systemd_.recv(100)

    assert (b"READY=1", 200, b"STOPPING=1") == (ready, answered, stopping)


def test_token_comes_from_a_file_that_nobody_else_reads(command):
    """The CLI gets it, and is logged in by it."""
    command.claude(auth="print(json.dumps({'loggedIn': True, 'authMethod': os.environ['CLAUDE_CODE_OAUTH_TOKEN']}))")
    (command.folder / "token").write_text("sk-1\n")
    (command.folder / "token").chmod(0o644)
    refused = command.run("--port", "0", "--token-file", "token")
    (command.folder / "token").chmod(0o600)
    process = command.start("--port", "0", "--token-file", "token")

    assert (2, True) == (refused.returncode, "chmod 600" in refused.stderr)
    assert "sk-1" == json.loads(httpx.get(f"{url(process)}/health", trust_env=False).text)["login"]
