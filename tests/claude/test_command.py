"""The `cmappy` command with the real CLI: it starts, answers, stops, and leaves nothing behind."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from anyio import to_thread
from openai import APIConnectionError, APIError, AuthenticationError, OpenAI

from cmappy.backends.claude import launch
from cmappy.backends.claude.stdin import control
from tools import hermetic

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
PIPE = asyncio.subprocess.PIPE


class Command:
    """A running `cmappy` and what it has printed."""

    def __init__(self, process):
        self.process = process
        self.printed = ""

    async def url(self):
        """Return the address that it prints, once it listens there."""
        self.printed = (await self.process.stdout.readuntil(b"curl ")).decode()
        return re.search(r"http://\S+", self.printed)[0]

    async def ended(self):
        """Return the exit code, stdout and stderr, once it has ended."""
        stdout, stderr = await self.process.communicate()
        return self.process.returncode, self.printed + stdout.decode(), stderr.decode()


@pytest.fixture
async def start(claude, upstream, tmp_path):
    """Return the way to start the command hermetically; what still runs after a test is killed."""
    started = []
    (tmp_path / "home").mkdir()

    async def run(*flags, **variables):
        environment = hermetic.environment(tmp_path / "home", upstream.url, TMPDIR=str(tmp_path), **variables)
        command = [sys.executable, "-m", "cmappy", "--port=0", f"--claude={claude}", *flags]
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
        started.append(process)
        return Command(process)

    yield run
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


def ask(url):
    """Ask the server at that address with the official SDK, and wait for the answer."""
    with OpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        return client.chat.completions.create(model="sonnet", messages=[QUESTION])


def stream(url):
    """Ask likewise, and return all chunks of the answer."""
    with OpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        return list(client.chat.completions.create(model="sonnet", messages=[QUESTION], stream=True))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
async def test_command_serves_and_stops_cleanly(start, upstream, descendants, gone, tmp_path, end):
    """It says where it is and who it is, answers the official SDK, and stops without a word and without a trace."""
    command = await start("--log-level=warning")
    url = await command.url()
    answer = await to_thread.run_sync(ask, url)
    processes = descendants(command.process.pid)
    command.process.send_signal(end)
    code, stdout, stderr = await command.ended()
    await gone(processes)

    assert "Hello from the stub." == answer.choices[0].message.content
    assert (0, "") == (code, stderr)
    assert re.search(r"^Claude Code CLI \d+\.\d+\.\d+, login: oauth_token$", stdout, re.MULTILINE)
    # One folder stays: its path is told to the model, and a new one would cost the prompt cache its conversations.
    assert [] == [path for path in tmp_path.glob("cmappy-*") if not path.name.startswith("cmappy-empty-")]
    assert 1 == len(upstream.requests)


async def test_command_streams(start, upstream):
    """The synchronous client of the official SDK gets a stream piece by piece."""
    upstream.script({"text": "one two three"})
    url = await (await start()).url()
    chunks = await to_thread.run_sync(stream, url)

    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert ("one two three", True) == ("".join(texts), len([text for text in texts if text]) > 1)


@pytest.fixture(params=["setpriv", "no setpriv"])
def path(request, tmp_path):
    """Return a PATH with or, as on macOS, without setpriv."""
    if request.param == "setpriv":
        return os.defpath
    (tmp_path / "bin").mkdir()
    for program in {*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()}:
        if program.name != "setpriv" and not (tmp_path / "bin" / program.name).exists():
            (tmp_path / "bin" / program.name).symlink_to(program)
    return str(tmp_path / "bin")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
async def test_stop_in_the_middle_of_an_answer_leaves_no_child(start, upstream, descendants, gone, path, end):
    """A closed terminal is a stop too; nothing is kept alive by a request, and the API is not asked any further."""
    upstream.script({"text": "never", "wait": "nothing"})
    command = await start("--drain=0", PATH=path)
    asked = asyncio.create_task(to_thread.run_sync(ask, await command.url()))
    await upstream.received(1)
    processes = descendants(command.process.pid)
    command.process.send_signal(end)
    code, _, stderr = await command.ended()
    await gone(processes)
    await upstream.idle()

    assert 0 < len(processes)
    assert (0, False) == (code, "Traceback" in stderr)
    assert [True] == [each.disconnected for each in upstream.requests]
    with pytest.raises(APIError):
        await asked


async def test_killed_command_leaves_no_child(start, upstream, descendants, gone, path):
    """Even where nothing of cmappy can run any more: the upstream never answers, so no CLI ends by itself."""
    upstream.script({"text": "never", "wait": "nothing"})
    command = await start(PATH=path)
    asked = asyncio.create_task(to_thread.run_sync(ask, await command.url()))
    await upstream.received(1)
    processes = descendants(command.process.pid)
    command.process.kill()
    await command.ended()
    await gone(processes)
    upstream.release("nothing")

    assert 0 < len(processes)
    with pytest.raises(APIConnectionError):
        await asked


async def test_idle_cli_ends_when_its_input_is_closed(claude, upstream, tmp_path):
    """So it does where nothing else ends it with a server that was killed."""
    (tmp_path / "home").mkdir()
    environment = launch.environment(hermetic.environment(tmp_path / "home", upstream.url), own_address="")
    process = await asyncio.create_subprocess_exec(
        *launch.arguments(str(claude)), env=environment, cwd=tmp_path, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    process.stdin.write(control("1", {"subtype": "apply_flag_settings", "settings": {}}))
    await process.stdout.readuntil(b"control_response")
    _, stderr = await process.communicate(b"")  # which closes its stdin

    assert (0, b"") == (process.returncode, stderr)


async def test_missing_login_is_told_at_the_start(start):
    """Whoever is not logged in is told how to log in, in one line."""
    code, stdout, stderr = await (await start(CLAUDE_CODE_OAUTH_TOKEN=None)).ended()

    assert (1, "", 1) == (code, stdout, stderr.count("\n"))
    assert "`claude auth login`" in stderr


async def test_missing_login_can_be_ignored(start):
    """Whoever logs in later starts with --skip-auth-check; until then each request is told the same."""
    command = await start("--skip-auth-check", CLAUDE_CODE_OAUTH_TOKEN=None)
    url = await command.url()
    with pytest.raises(AuthenticationError, match="claude auth login"):
        await to_thread.run_sync(ask, url)

    assert "login: none" in (command.printed + (await command.process.stdout.readline()).decode())
