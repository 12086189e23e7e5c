"""`cmappy doctor` finds what is wrong before it is met: each fault is staged for real, and each has its cure."""

import json
import os
import shutil
import socket
import time
from pathlib import Path

import pytest

import cmappy
from tests.server.command import LOGGED_OUT, RECORDINGS, Command, url

KEY = "print(json.dumps({'loggedIn': True, 'authMethod': 'api_key'}))"


@pytest.fixture
def doctor(tmp_path):
    """Return a command, and what runs `cmappy doctor` and returns its exit code and its checks by name."""
    command = Command(tmp_path)
    (tmp_path / "tmp").mkdir()

    def doctor(*flags, **variables):
        variables = {"TMPDIR": str(tmp_path / "tmp"), "NO_PROXY": "127.0.0.1"} | variables
        ended = command.run("doctor", "--json", "--port", "0", *flags, **variables)
        told = json.loads(ended.stdout)
        assert told["ok"] is not bool(ended.returncode)
        return ended.returncode, {check["name"]: check for check in told["checks"]}

    doctor.command = command
    yield doctor
    command.stop()


def state(found, name):
    """Return the state of a check, whether it has a cure, and what was found."""
    return found[name]["state"], bool(found[name]["cure"]), found[name]["found"]


def test_healthy_machine_is_told_so(doctor):
    """Nothing to mend, exit code 0."""
    doctor.command.claude()
    code, found = doctor()

    assert (0, {"ok"}) == (code, {check["state"] for check in found.values()})
    assert {"cmappy", "settings", "clock", "temporary", "port", "proxy", "API key", "CLI", "login", "billing"} <= set(
        found
    )


def test_missing_cli(doctor):
    """Fails, with the command that installs it."""
    code, found = doctor()

    assert (1, "fail", "Install it: npm install -g @anthropic-ai/claude-code") == (
        code,
        found["CLI"]["state"],
        found["CLI"]["cure"],
    )


def test_old_cli(doctor):
    """Fails, with the command that upgrades it."""
    doctor.command.claude(version="2.1.247 (Claude Code)")
    code, found = doctor()

    assert (1, "fail", True) == (code, found["CLI"]["state"], "npm install -g" in found["CLI"]["cure"])


def test_missing_login(doctor):
    """Fails, with the commands that log in."""
    doctor.command.claude(auth=LOGGED_OUT)
    code, found = doctor()

    assert (1, "fail", True) == (code, found["login"]["state"], "claude auth login" in found["login"]["cure"])


def test_login_that_is_billed(doctor):
    """Fails unless it is allowed."""
    doctor.command.claude(auth=KEY)
    code, found = doctor()
    allowed, _ = doctor("--allow-api-key")

    assert (1, "fail", 0) == (code, found["login"]["state"], allowed)
    assert "--allow-api-key" in found["login"]["cure"]


def test_key_that_is_set_and_ignored(doctor):
    """Warns: somebody may wonder why it is not used, or fear that it is."""
    doctor.command.claude()
    code, found = doctor(ANTHROPIC_API_KEY="sk-secret")

    assert (0, ("warn", True, "ANTHROPIC_API_KEY is set, and ignored")) == (code, state(found, "API key"))


def test_upstream_that_is_not_the_api(doctor):
    """Warns, beside whatever is found of the keys."""
    doctor.command.claude()
    code, found = doctor(ANTHROPIC_API_KEY="sk-secret", ANTHROPIC_BASE_URL="http://127.0.0.1:9")

    assert (0, "warn") == (code, found["API key"]["state"])
    assert ("warn", True, "ANTHROPIC_BASE_URL is set: the CLI asks http://127.0.0.1:9") == state(found, "upstream")


def test_config_file_that_is_broken(doctor, tmp_path):
    """Fails and says where; what the command line says is looked at all the same."""
    doctor.command.claude()
    broken = tmp_path / "broken.toml"
    broken.write_text("port = \n")
    code, found = doctor("--config", str(broken), "--claude", str(tmp_path / "elsewhere"))

    assert (1, "fail", True) == (code, found["settings"]["state"], bool(found["settings"]["cure"]))
    assert (
        f"The config file {broken} is not valid TOML: Invalid value (at line 1, column 8)"
        == (found["settings"]["found"])
    )
    assert str(tmp_path / "elsewhere") in found["CLI"]["found"]


def test_port_that_another_program_holds(doctor):
    """Fails."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = doctor("--replay", "--port", str(taken.getsockname()[1]))

    assert (1, "fail", True) == (code, found["port"]["state"], "--port" in found["port"]["cure"])


@pytest.mark.parametrize("flags", [(), ("--api-key", "secret")], ids=["open", "keyed"])
def test_port_that_cmappy_holds(doctor, flags):
    """Warns, and says so: most likely it runs already."""
    process = doctor.command.start("--replay", str(RECORDINGS), "--port", "0", *flags)
    port = url(process).rpartition(":")[2]
    code, found = doctor("--replay", "--port", port, *flags)

    assert (0, "warn") == (code, found["port"]["state"])
    assert f"cmappy {cmappy.__version__} runs at 127.0.0.1:{port} already" == found["port"]["found"]


def test_network_without_a_key(doctor):
    """Fails, as the start would."""
    code, found = doctor("--replay", "--host", "0.0.0.0")

    assert (1, "fail", True) == (code, found["port"]["state"], "--api-key" in found["port"]["cure"])


def test_proxy_of_the_network(doctor):
    """Warns where clients may send what is for this machine through it; its password is not shown."""
    doctor.command.claude()
    _, found = doctor(HTTPS_PROXY="http://me:secret@proxy.example:8080", NO_PROXY="example.com")
    _, left_out = doctor(HTTPS_PROXY="http://proxy.example:8080", NO_PROXY="localhost")

    assert ("warn", "export NO_PROXY=127.0.0.1,localhost") == (found["proxy"]["state"], found["proxy"]["cure"])
    assert (True, False) == ("proxy.example" in found["proxy"]["found"], "secret" in found["proxy"]["found"])
    assert "ok" == left_out["proxy"]["state"]


@pytest.mark.parametrize(
    ("content", "state", "word"), [("prt = 1", "fail", "`port`"), ("api-key = 'secret'", "warn", "chmod 600")]
)
def test_config_file(doctor, content, state, word):
    """Fails if it is not understood, warns if others can read a key in it; the other checks are made all the same."""
    path = doctor.command.folder / "mine.toml"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o644)
    doctor.command.claude()
    _, found = doctor("--config", str(path))

    assert (state, True) == (found["settings"]["state"], word in found["settings"]["found"] + found["settings"]["cure"])
    assert "ok" == found["CLI"]["state"]


def test_unknown_variable(doctor):
    """Warns."""
    _, found = doctor("--replay", CMAPPY_PROT="1")

    assert ("warn", True) == (found["settings"]["state"], "CMAPPY_PROT" in found["settings"]["found"])


def test_temporary_folder(doctor):
    """Warns if it is not the one that was asked for."""
    _, found = doctor("--replay", TMPDIR="/nowhere")

    assert ("warn", True) == (found["temporary"]["state"], "TMPDIR" in found["temporary"]["cure"])


@pytest.mark.parametrize("flag", ["--replay", "--record"])
def test_folders_of_recordings(doctor, flag):
    """Fails where there is nothing to replay, or no folder to write to."""
    doctor.command.claude()
    (doctor.command.folder / "file").touch()
    code, found = doctor(flag, str(doctor.command.folder / "file" / "folder"))

    assert (1, "fail", True) == (code, found[flag[2:]]["state"], flag in found[flag[2:]]["cure"])


def test_clock(doctor):
    """Fails if it is earlier than the installation: then no certificate and no login is valid."""
    folder = doctor.command.folder / "cmappy"
    shutil.copytree(Path(cmappy.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    later = time.time() + 10 * 86_400
    os.utime(folder / "__init__.py", (later, later))
    code, found = doctor("--replay", str(RECORDINGS))

    assert (1, "fail", True) == (code, found["clock"]["state"], bool(found["clock"]["cure"]))


def test_text_says_the_same(doctor):
    """One line for each check, and one below it that says what helps."""
    ended = doctor.command.run("doctor", "--port", "0", TMPDIR=str(doctor.command.folder), NO_PROXY="*")

    assert 1 == ended.returncode
    assert "fail  CLI " in ended.stdout
    assert "-> Install it: npm install -g @anthropic-ai/claude-code\n" in ended.stdout
