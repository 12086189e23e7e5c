"""The README's table of conformance, made from the reports: how many checks of each kind a server passes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class _Kind:
    """A row of the table: checks by the beginnings of their ids, and the capability without which they show nothing."""

    name: str
    ids: frozenset[str]
    capability: str = "text"

    def has(self, check: dict[str, Any]) -> bool:
        return check["id"].partition(".")[0] in self.ids

    def is_offered(self, report: dict[str, Any]) -> bool:
        return self.capability in report["capabilities"]


_KINDS = (
    _Kind("plain answers", frozenset({"answer", "ending", "stop", "usage"})),
    _Kind("streams", frozenset({"events", "stream", "usage-stream"})),
    _Kind("the official SDK", frozenset({"sdk"})),
    _Kind("function calling", frozenset({"tools"}), "tools"),
    _Kind("structured output", frozenset({"structured"}), "json_schema"),
    _Kind("reasoning", frozenset({"reasoning"}), "reasoning"),
    _Kind("errors", frozenset({"failure"}), "errors"),
    _Kind("streams that break off", frozenset({"break"}), "errors"),
    _Kind("models", frozenset({"models"}), "models"),
    _Kind("harmless fields, many clients", frozenset({"harmless", "service"})),
    _Kind("what is offered", frozenset({"offer"})),
)


def reports() -> list[Path]:
    """Return the reports that are there: cmappy's first, then the others by name."""
    folder = Path(__file__).parents[1] / "conformance" / "reports"
    return sorted(folder.glob("*.json"), key=lambda path: (path.stem != "cmappy", path.stem))


def table(reports: list[Path]) -> str:
    """Return a table with a row for each kind of check, and for each report a column of checks passed."""
    told = [json.loads(path.read_text("utf-8")) for path in reports]
    rows = [
        "| checks passed | " + " | ".join(map(_link, told, reports)) + " |",
        "|---|" + "---|" * len(told),
        *("| " + " | ".join([kind.name, *(_passed(each, kind) for each in told)]) + " |" for kind in _KINDS),
        "| **all that must hold** | " + " | ".join(_all(each, "must") for each in told) + " |",
        "| **all that should hold** | " + " | ".join(_all(each, "should") for each in told) + " |",
    ]
    return "\n".join(rows)


def _link(report: dict[str, Any], path: Path) -> str:
    return f"[{report['target']}]({'/'.join(path.with_suffix('.md').parts[-3:])})"


def _passed(report: dict[str, Any], kind: _Kind) -> str:
    return _count(check["result"] for check in _shown(report) if kind.has(check))


def _all(report: dict[str, Any], severity: str) -> str:
    return _count(check["result"] for check in _shown(report) if check["severity"] == severity)


def _shown(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the checks of what the server offers: where nothing is offered, many pass because nothing is wrong."""
    offered = [kind for kind in _KINDS if kind.is_offered(report)]
    return [check for check in report["checks"] if any(kind.has(check) for kind in offered)]


def _count(results: Iterable[str]) -> str:
    """Return how many passed of how many that show something."""
    counts = Counter(results)
    tried = sum(counts[each] for each in ("fail", "known failure", "pass"))
    return f"{counts['pass']} of {tried}" if tried else "not offered"
