r"""What counts when a turn is compared with recorded ones, and what is replaced in them: `recordings.toml` and flags.

ignore = ['\d{4}-\d\d-\d\d']              # whatever matches counts as equal
redact = ['ACME-\w+']                       # whatever matches is replaced before anything is written or compared
match = ["messages", "system", "tools"]      # the parts of a request that count; without it all do
models = { gpt-4o = "sonnet" }              # what clients call a model, and the name by which the CLI knows it
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cmappy.recording.turns import BadRecording

FILE = "recordings.toml"
PARTS = ("messages", "model", "system", "tools", "settings")
REDACTED = "<redacted>"
_IGNORED = "<ignored>"
_ABOVE = 3  # folders in which the file is looked for


@dataclass(frozen=True, slots=True)
class Rules:
    """Regular expressions and parts, as the user gave them; raises BadRecording if one cannot be used."""

    ignore: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    match: tuple[str, ...] = PARTS
    models: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check them."""
        for name in ("ignore", "redact"):
            for pattern in getattr(self, name):
                _compile(name, pattern)
        if unknown := [part for part in self.match if part not in PARTS]:
            raise BadRecording(f"`match` knows no {unknown[0]!r}; it takes {', '.join(PARTS)}")
        if "messages" not in self.match:
            raise BadRecording("`match` has to hold 'messages': without them every request is the same")

    def ignoring(self) -> Callable[[str], str]:
        """Return what replaces all that is ignored."""
        return _replacing("ignore", self.ignore, _IGNORED)

    def redacting(self) -> Callable[[str], str]:
        """Return what replaces all that is secret."""
        return _replacing("redact", self.redact, REDACTED)

    def plus(self, ignore: Iterable[str] = (), redact: Iterable[str] = (), match: Iterable[str] | None = None) -> Rules:
        """Return these rules and further ones; `match` replaces."""
        match = tuple(match) if match else self.match
        return Rules((*self.ignore, *ignore), (*self.redact, *redact), match, self.models)


def read(folder: Path) -> Rules:
    """Return the rules beside the recordings of a folder, or above it; raises BadRecording."""
    for place in (folder.absolute(), *folder.absolute().parents[: _ABOVE - 1]):
        file = place / FILE
        if not file.is_file():
            continue
        try:
            told = tomllib.loads(file.read_text("utf-8"))
            if unknown := sorted(told.keys() - {"ignore", "redact", "match", "models"}):
                raise BadRecording(f"there is no setting {unknown[0]!r}; it takes ignore, redact, match, models")
            return Rules(models=_names(told.pop("models", {})), **{name: _texts(name, told[name]) for name in told})
        except (OSError, ValueError) as error:
            raise BadRecording(f"{file}: {error}") from error
    return Rules()


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRecording(f"`{name}` has to be a list of texts")
    return tuple(value)


def _names(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(model, str) for model in value.values()):
        raise BadRecording('`models` has to be a table of names, as { "gpt-4o" = "sonnet" }')
    return value


def _compile(name: str, pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadRecording(f"`{name}`: {pattern!r} is no regular expression: {error}") from error
    if compiled.fullmatch(""):
        raise BadRecording(f"`{name}`: {pattern!r} matches the empty text")
    return compiled


def _replacing(name: str, patterns: Iterable[str], by: str) -> Callable[[str], str]:
    compiled = [_compile(name, pattern) for pattern in patterns]

    def replace(text: str) -> str:
        for pattern in compiled:
            text = pattern.sub(lambda found: by if found[0] else "", text)
        return text

    return replace
