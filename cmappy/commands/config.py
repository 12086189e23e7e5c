"""`cmappy config`: the settings in effect, as a config file with a note on where each comes from."""

from __future__ import annotations

import argparse
import json
from typing import Any

from cmappy import settings
from cmappy.commands.options import FIELDS, HIDDEN, is_secret, key, show, unit
from cmappy.commands.sources import Effective, load


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON: value and origin of each setting")


def run(options: argparse.Namespace) -> int:
    """Print every setting; secrets are hidden."""
    effective = load(vars(options), settings.environment())
    if options.json:
        told = {key(name): {"value": _value(effective, name), "origin": _origin(effective, name)} for name in FIELDS}
        print(json.dumps(told, indent=2))
        return 0
    found = "" if effective.file.exists() else ", which does not exist"
    print(f"# The settings in effect, in the form of the config file {effective.file}{found}.")
    for note in effective.notes:
        print(f"# {note}")
    lines = [(_line(effective, name), _origin(effective, name)) for name in FIELDS]
    width = max(len(line) for line, _ in lines if len(line) < 60)
    for line, origin in lines:
        print(f"{line:<{width}}  # {origin}")
    return 0


def _origin(effective: Effective, name: str) -> str:
    origin = effective.origins.get(name, "default")
    return str(effective.file) if origin.endswith(f" in {effective.file}") else origin


def _value(effective: Effective, name: str) -> Any:
    """Return a value as a config file would have it: times and sizes in their units, secrets hidden."""
    value = getattr(effective.settings, name)
    if is_secret(name):
        return [HIDDEN] * len(value)
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool | int | dict) and not unit(name) else show(name, value) or None


def _line(effective: Effective, name: str) -> str:
    """Return the line of a config file; commented out where there is nothing to write, or nothing to show."""
    value = _value(effective, name)
    hidden = not value and value is not False and value != 0
    return f"{'# ' if hidden or is_secret(name) else ''}{key(name)} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)} = {json.dumps(each)}' for name, each in value.items())}}}"
    return '""' if value is None else json.dumps(value)
