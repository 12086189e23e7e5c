"""What a server is known to support, and what it is known to get wrong: `targets/<name>.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "targets"


@dataclass(frozen=True)
class Target:
    """A server as its file describes it.

    `apis` are the APIs that it speaks. `models` says which model of the server stands for a scenario's (`*` for all
    others). `known_failures` are reasons by pattern, `check id@case`; they are strict: one that passes is a failure
    too. `replays` says that it answers from recordings, also from those that no API would give.
    """

    name: str
    about: str = ""
    capabilities: frozenset[str] = frozenset()
    models: Mapping[str, str] = field(default_factory=dict)
    known_failures: Mapping[str, str] = field(default_factory=dict)
    replays: bool = False
    apis: tuple[str, ...] = ("chat",)

    def model(self, asked: str) -> str:
        """Return the server's name for a scenario's model."""
        return self.models.get(asked, self.models.get("*", asked))

    def known_failure(self, item: str) -> str | None:
        """Return the reason why an item is known to fail, or None."""
        return next((why for pattern, why in self.known_failures.items() if fnmatchcase(item, pattern)), None)


def load(name: str) -> Target:
    """Return the target that a file describes, one of `targets/` or any other; a ValueError tells what is wrong."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.toml")))
        raise ValueError(f"there is no target {name}; known are {known}, or give the path of a .toml file")
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    return Target(
        path.stem,
        said.get("about", ""),
        frozenset(said.get("capabilities", ())),
        said.get("models", {}),
        said.get("known_failures", {}),
        said.get("replays", False),
        tuple(said.get("apis", ("chat",))),
    )
