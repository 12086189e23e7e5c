"""What `cmappy doctor` finds out with the CLI: its version and login, who pays, and if asked, how fast it answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from cmappy.backends.claude.launch import environment
from cmappy.backends.claude.login import OLDEST, TESTED, inspect
from cmappy.backends.cli.platform import SYSTEM
from cmappy.commands.backend import build
from cmappy.commands.checks import Check, split
from cmappy.errors import CmappyError
from cmappy.server.app import create_app
from cmappy.server.run import serving
from cmappy.server.sockets import listen
from cmappy.settings import Settings

_PATIENCE = 120  # seconds for the request
_LOG_IN = "claude auth login, or claude setup-token and set CLAUDE_CODE_OAUTH_TOKEN"
_QUESTION = {"model": "sonnet", "stream": True, "messages": [{"role": "user", "content": "Say hello."}]}


async def look(chosen: Settings, variables: Mapping[str, str]) -> tuple[Check, Check]:
    """Return what is found of the CLI and of its login."""
    child = environment(variables, own_address="", allow_api_key=chosen.allow_api_key)
    try:
        installed = await inspect(SYSTEM.program(chosen.claude), child, check_login=False)
    except CmappyError as error:
        return Check("CLI", "fail", *split(str(error))), Check("login", "warn", "not known without a CLI")
    newer = tuple(map(int, installed.version.split("."))) > TESTED
    tested = f"{'newer than' if newer else 'tested up to'} {_dotted(TESTED)}{', the newest tested' if newer else ''}"
    cli = Check("CLI", "ok", f"{installed.version} ({tested}; oldest possible {_dotted(OLDEST)})")
    if installed.login == "none":
        return cli, Check("login", "fail", "the CLI is not logged in", _LOG_IN)
    if installed.login == "unknown":
        return cli, Check("login", "warn", "the CLI does not say how it is logged in", "Try: cmappy doctor --ask")
    if installed.login.startswith("api_key") and not chosen.allow_api_key:
        cure = "claude auth login, or let the key be billed with --allow-api-key"
        return cli, Check("login", "fail", "the CLI is logged in with an API key, which is billed per token", cure)
    return cli, Check("login", "ok", installed.login)


async def request(chosen: Settings, *, ask: bool) -> list[Check]:
    """Return what a server of our own tells: who pays, whether processes are rewound, and how a request goes."""
    keys = chosen.api_keys()
    quiet = chosen.model_copy(update={"warm": 1 if ask else 0, "host": "127.0.0.1", "port": 0, "record": None})
    try:
        backend = (await build(quiet)).backend
    except CmappyError as error:
        return [Check("billing", "fail", *split(str(error)))]
    [listener] = listen("127.0.0.1", 0, keyed=True)
    with listener:
        port = listener.getsockname()[1]
        async with serving(create_app(quiet, backend), listener, drain=0):
            found = _health(await _call(port, keys, "GET", "/health"))
            return [*found, await _ask(port, keys)] if ask else found


def _health(answer: list[tuple[float, str]]) -> list[Check]:
    told: dict[str, Any] = json.loads(answer[-1][1]) if answer else {}
    if "billing" not in told:
        return [Check("billing", "fail", "the CLI cannot be asked who pays", "See the log: cmappy --log-level debug")]
    pays = {"subscription": "your subscription pays", "api_key": "an API key pays, per token"}
    checks = [Check("billing", "ok", pays.get(told["billing"], "the CLI does not say who pays"))]
    if verdict := told.get("rewinding"):
        proven = verdict in {"proven", "unproven", "being checked"}
        cure = "" if proven else "Slower, else the same. Upgrade the CLI: npm install -g @anthropic-ai/claude-code"
        checks.append(Check("rewinding", "ok" if proven else "warn", verdict, cure))
    return checks


async def _ask(port: int, keys: list[str]) -> Check:
    """Return how long a short answer takes."""
    started = time.perf_counter()
    lines = await _call(port, keys, "POST", "/v1/chat/completions", json.dumps(_QUESTION))
    first = next((at for at, line in lines if '"content":"' in line and '"content":""' not in line), None)
    if first is None:
        said = " ".join(line for _, line in lines)[-500:]
        return Check("request", "fail", f"no answer: {said or 'nothing came'}", "See README, When something is wrong.")
    return Check(
        "request", "ok", f"first token after {first - started:.1f} s, all after {lines[-1][0] - started:.1f} s"
    )


async def _call(port: int, keys: list[str], method: str, path: str, body: str = "") -> list[tuple[float, str]]:
    """Return the lines of a response's body, each with the time it came at."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    head = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}", "connection: close", f"content-length: {len(body)}"]
    head += ["content-type: application/json", *(f"authorization: Bearer {key}" for key in keys[:1])]
    try:
        async with asyncio.timeout(_PATIENCE):
            writer.write(("\r\n".join(head) + f"\r\n\r\n{body}").encode())
            await reader.readuntil(b"\r\n\r\n")
            return [(time.perf_counter(), line.decode().strip()) async for line in reader if line.strip()]
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return []
    finally:
        writer.close()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
