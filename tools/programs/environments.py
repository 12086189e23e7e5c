"""The clients: what the manifest says of each, and an environment for each under .cache/clients/."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "conformance" / "clients"
CACHE = ROOT / ".cache" / "clients"
_SHARED = ("cases.py", "cases.mjs", "cases.json")


class NotInstalled(Exception):
    """A client could not be installed; the text says what pip or npm said."""


@dataclass(frozen=True)
class Program:
    """One client, as the manifest describes it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    about: str
    api: str
    script: str
    does: tuple[str, ...]
    setting: str = ""
    python: tuple[str, ...] = ()
    node: tuple[str, ...] = ()
    cannot: dict[str, str] = field(default_factory=dict)
    chosen: bool = False  # one of the few that run with every change

    @property
    def folder(self) -> Path:
        """Where its environment is; another list of packages is another folder."""
        needs = " ".join([*self.python, *self.node, sys.version[:4]])
        return CACHE / f"{self.name}-{hashlib.sha256(needs.encode()).hexdigest()[:8]}"

    @property
    def interpreter(self) -> str:
        """What runs its script."""
        if self.script.endswith(".mjs"):
            return "node"
        return str(self.folder / "bin" / "python") if self.python else sys.executable

    @property
    def path(self) -> str:
        """The PATH in which its own commands come first."""
        own = [self.folder / "bin", self.folder / "node_modules" / ".bin"]
        found = [str(Path(program).parent) for name in ("node", "git") if (program := shutil.which(name))]
        return os.pathsep.join([*map(str, own), *found, os.defpath])


def manifest() -> list[Program]:
    """Return all clients; a ValueError tells what is wrong with one."""
    told = tomllib.loads((SCRIPTS / "manifest.toml").read_text("utf-8"))
    return [TypeAdapter(Program).validate_python({"name": name, **entry}) for name, entry in told.items()]


def install(program: Program) -> None:
    """Install a client unless it is there, and put its script beside it, where Node looks for packages."""
    ready = program.folder / "ready"
    if not ready.exists():
        print(f"clients: installing {program.name}", file=sys.stderr, flush=True)
        shutil.rmtree(program.folder, ignore_errors=True)
        program.folder.mkdir(parents=True)
        if program.python:
            _python(program)
        if program.node:
            npm = ["npm", "install", "--prefix", str(program.folder), "--no-audit", "--no-fund", "--loglevel", "error"]
            _run(npm + list(program.node))
        ready.touch()
    for name in (program.script, *_SHARED):
        shutil.copyfile(SCRIPTS / name, program.folder / name)


def _python(program: Program) -> None:
    if uv := shutil.which("uv"):  # the same, much faster
        _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(program.folder)])
        _run([uv, "pip", "install", "--quiet", "--python", str(program.folder / "bin" / "python"), *program.python])
    else:
        _run([sys.executable, "-m", "venv", str(program.folder)])
        pip = [str(program.folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", *program.python])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise NotInstalled("\n".join((done.stderr or done.stdout).splitlines()[-15:]))
