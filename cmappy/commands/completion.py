"""`cmappy completion SHELL`: a script for the shell that completes commands, flags and choices."""

from __future__ import annotations

import argparse
from importlib import import_module

from cmappy.commands import COMMANDS
from cmappy.commands import parser as parsers
from cmappy.commands.options import FIELDS, choices, is_path, option
from cmappy.commands.parser import Parser

SETTINGS = False
_SHELLS = ("bash", "zsh", "fish")
_HOW = """\
how to use it:
  bash   cmappy completion bash > ~/.local/share/bash-completion/completions/cmappy
  zsh    cmappy completion zsh > ~/.zfunc/_cmappy    (with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc)
  fish   cmappy completion fish > ~/.config/fish/completions/cmappy.fish"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("shell", choices=_SHELLS, help="the shell")
    parser.epilog = _HOW


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    print(shtab.complete(_everything(), options.shell))
    return 0


def _everything() -> Parser:
    """Return one parser of all commands, which knows what values look like."""
    parser = parsers.overview()
    commands = parser.add_subparsers()
    for name, summary in COMMANDS.items():
        module = import_module(f"cmappy.commands.{name}")
        part = parsers.command(name, module)
        _describe(part)
        commands.add_parser(name, parents=[part], add_help=False, help=summary)
    _describe(parser)
    return parser


def _describe(parser: argparse.ArgumentParser) -> None:
    """Tell shtab which values there are to choose from, and which are files."""
    import shtab

    for action in parser._actions:
        if action.dest in FIELDS and choices(action.dest):
            action.choices = choices(action.dest)
        elif action.dest in FIELDS and is_path(action.dest):
            action.complete = shtab.DIRECTORY if option(action.dest).value == "DIR" else shtab.FILE  # type: ignore[attr-defined]
