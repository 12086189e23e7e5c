"""The settings in effect and where each comes from: flags over `CMAPPY_*` variables over the config file."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cmappy.commands.options import (
    FIELDS,
    choices,
    flag,
    is_flag,
    is_path,
    is_secret,
    key,
    names,
    suggest,
    unit,
    variable,
)
from cmappy.settings import Settings

CONFIG = "cmappy.toml"


class WrongSetting(ValueError):
    """A setting that cannot be used; the message names flag, variable or key, the value, and what would be right."""


@dataclass(frozen=True, slots=True)
class Effective:
    """Settings, and the flag, variable or file that each came from; what is at its default has no origin.

    `file` is where the config file is, or would be; `notes` says what was overlooked.
    """

    settings: Settings
    origins: Mapping[str, str]
    file: Path
    notes: tuple[str, ...]


def load(flags: Mapping[str, Any], variables: Mapping[str, str], platform: str = sys.platform) -> Effective:
    """Return the settings in effect; raises WrongSetting. What else is in `flags` but settings and `config` is left."""
    named = flags.get("config") or variables.get("CMAPPY_CONFIG")
    file = Path(named).expanduser() if named else config_folder(variables, platform) / CONFIG
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, value in _read(file, required=bool(named)):
        values[name], origins[name] = value, f"{key(name)} in {file}"
    for alias, name in names().items():
        if variables.get(variable(alias)):
            values[name], origins[name] = variables[variable(alias)], variable(alias)
    for name in FIELDS.keys() & flags.keys():
        values[name], origins[name] = flags[name], flag(name)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise WrongSetting(_explain(error.errors()[0], origins)) from error
    return Effective(settings, origins, file, tuple(_overlooked(variables)))


def config_folder(variables: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return where config files are, by the customs of the platform."""
    home = Path(variables.get("HOME") or Path.home())
    if platform == "win32":
        return Path(variables.get("APPDATA") or home / "AppData" / "Roaming") / "cmappy"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "cmappy"
    return Path(variables.get("XDG_CONFIG_HOME") or home / ".config") / "cmappy"


def _read(file: Path, *, required: bool) -> Iterator[tuple[str, Any]]:
    """Yield what a config file sets; paths in it start at its own folder."""
    try:
        text = file.read_text("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        if required:
            raise WrongSetting(f"There is no config file {file}. Check --config or CMAPPY_CONFIG.") from None
        return
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"The config file {file} cannot be read: {error}.") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongSetting(f"The config file {file} is not valid TOML: {error}.") from error
    known = {key(alias): name for alias, name in names().items()}
    for word, value in content.items():
        name = known.get(key(word))
        if name is None:
            raise WrongSetting(f"There is no setting `{word}`, in {file}.{suggest(key(word), known)}")
        yield name, _from(file.parent, value) if is_path(name) else value


def _from(folder: Path, value: Any) -> Any:
    """Return a path as seen from a folder; a bare name, as of a command, stays as it is."""
    if not isinstance(value, str) or not {os.sep, "/"} & set(value):
        return value
    return str(folder / Path(value).expanduser())


def _explain(error: ErrorDetails, origins: Mapping[str, str]) -> str:
    """Return in one line what is wrong with a setting; that of several settings together is said by themselves."""
    said = error["msg"].removeprefix("Value error, ").rstrip(".")
    if not error["loc"]:
        return f"{said}."
    name = str(error["loc"][0])
    general = error["type"] != "value_error" or unit(name)
    if general:
        said = f"must be {_wanted(name)}"
    value = error["input"]
    given = "" if is_secret(name) else ",".join(map(str, value)) if isinstance(value, list) else str(value)
    if not general and given in said.split():
        return f"{origins[name]}: {said}."
    return f"{origins[name]}: {said}{f', not `{given[:200]}`' if given else ''}.{suggest(given, choices(name))}"


def _wanted(name: str) -> str:
    """Return what the value of a setting has to be, as `a whole number from 0 to 65535`."""
    if words := choices(name):
        return f"one of {', '.join(words)}"
    if is_flag(name):
        return "yes or no"
    found = FIELDS[name].metadata
    limits = {limit: getattr(each, limit) for each in found for limit in ("ge", "gt", "le") if hasattr(each, limit)}
    if known := unit(name):
        above = " above 0" if "gt" in limits else ""
        return f"a size{above}, e.g. 64MB" if known.metavar == "SIZE" else f"a time{above}, e.g. 90, 15m or 1h30m"
    if int in {FIELDS[name].annotation, *get_args(FIELDS[name].annotation)}:
        least = limits.get("ge", limits.get("gt", 0) + 1)
        bounds = f"from {least} to {limits['le']}" if "le" in limits else f"of at least {least}"
        return f"a whole number {bounds}"
    return "a text"


def _overlooked(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield a note on each variable that looks like a setting and is none."""
    known = {variable(alias) for alias in names()} | {"CMAPPY_CONFIG"}
    for name in sorted(variables):
        if name.startswith("CMAPPY_") and name not in known:
            yield f"{name} is not a setting and has no effect.{suggest(name, known)}"
