"""`cmappy doctor`: look at everything that a good start needs, and say how to mend what is wrong."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from cmappy import settings
from cmappy.commands import checks
from cmappy.commands.checks import Check
from cmappy.commands.options import FIELDS
from cmappy.commands.sources import WrongSetting, load
from cmappy.commands.trial import look, request
from cmappy.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--ask", action="store_true", help="also send one real, short request; it counts as usage")


def run(options: argparse.Namespace) -> int:
    """Print what was found; returns 1 if something fails, 0 if there is nothing but warnings."""
    variables = settings.environment()
    found: list[Check] = []
    for check in _checks(vars(options), variables, ask=options.ask):
        found.append(check)
        if not options.json:
            print(_line(check), flush=True)
    failed = any(check.state == "fail" for check in found)
    if options.json:
        told = [{"name": each.name, "state": each.state, "found": each.found, "cure": each.cure} for each in found]
        print(json.dumps({"ok": not failed, "checks": told}, indent=2))
    return int(failed)


def _checks(flags: Mapping[str, Any], variables: Mapping[str, str], *, ask: bool) -> Iterator[Check]:
    """Yield the checks, the quick ones first; where settings are wrong, the others are made with the flags alone."""
    yield checks.python()
    try:
        effective = load(flags, variables)
        chosen = effective.settings
        yield checks.effective(effective)
    except WrongSetting as error:
        chosen = _flags_alone(flags)
        wrong, cure = checks.split(str(error))
        yield Check("settings", "fail", wrong, cure or "Correct it there.")
    yield checks.clock()
    yield checks.temporary(variables)
    yield from checks.recordings(chosen)
    yield checks.port(chosen)
    if chosen.replay:
        return
    yield checks.proxy(variables)
    yield from checks.keys(variables, chosen)
    [cli, login] = asyncio.run(look(chosen, variables))
    yield cli
    yield login
    if "fail" not in (cli.state, login.state):
        yield from asyncio.run(request(chosen, ask=ask))


def _flags_alone(flags: Mapping[str, Any]) -> Settings:
    """Return the settings of the command line, or the defaults where those are wrong."""
    try:
        return Settings(**{name: flags[name] for name in FIELDS.keys() & flags.keys()})
    except ValidationError:
        return Settings()


def _line(check: Check) -> str:
    cure = f"\n{'':20}-> {check.cure}" if check.cure else ""
    return f"{check.state:<5} {check.name:<13} {check.found}{cure}"
