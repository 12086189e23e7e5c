"""What can be told of the CLI before it has a conversation: its version and its login."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from cmappy.errors import CliFailed, LoginFailed

OLDEST = (2, 1, 248)  # earlier ones read files that a prompt names (CLI_PROTOCOL 3)
_PATIENCE = 60.0  # seconds; a first start after the installation reads 380 MB from the disk

_INSTALL = "npm install -g @anthropic-ai/claude-code"


@dataclass(frozen=True, slots=True)
class Installed:
    """The CLI that was found: its version, and how it is logged in (`oauth_token`, `api_key`, ... or `none`)."""

    version: str
    login: str


async def inspect(claude: str, environment: Mapping[str, str], *, check_login: bool = True) -> Installed:
    """Ask the CLI who it is; raises CliFailed or LoginFailed with the command that mends it."""
    said, auth = await asyncio.gather(
        _run(claude, ["--version"], environment), _run(claude, ["auth", "status"], environment)
    )
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


def _login(said: bytes) -> str:
    try:
        status = orjson.loads(said)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict):
        return "unknown"
    return str(status.get("authMethod") or "unknown") if status.get("loggedIn") else "none"


async def _run(claude: str, arguments: list[str], environment: Mapping[str, str]) -> bytes:
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        child = await asyncio.create_subprocess_exec(
            claude, *arguments, stdin=null, stdout=pipe, stderr=null, env=environment
        )
    except FileNotFoundError as error:
        raise CliFailed(f"The Claude Code CLI was not found as `{claude}`. Install it: {_INSTALL}") from error
    except OSError as error:
        raise CliFailed(f"`{claude}` cannot be run: {error.strerror}. Check `--claude`.") from error
    try:
        async with asyncio.timeout(_PATIENCE):
            return (await child.communicate())[0]
    except TimeoutError as error:
        raise CliFailed(f"`{claude} {' '.join(arguments)}` did not answer within {_PATIENCE:g} seconds.") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
