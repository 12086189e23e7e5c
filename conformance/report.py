"""Writes what was found: FILE.json with every item, FILE.md with one line for each check."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import openai
import pytest

from conformance.registry import CHECKS
from conformance.targets import Target

_ORDER = ("fail", "known failure", "pass", "refused", "not shown")


class Report:
    """A pytest plugin that collects outcomes."""

    def __init__(self, file: Path, target: Target) -> None:
        self._file = file.with_suffix("") if file.suffix in {".json", ".md"} else file
        self._target = target
        self._found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down how one item ended."""
        said = dict(report.user_properties)
        if report.when == "call" and "check" in said:
            check, case = str(said["check"]), str(said["case"])
            self._found[check][case] = _outcome(report, said)
            if hasattr(report, "wasxfail"):
                self._reasons[check] = str(report.wasxfail)

    def pytest_sessionfinish(self) -> None:
        """Write both files."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.with_suffix(".json").write_text(
            json.dumps(self._json(), indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
        self._file.with_suffix(".md").write_text(self._markdown(), "utf-8")

    def _json(self) -> dict[str, object]:
        return {
            "target": self._target.name,
            "about": self._target.about,
            "openai-python": openai.__version__,
            "capabilities": sorted(self._target.capabilities),
            "totals": self._totals(),
            "checks": [
                {
                    "id": check.id,
                    "severity": check.severity,
                    "sentence": check.sentence,
                    "result": _worst(self._found[check.id]),
                    "reason": self._reasons.get(check.id),
                    "cases": self._found[check.id],
                }
                for check in CHECKS.values()
                if check.id in self._found
            ],
        }

    def _totals(self) -> dict[str, dict[str, int]]:
        """Return the number of checks by severity and worst result."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for check in CHECKS.values():
            if check.id in self._found:
                counts[check.severity][_worst(self._found[check.id])] += 1
        return {severity: {name: count[name] for name in _ORDER if count[name]} for severity, count in counts.items()}

    def _markdown(self) -> str:
        totals = "; ".join(
            f"{severity}: " + ", ".join(f"{count} {name}" for name, count in counts.items())
            for severity, counts in self._totals().items()
        )
        lines = [
            f"# Conformance of {self._target.name}",
            "",
            f"{self._target.about} Made by `pytest conformance --report`, with openai-python {openai.__version__}.",
            "",
            f"Checks ({totals}). In brackets: the cases that a check was tried on.",
            "",
            "| check | severity | result |",
            "|---|---|---|",
        ]
        looked = [check for check in CHECKS.values() if check.id in self._found]
        lines += [f"| `{check.id}` | {check.severity} | {self._line(check.id)} |" for check in looked]
        return "\n".join(lines) + "\n"

    def _line(self, check: str) -> str:
        counts = Counter(self._found[check].values())
        worst = _worst(self._found[check])
        if worst in {"fail", "known failure"}:
            reason = f": {self._reasons[check]}" if check in self._reasons else ""
            return f"**{worst}** ({counts[worst]} of {counts.total()}){reason}"
        refused = f", refused ({counts['refused']})" if worst == "pass" and counts["refused"] else ""
        return worst if worst == "not shown" else f"{worst} ({counts[worst]}){refused}"


def _outcome(report: pytest.TestReport, said: dict[str, object]) -> str:
    if said.get("outcome") == "Refused":
        return "refused"
    if said.get("outcome") == "NotShown":
        return "not shown"
    if hasattr(report, "wasxfail") and report.outcome == "skipped":
        return "known failure"
    return "pass" if report.outcome == "passed" else "fail"


def _worst(cases: dict[str, str]) -> str:
    return next((name for name in _ORDER if name in cases.values()), "not shown")
