"""`cmappy service`: start cmappy with the user's session, by a systemd user unit or a launchd agent."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cmappy import settings
from cmappy.commands import launchd, systemd
from cmappy.commands.options import FIELDS, flag, is_flag, is_path, is_repeatable, is_secret
from cmappy.commands.sources import WrongSetting, config_folder, load

_KINDS = {"linux": systemd, "darwin": launchd}
_TOKEN = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 (the name of a variable)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "action",
        choices=("print", "install", "uninstall", "status"),
        help="print the file that would be written; write and start it; stop and remove it; ask how it is",
    )
    parser.add_argument("--kind", choices=("systemd", "launchd"), help="which kind of service (default: this system's)")
    parser.epilog = "The flags that are given with `install` are those that the service runs with."


def run(options: argparse.Namespace) -> int:
    """Do what was asked; returns 1 if the system's own command fails or is missing."""
    variables = settings.environment()
    kinds = {"systemd": systemd, "launchd": launchd}
    kind = kinds[options.kind] if options.kind else _KINDS.get(sys.platform)
    if kind is None:
        return _fail("There is no service for this system yet. Let its scheduler run `cmappy` when you log on.")
    file = kind.file(variables)
    if options.action in {"print", "install"}:
        load(vars(options), variables)  # a service that cannot start is refused here
        argv = [sys.executable, "-m", "cmappy", "serve", *_flags(options)]
        token = config_folder(variables) / "token"
        if not options.__dict__.get("token_file") and (token.exists() or variables.get(_TOKEN)):
            argv += ["--token-file", str(token)]
        content = kind.content(argv, variables)
        if options.action == "print":
            print(content, end="")
            return 0
        if variables.get(_TOKEN):
            write_secret(token, variables[_TOKEN])
            print(f"The login token in {_TOKEN} is now in {token}, readable by you only.")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        print(f"Wrote {file}.")
    code = _run(kind.COMMANDS[options.action], file)
    if options.action == "install" and not code:
        print(kind.HINT)
    if options.action == "uninstall":
        file.unlink(missing_ok=True)
        print(f"Removed {file}. The config file, recordings and the token stay where they are.")
    return code


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner can read, at no moment anybody else."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{secret}\n")


def _flags(options: argparse.Namespace) -> list[str]:
    """Return the flags of the settings as they were given, with paths that hold from everywhere."""
    given = vars(options)
    words = ["--config", os.path.abspath(given["config"])] if given.get("config") else []
    for name in FIELDS.keys() & given.keys():
        if is_secret(name):
            raise WrongSetting(f"{flag(name)}: everybody could read it in the list of processes. Use --api-key-file.")
        if is_flag(name):
            words.append(flag(name) if given[name] else f"--no-{flag(name)[2:]}")
            continue
        for value in given[name] if is_repeatable(name) else [given[name]]:
            local = is_path(name) and (name != "claude" or os.sep in str(value))
            words += [flag(name), os.path.abspath(os.path.expanduser(value)) if local else str(value)]
    return words


def _run(commands: list[list[str]], file: Path) -> int:
    """Run the system's own commands; the last one decides."""
    code = 0
    for command in commands:
        if not shutil.which(command[0]):
            return _fail(f"`{command[0]}` was not found. Run cmappy by other means, or use --kind.")
        words = [word.format(file=file, user=os.getuid()) for word in command]
        code = subprocess.run(words, check=False).returncode  # noqa: S603 (constant words)
    return int(bool(code))


def _fail(message: str) -> int:
    print(f"cmappy: {message}", file=sys.stderr)
    return 1
