"""The command line: commands, and a flag for each setting. What cannot be understood is one line, and exit code 2."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from cmappy import __version__
from cmappy.commands import COMMANDS
from cmappy.commands.options import (
    FIELDS,
    default,
    flag,
    is_flag,
    is_repeatable,
    metavar,
    option,
    suggest,
    variable,
)

_ABOUT = "OpenAI's API in front of the Claude Code CLI you are logged in to."
_EPILOG = (
    "Each flag is also an environment variable (--log-level: CMAPPY_LOG_LEVEL) and a key of the config file "
    '(log-level = "debug"). Flags win over variables, and variables over the file. Times are written as 90, 15m or '
    "1h30m, sizes as 64MB."
)

_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)$")


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2, as every Unix command does."""
        if found := _CHOICE.search(message):
            message += "." + suggest(found[1], re.findall(r"[\w-]+", found[2]))
        raise SystemExit(refuse(message.removeprefix("argument "), self.prog))


class _Help(argparse.RawDescriptionHelpFormatter):
    """Shows `--[no-]flag` once, and wraps everything but the description."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=100)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return f"--[no-]{action.option_strings[0][2:]}"
        return super()._format_action_invocation(action)


def refuse(message: str, command: str = "cmappy") -> int:
    """Print what is wrong with a command line, and return the exit code."""
    end = "" if message.endswith((".", "?")) else "."
    print(f"cmappy: {message}{end} See `{command} --help`.", file=sys.stderr)
    return 2


def parse(argv: Sequence[str]) -> tuple[ModuleType, argparse.Namespace]:
    """Return the module of the command, and what was said on its command line; exits where argparse would."""
    named = bool(argv) and not argv[0].startswith("-")
    name, rest = (argv[0], argv[1:]) if named else ("serve", argv)
    if name not in COMMANDS:
        raise SystemExit(refuse(f"There is no command `{name}`.{suggest(name, COMMANDS)}"))
    module = import_module(f"cmappy.commands.{name}")
    parser = command(name, module) if named else overview()
    options, unknown = parser.parse_known_args(rest)
    if unknown:
        parser.error(_unknown(unknown[0], parser))
    return module, options


def overview() -> Parser:
    """Return the parser of `cmappy` without a command, whose help shows everything; it serves."""
    width = max(map(len, COMMANDS)) + 2
    listed = "\n".join(f"  {name:<{width}}{summary}" for name, summary in COMMANDS.items())
    parser = _new("cmappy", f"{_ABOUT}\n\ncommands:\n{listed}", usage="%(prog)s [COMMAND] [options]")
    parser.add_argument(
        "--version", action="version", version=f"cmappy {__version__}", help="show the version and exit"
    )
    add_settings(parser)
    return parser


def command(name: str, module: ModuleType) -> Parser:
    """Return the parser of a command."""
    parser = _new(f"cmappy {name}", f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.")
    if hasattr(module, "arguments"):
        module.arguments(parser)
    if getattr(module, "SETTINGS", True):
        add_settings(parser)
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting, in groups; only those that are given are in the parsed options."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name in FIELDS:
        title = option(name).group
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
            if len(groups) == 1:
                about = f"config file (default: cmappy.toml in your config folder; {variable('config')})"
                groups[title].add_argument("--config", metavar="FILE", default=None, help=about)
        groups[title].add_argument(*_flags(name), **_how(name))
    parser.epilog = textwrap.fill(_EPILOG, 100)


def _new(prog: str, about: str, usage: str | None = None) -> Parser:
    return Parser(
        prog=prog,
        usage=usage or "%(prog)s [options]",
        description=about,
        formatter_class=_Help,
        allow_abbrev=False,
    )


def _flags(name: str) -> list[str]:
    short = option(name).short
    return [*([short] if short else []), flag(name), *map(flag, option(name).aliases)]


def _how(name: str) -> dict[str, Any]:
    """Return how argparse reads the flag of a setting; what a value must look like is the settings' to say."""
    notes = ["repeatable"] if is_repeatable(name) else []
    notes += [f"default: {default(name)}"] if default(name) else []
    described = (FIELDS[name].description or "") + (f" ({'; '.join(notes)})" if notes else "")
    how: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS, "help": described.replace("%", "%%")}
    if is_flag(name):
        return how | {"action": argparse.BooleanOptionalAction}
    how["metavar"] = metavar(name)
    if is_repeatable(name):
        how["action"] = "append"
    elif option(name).bare is not None:
        how |= {"nargs": "?", "const": option(name).bare}
    return how


def _unknown(word: str, parser: argparse.ArgumentParser) -> str:
    """Return what is said of a word that no flag has taken."""
    if word.startswith("-"):
        name = word.partition("=")[0]
        return f"There is no flag `{name}`.{suggest(name, parser._option_string_actions)}"
    if word in COMMANDS:
        return f"The command comes first: `cmappy {word} ...`."
    return f"`{word}` belongs to no flag or argument."
