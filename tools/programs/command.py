"""The `tools/clients` command."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import marks
from tools.programs import model, server, table
from tools.programs.environments import ROOT, NotInstalled, Program, install, manifest
from tools.upstream import Upstream

_PATIENCE = 180.0  # seconds for one capability
_AT_ONCE = 3  # clients; most of the time goes by in starting them
_SERVED = ("--model-map", "gpt-5.5=sonnet")  # a name by which Codex knows that its model takes a plain-text tool
_LINES = 12  # of what a failing client says


@dataclass(frozen=True)
class Outcome:
    """How one capability went; `why` is empty if well."""

    why: str = ""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the clients; exits with 1 if one fails that should not."""
    parser = argparse.ArgumentParser(
        prog="tools/clients",
        description="Install real clients under .cache/clients/ and run each through cmappy and the real CLI, whose "
        "API is a stub on loopback: no account is needed, and nothing leaves the machine but the installation.",
    )
    parser.add_argument("name", nargs="*", help="a client of conformance/clients/manifest.toml (default: all)")
    parser.add_argument("--list", action="store_true", help="name the clients and do nothing")
    parser.add_argument("--chosen", action="store_true", help="only the few that run with every change")
    parser.add_argument("--does", metavar="NAME", help="only this capability, such as tools")
    parser.add_argument("--write", action="store_true", help="write the results and the README's table")
    flags = parser.parse_args(argv)
    try:
        programs = manifest()
    except ValueError as error:
        sys.exit(f"clients: {error}")
    if unknown := sorted(set(flags.name) - {program.name for program in programs}):
        sys.exit(f"clients: there is no client {unknown[0]}; `tools/clients --list` names them all")
    chosen = [
        each for each in programs if each.name in flags.name or (not flags.name and (each.chosen or not flags.chosen))
    ]
    if flags.list:
        for each in chosen:
            print(f"{each.name:24} {each.about}: {', '.join(each.does)}")
        return
    installed = subprocess.run([ROOT / "tools" / "install-claude"], stdout=subprocess.PIPE, text=True, check=True)
    outcomes = asyncio.run(run(chosen, installed.stdout.splitlines()[-1], flags.does))
    if flags.write:
        table.keep({name: {does: not each.why for does, each in found.items()} for name, found in outcomes.items()})
        marks.write(ROOT / "README.md", "clients", table.markdown(programs))
    failed = [f"{name} {does}" for name, found in outcomes.items() for does, each in found.items() if each.why]
    tried = sum(map(len, outcomes.values()))
    print(
        f"{len(outcomes)} clients, {tried - len(failed)} of {tried} work"
        + "".join(f"\n  fails: {each}" for each in failed)
    )
    sys.exit(1 if failed else 0)


async def run(programs: Sequence[Program], claude: str, only: str | None = None) -> dict[str, dict[str, Outcome]]:
    """Run the clients against one server, a few at a time."""
    room = asyncio.Semaphore(_AT_ONCE)
    async with Upstream() as upstream:
        upstream.always = model.answer
        with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
            async with server.cmappy(claude, Path(home), upstream.url, *_SERVED) as url:

                async def one(program: Program) -> tuple[str, dict[str, Outcome]]:
                    async with room:
                        return program.name, await _program(program, url, only)

                return dict(await asyncio.gather(*map(one, programs)))


async def _program(program: Program, url: str, only: str | None) -> dict[str, Outcome]:
    does = [name for name in program.does if only in (None, name)]
    try:
        await asyncio.to_thread(install, program)
    except NotInstalled as error:
        print(f"{program.name:24} cannot be installed: {error}", flush=True)
        return dict.fromkeys(does, Outcome("cannot be installed"))
    found = {}
    for name in does:
        found[name] = outcome = await _capability(program, name, url)
        print(f"{program.name:24} {name:12} {'works' if not outcome.why else f'FAILS: {outcome.why}'}", flush=True)
    return found


async def _capability(program: Program, capability: str, url: str) -> Outcome:
    """Run one script in an empty folder, with an empty home, and without anything of the caller's environment."""
    with tempfile.TemporaryDirectory(prefix="client-") as folder:
        (home := Path(folder) / "home").mkdir()
        (work := Path(folder) / "work").mkdir()
        process = await asyncio.create_subprocess_exec(
            program.interpreter,
            str(program.folder / program.script),
            capability,
            env=environment(program, home, url),
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            told, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
        except TimeoutError:
            os.killpg(process.pid, 9)
            await process.wait()
            return Outcome(f"did not end in {_PATIENCE:.0f} s")
    lines = told.decode("utf-8", "replace").strip().splitlines()
    return Outcome(
        "" if process.returncode == 0 else "\n    ".join(lines[-_LINES:]) or f"exit code {process.returncode}"
    )


def environment(program: Program, home: Path, url: str) -> dict[str, str]:
    """Return all that a client may know; nothing but loopback can be reached."""
    return {
        "PATH": program.path,
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "BASE_URL": url,
        "API_KEY": "unused",
        "MODEL": "sonnet",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "DO_NOT_TRACK": "1",
    }
