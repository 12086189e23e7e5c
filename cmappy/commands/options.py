"""What the settings are called and how their values are shown: as flags, variables, keys of the config file (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import SecretStr

from cmappy.settings import Option, Settings
from cmappy.units import Unit

FIELDS = Settings.model_fields
HIDDEN = "********"


def flag(name: str) -> str:
    """Return the flag of a setting, `--log-level` for `log_level`."""
    return f"--{key(name)}"


def key(name: str) -> str:
    """Return the key of a setting in the config file, `log-level` for `log_level`."""
    return name.replace("_", "-")


def variable(name: str) -> str:
    """Return the environment variable of a setting, `CMAPPY_LOG_LEVEL` for `log_level`."""
    return f"CMAPPY_{name.upper()}"


def names() -> dict[str, str]:
    """Return the setting that is meant by each name: its own, and those that it had before."""
    aliases = {alias: name for name in FIELDS for alias in option(name).aliases}
    return {name: name for name in FIELDS} | aliases


def option(name: str) -> Option:
    """Return how a setting is shown."""
    extra = FIELDS[name].json_schema_extra
    found = extra.get("option") if isinstance(extra, dict) else None
    if not isinstance(found, Option):
        raise TypeError(f"{name} is not made with `setting()`")
    return found


def is_repeatable(name: str) -> bool:
    """Return whether a setting has several values, and its flag may be given several times."""
    return isinstance(FIELDS[name].default, tuple | dict)


def is_flag(name: str) -> bool:
    """Return whether a setting is on or off."""
    return FIELDS[name].annotation is bool


def is_path(name: str) -> bool:
    """Return whether a setting is a place in the file system."""
    return option(name).value in {"DIR", "FILE", "PATH"}


def is_secret(name: str) -> bool:
    """Return whether the value of a setting is never shown."""
    return "SecretStr" in str(FIELDS[name].annotation)


def unit(name: str) -> Unit | None:
    """Return the unit of a setting that is a time or a size."""
    return next((each for each in FIELDS[name].metadata if isinstance(each, Unit)), None)


def choices(name: str) -> list[str]:
    """Return the words that a setting may have as its value; none if it is no choice."""
    return [each for each in get_args(FIELDS[name].annotation) if isinstance(each, str)]


def metavar(name: str) -> str:
    """Return what the value of a setting is called in `--help`."""
    known = unit(name)
    words = "|".join(choices(name)) or ("TEXT" if FIELDS[name].annotation is str else "N")
    return option(name).value or (known.metavar if known else words)


def show(name: str, value: Any) -> str:
    """Return a value as a flag would take it, and nothing for none; a secret is hidden."""
    known = unit(name)
    match value:
        case None | ():
            return ""
        case bool():
            return "yes" if value else "no"
        case SecretStr():
            return HIDDEN
        case tuple():
            return ",".join(show(name, each) for each in value)
        case dict():
            return ",".join(f"{one}={other}" for one, other in value.items())
        case _:
            return known.show(value) if known else str(value)


def default(name: str) -> str:
    """Return the default of a setting as it is shown; nothing where it is off or empty."""
    value = FIELDS[name].default
    return "" if value is False else show(name, value)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a question that names the word that was most likely meant; nothing if none is near."""
    near = get_close_matches(word, sorted(known), 1, 0.7)
    return f" Did you mean `{near[0]}`?" if near else ""
