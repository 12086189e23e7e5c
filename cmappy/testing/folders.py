"""Where the recordings of a test are: `recordings/<module>/<test>/` beside its file, or where its marker says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import pytest

_LONGEST = 100  # characters of a folder's name
_OPTIONS = {"recordings", "ignore", "redact", "match"}


def root(item: pytest.Item) -> Path:
    """Return the folder of all recordings beside a test's file."""
    return item.path.parent / str(item.config.getini("cmappy_recordings"))


def folder(item: pytest.Item) -> tuple[Path, bool]:
    """Return the folder of a test's recordings, and whether it is for this test only."""
    for marker in item.iter_markers("cmappy"):
        if unknown := sorted(marker.kwargs.keys() - _OPTIONS):
            raise pytest.UsageError(
                f"{item.nodeid}: the marker cmappy has no {unknown[0]!r}; it takes {sorted(_OPTIONS)}"
            )
        if "recordings" in marker.kwargs:
            return item.path.parent / marker.kwargs["recordings"], False
    return root(item) / item.path.stem / _name(item), True


def listed(item: pytest.Item, name: str) -> list[str]:
    """Return the values of an option of all markers of a test."""
    return [value for marker in item.iter_markers("cmappy") for value in marker.kwargs.get(name, ())]


def _name(item: pytest.Item) -> str:
    """Return a test's name as a folder may have it: as `TestIt.test_this-param`, with a hash where letters are lost."""
    called, bracket, parameters = item.nodeid.split("::", 1)[-1].partition("[")
    name = called.replace("::", ".") + bracket + parameters
    if re.fullmatch(r"[\w.]+(\[[\w.=-]*[\w=-])?", name.removesuffix("]")) and len(name) <= _LONGEST:
        return name.replace("[", "-").removesuffix("]")
    safe = re.sub(r"[^\w.=-]+", "-", name)[:_LONGEST].strip("-.")
    return f"{safe}-{sha256(name.encode()).hexdigest()[:6]}"


def orphans(items: Iterable[pytest.Item], expected: Iterable[Path]) -> list[Path]:
    """Return recordings that belong to no test of the modules that were collected, or to a module that is gone."""
    known = set(expected)
    found: list[Path] = []
    for top, folder_ in {(root(item), root(item).parent) for item in items}:
        for module in sorted(top.iterdir()) if top.is_dir() else ():
            if not module.is_dir() or module in known:
                continue
            if not (folder_ / f"{module.name}.py").exists():
                found += sorted(module.rglob("*.ndjson"))
    for module in {root(item) / item.path.stem for item in items}:
        for test in sorted(module.iterdir()) if module.is_dir() else ():
            if test.is_dir() and not any(test == one or test in one.parents for one in known):
                found += sorted(test.rglob("*.ndjson"))
    return found
