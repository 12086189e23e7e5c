"""The README's table of conformance, made from the reports: how many checks of each kind a server passes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

_KINDS = {
    "plain answers": {"answer", "ending", "stop", "usage"},
    "streams": {"events", "stream", "usage-stream"},
    "the official SDK": {"sdk"},
    "function calling": {"tools"},
    "structured output": {"structured"},
    "reasoning": {"reasoning"},
    "errors": {"failure"},
    "streams that break off": {"break"},
    "models": {"models"},
    "harmless fields, many clients": {"harmless", "service"},
    "what is offered": {"offer"},
}


def table(reports: list[Path]) -> str:
    """Return a table with a row for each kind of check, and for each report a column of checks passed."""
    told = [json.loads(path.read_text("utf-8")) for path in reports]
    rows = [
        "| checks passed | " + " | ".join(map(_link, told, reports)) + " |",
        "|---|" + "---|" * len(told),
        *("| " + " | ".join([kind, *(_passed(each, ids) for each in told)]) + " |" for kind, ids in _KINDS.items()),
        "| **all, of those that must hold** | " + " | ".join(_all(each, "must") for each in told) + " |",
        "| **all, of those that should hold** | " + " | ".join(_all(each, "should") for each in told) + " |",
    ]
    return "\n".join(rows)


def _link(report: dict[str, Any], path: Path) -> str:
    return f"[{report['target']}]({'/'.join(path.with_suffix('.md').parts[-3:])})"


def _passed(report: dict[str, Any], kinds: set[str]) -> str:
    return _count([check["result"] for check in report["checks"] if check["id"].partition(".")[0] in kinds])


def _all(report: dict[str, Any], severity: str) -> str:
    return _count([check["result"] for check in report["checks"] if check["severity"] == severity])


def _count(results: list[str]) -> str:
    """Return how many passed of how many, and how many show nothing because the server does not offer the thing."""
    counts = Counter(results)
    beside = sum(counts[each] for each in ("refused", "not offered", "not shown"))
    tried = len(results) - beside
    return f"{counts['pass']} of {tried}" + (f", {beside} not offered" if beside else "") if tried else "not offered"
