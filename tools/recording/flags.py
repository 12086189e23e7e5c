"""The flags of the CLI: what `claude --help` lists, each with what it takes (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection


def flags(help: str) -> list[str]:
    """Return the flags of a help text, such as `-r, --resume [value]`, in alphabetical order of their names."""
    found = [line.strip() for line in re.findall(r"^  (-\S.*?)(?:  .*)?$", help, re.MULTILINE)]
    return sorted(found, key=lambda flag: flag.lstrip("-"))


def differences(before: Collection[str], after: Collection[str]) -> list[str]:
    """Return what has gone and what is new, a line for each flag; one that takes something else is both."""
    return [f"- {flag}" for flag in before if flag not in after] + [f"+ {flag}" for flag in after if flag not in before]
