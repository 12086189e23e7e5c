"""What is found out about the CLI before it is used, shown with small scripted stand-ins."""

import asyncio
import os

import pytest
from anyio import to_thread

from cmappy.backends.claude import login
from cmappy.backends.claude.login import Installed, inspect
from cmappy.errors import CliFailed, LoginFailed

pytestmark = pytest.mark.anyio

OAUTH = """echo '{"loggedIn": true, "authMethod": "oauth_token"}'"""
NONE = """echo '{"loggedIn": false, "authMethod": "none"}'; exit 1"""


@pytest.fixture
def anyio_backend():
    """Name the event loop that asyncio's processes belong to."""
    return "asyncio"


@pytest.fixture
def claude(tmp_path):
    """Return what makes a stand-in from what it does for `--version` and for `auth status`."""

    def write(version="echo '2.1.330 (Claude Code)'", auth=OAUTH):
        path = tmp_path / "claude"
        path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then\n{version}\nelse\n{auth}\nfi\n', encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return write


async def ask(claude, **options):
    """Inspect a stand-in."""
    return await inspect(claude, {"PATH": os.defpath}, **options)


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        (OAUTH, "oauth_token"),
        ("""echo '{"loggedIn": true, "authMethod": "api_key"}'""", "api_key"),
        ("""echo '{"loggedIn": true}'""", "unknown"),
        ("echo '[]'", "unknown"),
        ("echo 'Logged in.'", "unknown"),
        ("true", "unknown"),
    ],
    ids=["oauth", "key", "no method", "a list", "text", "nothing"],
)
async def test_version_and_login_are_told(claude, auth, told):
    """A login that is told otherwise than today is unknown, not missing."""
    assert Installed("2.1.330", told) == await ask(claude(auth=auth))


@pytest.mark.parametrize("version", ["2.1.286", "2.1.330", "2.2.0", "3.0.0", "10.0.0"])
async def test_this_and_later_versions_will_do(claude, version):
    """Numbers are compared, not texts."""
    assert version == (await ask(claude(version=f"echo {version}"))).version


@pytest.mark.parametrize("version", ["2.1.285", "2.0.999", "1.9.9"])
async def test_older_versions_are_refused(claude, version):
    """Not all that cmappy promises was seen to work with them; the command that upgrades is told."""
    with pytest.raises(CliFailed, match=f"{version} is too old; .* npm install -g @anthropic-ai/claude-code@latest"):
        await ask(claude(version=f"echo {version}"))


@pytest.mark.parametrize("version", ["echo hello", "true", "exit 3", "echo v2.1.330"])
async def test_other_programs_are_refused(claude, version):
    """By what they answer."""
    with pytest.raises(CliFailed, match="does not answer like the Claude Code CLI"):
        await ask(claude(version=version))


async def test_missing_login_is_refused_with_the_commands_that_mend_it(claude):
    """For people, and for machines."""
    with pytest.raises(LoginFailed, match=r"`claude auth login`.*`claude setup-token`"):
        await ask(claude(auth=NONE))


async def test_missing_login_can_be_overlooked(claude):
    """The first request will show."""
    assert "none" == (await ask(claude(auth=NONE), check_login=False)).login


async def test_missing_program_is_told_with_the_command_that_installs_it(tmp_path):
    """The commonest first start."""
    with pytest.raises(CliFailed, match=r"not found as .* npm install -g @anthropic-ai/claude-code"):
        await ask(str(tmp_path / "claude"))


async def test_program_that_cannot_be_run_is_told(tmp_path):
    """With the flag to look at."""
    (tmp_path / "claude").write_text("#!/bin/sh\n", encoding="utf-8")

    with pytest.raises(CliFailed, match=r"cannot be run.*--claude"):
        await ask(str(tmp_path / "claude"))


async def test_program_that_does_not_answer_is_given_up_and_ended(claude, tmp_path, monkeypatch):
    """With the command to try by hand."""
    monkeypatch.setattr(login, "_PATIENCE", 0.5)
    path = claude(auth=f"echo $$ > {tmp_path / 'pid'}; exec sleep 3600")

    with pytest.raises(CliFailed, match=r"auth status` did not answer within 0.5 seconds"):
        await ask(path)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_question_that_is_broken_off_leaves_nothing_behind(claude, tmp_path):
    """Ctrl-C at the start; a wrapper script's own children, which hold the pipe open here, end too."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    question = asyncio.create_task(ask(claude(auth=f"exec 3> {pipe}; echo up >&3; sleep 3600 & wait")))
    with await to_thread.run_sync(pipe.open) as told:
        up = await to_thread.run_sync(told.readline)
        question.cancel()
        await asyncio.wait({question})
        rest = await to_thread.run_sync(told.read)

    assert ("up\n", "", True) == (up, rest, question.cancelled())
