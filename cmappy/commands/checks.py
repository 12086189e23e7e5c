"""What `cmappy doctor` finds out without the CLI: each check says what was found and, if need be, the cure."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import cmappy
from cmappy.commands.options import is_secret
from cmappy.commands.sources import Effective
from cmappy.errors import Forbidden
from cmappy.server.sockets import listen
from cmappy.settings import Settings

State = Literal["ok", "warn", "fail"]
_ROOM = 200 << 20  # bytes that should be free for temporary files
_SLACK = 86_400  # seconds that a clock may be behind the installation
_PATIENCE = 3  # seconds for whoever holds the port to say who it is


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    cure: str = ""


def split(message: str) -> tuple[str, str]:
    """Return what is wrong and the cure, which in our messages are one sentence after the other."""
    found, _, cure = message.partition(". ")
    return found.rstrip("."), cure


def python() -> Check:
    """Which Python and cmappy run."""
    system = platform.platform(terse=True)
    return Check("cmappy", "ok", f"{cmappy.__version__} with Python {platform.python_version()} on {system}")


def effective(settings: Effective) -> Check:
    """Whether all that was set is understood, and secrets in a file are kept from others."""
    origin = f"config file {settings.file}" if settings.file.exists() else f"no config file ({settings.file})"
    if settings.notes:
        return Check("settings", "warn", " ".join(settings.notes), "Correct the name, or unset the variable.")
    keyed = any(is_secret(name) and f" in {settings.file}" in at for name, at in settings.origins.items())
    if keyed and os.name == "posix" and settings.file.stat().st_mode & 0o077:
        return Check(
            "settings", "warn", "other users can read the key in the config file", f"chmod 600 {settings.file}"
        )
    return Check("settings", "ok", origin)


def clock() -> Check:
    """Whether the clock is later than the installation: certificates and logins need a clock that is right."""
    behind = os.stat(cmappy.__file__).st_mtime - time.time()
    now = time.strftime("%Y-%m-%d %H:%M %Z")
    if behind > _SLACK:
        return Check("clock", "fail", f"{now} is before cmappy was installed", "Set the clock, best by network time.")
    return Check("clock", "ok", now)


def temporary(variables: Mapping[str, str]) -> Check:
    """Whether there is a temporary folder to write to, the one that was asked for, with room in it."""
    wanted = variables.get("TMPDIR")
    cure = "Set TMPDIR to a folder that you can write to."
    try:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check("temporary", "fail", f"no temporary folder can be used ({error.strerror})", cure)
    if wanted and os.path.realpath(wanted) != os.path.realpath(folder):
        return Check("temporary", "warn", f"TMPDIR={wanted} cannot be written to; {folder} is used instead", cure)
    if free < _ROOM:
        return Check("temporary", "warn", f"{folder} has only {free >> 20} MB free", "Make room there, or set TMPDIR.")
    return Check("temporary", "ok", folder)


def recordings(chosen: Settings) -> Iterator[Check]:
    """Whether the folders of recordings can be used."""
    if chosen.replay and not any(chosen.replay.rglob("*.ndjson")):
        cure = "Name another folder with --replay, or record there with --record."
        yield Check("replay", "fail", f"there are no recordings (*.ndjson) in {chosen.replay}", cure)
    elif chosen.replay:
        yield Check("replay", "ok", f"{len(list(chosen.replay.rglob('*.ndjson')))} recordings in {chosen.replay}")
    if chosen.record:
        nearest = next(each for each in (chosen.record, *chosen.record.absolute().parents) if each.exists())
        usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
        found = f"{chosen.record}" if usable else f"{nearest} is no folder that you can write to"
        yield Check("record", "ok" if usable else "fail", found, "" if usable else "Name another folder with --record.")


def port(chosen: Settings) -> Check:
    """Whether the port is free; else whether a cmappy holds it."""
    place = f"{chosen.host}:{chosen.port}"
    try:
        for listener in listen(chosen.host, chosen.port, keyed=bool(chosen.api_keys())):
            listener.close()
    except Forbidden as error:
        return Check("port", "fail", *split(str(error)))
    except OSError as error:
        who = _holder(chosen) if error.errno == errno.EADDRINUSE else ""
        if who:
            return Check("port", "warn", f"{who} runs at {place} already", "Use it, stop it, or choose another --port.")
        return Check("port", "fail", *split(str(error)))
    return Check("port", "ok", f"{place} is free")


def proxy(variables: Mapping[str, str]) -> Check:
    """Whether a proxy of the network is left out for this machine's own addresses, which clients call."""
    named = {name: variables[name] for name in variables if name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}}
    hosts = {name: urlsplit(url).hostname or url.rpartition("@")[2] for name, url in named.items() if url}
    used = ", ".join(f"{name} leads to {host}" for name, host in hosts.items())
    if not used:
        return Check("proxy", "ok", "none is set")
    left_out = f"{variables.get('NO_PROXY', '')},{variables.get('no_proxy', '')}".split(",")
    if {"127.0.0.1", "localhost", "*", "127.0.0.0/8"}.isdisjoint(each.strip() for each in left_out):
        cure = "export NO_PROXY=127.0.0.1,localhost"
        return Check("proxy", "warn", f"{used}; clients may send what is for cmappy there, too", cure)
    return Check("proxy", "ok", f"{used}; not for this machine's own addresses")


def keys(variables: Mapping[str, str], chosen: Settings) -> Iterator[Check]:
    """Whether there is something in the environment that somebody may think is used, that costs, or leads elsewhere."""
    billed = [name for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN") if variables.get(name)]
    elsewhere = variables.get("ANTHROPIC_BASE_URL")
    if billed and chosen.allow_api_key:
        yield Check("API key", "warn", f"{billed[0]} is used and billed per token", "Leave out --allow-api-key.")
    elif billed:
        cure = "Unset it, or let it be billed with --allow-api-key."
        yield Check("API key", "warn", f"{billed[0]} is set, and ignored", cure)
    else:
        yield Check("API key", "ok", "none is set")
    if elsewhere:
        found = f"ANTHROPIC_BASE_URL is set: the CLI asks {elsewhere}"
        yield Check("upstream", "warn", found, "Unset it if you do not mean it.")


def _holder(chosen: Settings) -> str:
    """Return the name and version of the cmappy that holds the port; nothing if something else does."""
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    given = chosen.api_keys()
    headers = {"authorization": f"Bearer {given[0]}"} if given else {}
    request = urllib.request.Request(f"http://{host}:{chosen.port}/", headers=headers)
    try:
        with opener.open(request, timeout=_PATIENCE) as response:
            told = json.load(response)
        return f"cmappy {told['version']}" if told["name"] == "cmappy" else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
