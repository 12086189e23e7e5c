"""What can be told of the CLI before it has a conversation: its version and its login."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass

import orjson

from cmappy.backends.cli.platform import SYSTEM
from cmappy.errors import CliFailed, LoginFailed

# The oldest for which all of tests/claude passes. Before 2.1.286 `auth status` names an API key that is stored beside
# the subscription which pays. Before 2.1.280 long descriptions of tools are cut, before 2.1.269 tools may be lost
# altogether, and before 2.1.248 the CLI reads files that a prompt names.
OLDEST = (2, 1, 286)
TESTED = (2, 1, 331)  # the newest for which it does
_PATIENCE = 60.0  # seconds; a first start after the installation reads 380 MB from the disk

# Without the user's settings, as the CLI is run later: a key that only they name is not used, so it must not be told.
_STATUS = ["--setting-sources=", "auth", "status"]
_INSTALL = "npm install -g @anthropic-ai/claude-code"


@dataclass(frozen=True, slots=True)
class Installed:
    """The CLI that was found: its version, and how it is logged in (`oauth_token`, `api_key`, ... or `none`)."""

    version: str
    login: str


async def inspect(claude: str, environment: Mapping[str, str], *, check_login: bool = True) -> Installed:
    """Ask the CLI who it is; raises CliFailed or LoginFailed with the command that mends it."""
    said, auth = await _both(_run(claude, ["--version"], environment), _run(claude, _STATUS, environment))
    version = re.match(rb"(\d+)\.(\d+)\.(\d+)", said)
    if version is None:
        raise CliFailed(f"`{claude} --version` does not answer like the Claude Code CLI. Check `--claude`.")
    if tuple(map(int, version.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise CliFailed(
            f"The Claude Code CLI {version[0].decode()} is too old; cmappy needs {oldest} or later. "
            f"Upgrade it: {_INSTALL}@latest"
        )
    login = _login(auth)
    if check_login and login == "none":
        raise LoginFailed(
            "The Claude Code CLI is not logged in. Log in with `claude auth login`, or make a token with "
            "`claude setup-token` and set CLAUDE_CODE_OAUTH_TOKEN."
        )
    return Installed(version[0].decode(), login)


async def _both(one: Coroutine[None, None, bytes], other: Coroutine[None, None, bytes]) -> tuple[bytes, bytes]:
    """Run two at the same time, and each to its end, even if the other fails or both are cancelled."""
    results = await asyncio.gather(one, other, return_exceptions=True)
    match results:
        case [bytes(first), bytes(second)]:
            return first, second
    raise next(result for result in results if isinstance(result, BaseException))


def _login(said: bytes) -> str:
    try:
        status = orjson.loads(said)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict):
        return "unknown"
    return str(status.get("authMethod") or "unknown") if status.get("loggedIn") else "none"


async def _run(claude: str, arguments: list[str], environment: Mapping[str, str]) -> bytes:
    try:
        child = await _spawn([claude, *arguments], environment)
    except FileNotFoundError as error:
        raise CliFailed(f"The Claude Code CLI was not found as `{claude}`. Install it: {_INSTALL}") from error
    except OSError as error:
        raise CliFailed(f"`{claude}` cannot be run: {error.strerror}. Check `--claude`.") from error
    try:
        async with asyncio.timeout(_PATIENCE):
            return (await child.communicate())[0]
    except TimeoutError as error:
        command = f"{claude} {' '.join(arguments)}"
        raise CliFailed(
            f"`{command}` did not answer within {_PATIENCE:g} seconds. Run it by hand to see what it waits for."
        ) from error
    finally:
        await _end(child)


async def _spawn(argv: list[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start a program; uvloop leaves half a process behind if that is cancelled, so it is always finished first."""
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    spawning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(*argv, stdin=null, stdout=pipe, stderr=null, env=environment, **SYSTEM.options)
    )
    try:
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        with suppress(OSError):
            await _end(await spawning)
        raise


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        SYSTEM.kill(child.pid)
        await child.communicate()  # to the end of its output: only then are all handles closed
