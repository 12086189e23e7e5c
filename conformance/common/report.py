"""Says what was found: for each failed check at once, and for all in FILE.json, FILE.md and FILE.xml (JUnit)."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

import openai
import pytest

from conformance.common.items import Finding, Outcome, worst
from conformance.common.registry import CHECKS, Check
from conformance.common.targets import Target

# Where a compared value stands in the suite's own objects helps nobody.
_WHERE = re.compile(r"\n *\+ +(where|and) .*")
_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd]")  # what XML cannot have
_SHOWN = 5  # failed cases in the text on a failed check; the report has all
_LINE = 160  # characters of what a report tells of a failed case


def describe(check: Check, findings: dict[str, Finding]) -> str:
    """Return the text on a check that failed: what it stands on, and what it found."""
    failed = {case: finding.why for case, finding in findings.items() if finding.outcome is Outcome.FAILED}
    more = f"\n... and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    cases = _WHERE.sub("", "\n".join(f"{case}: {why}" for case, why in list(failed.items())[:_SHOWN]))
    heading = f"{check.severity}, fails on {len(failed)} of {len(findings)} cases: {check.sentence}"
    return f"{heading}\n{cases}{more}"


class Report:
    """A pytest plugin that collects what was found, by the ids of the checks, and writes it to files if it has one."""

    def __init__(self, file: Path | None, target: Target) -> None:
        self._file = file.with_suffix("") if file and file.suffix in {".json", ".md", ".xml"} else file
        self._target = target
        self.found: dict[str, dict[str, Finding]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what one check found."""
        said = dict(report.user_properties)
        if report.when == "call" and isinstance(found := said.get("findings"), dict):
            self.found[str(said["check"])] = found

    def pytest_sessionfinish(self) -> None:
        """Write the files."""
        if self._file is None:
            return
        looked = [check for check in CHECKS.values() if check.id in self.found]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._json(looked), indent=1, ensure_ascii=False)
        self._file.with_suffix(".json").write_text(text + "\n", "utf-8")
        self._file.with_suffix(".md").write_text(self._markdown(looked), "utf-8")
        self._file.with_suffix(".xml").write_bytes(self._junit(looked))

    def _junit(self, looked: list[Check]) -> bytes:
        """Return what CI systems show: a test for each check, by its id."""
        suite = ElementTree.Element("testsuite", name=f"conformance of {self._target.name}", tests=str(len(looked)))
        for check in looked:
            found = self.found[check.id]
            outcome = worst(found)
            test = ElementTree.SubElement(suite, "testcase", classname=f"conformance.{check.api}", name=check.id)
            if outcome is Outcome.FAILED:
                text = _XML.sub("\ufffd", describe(check, found))
                ElementTree.SubElement(test, "failure", message=text.partition("\n")[0]).text = text
            elif outcome is not Outcome.PASSED:
                ElementTree.SubElement(test, "skipped", message=outcome)
        return bytes(ElementTree.tostring(suite, "utf-8", xml_declaration=True))

    def _json(self, looked: list[Check]) -> dict[str, object]:
        return {
            "target": self._target.name,
            "about": self._target.about,
            "openai-python": openai.__version__,
            "capabilities": sorted(self._target.capabilities),
            "totals": self._totals(looked),
            "checks": [
                {
                    "id": check.id,
                    "severity": check.severity,
                    "sentence": check.sentence,
                    "result": worst(self.found[check.id]),
                    "cases": _counts(self.found[check.id]),
                    "findings": _findings(self.found[check.id]),
                }
                for check in looked
            ],
        }

    def _totals(self, looked: list[Check]) -> dict[str, dict[str, int]]:
        """Return the number of checks by severity and by how they ended."""
        counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
        for check in looked:
            counts[check.severity][worst(self.found[check.id])] += 1
        return {severity: {each: count[each] for each in Outcome if count[each]} for severity, count in counts.items()}

    def _markdown(self, looked: list[Check]) -> str:
        totals = self._totals(looked)
        columns = [outcome for outcome in Outcome if any(outcome in counts for counts in totals.values())]
        lines = [
            f"# Conformance of {self._target.name}",
            "",
            f"{self._target.about} Made by `cmappy-conformance --report` with openai-python {openai.__version__}.",
            "",
            f"| checks | {' | '.join(columns)} |",
            f"|---|{'---|' * len(columns)}",
            *(f"| {name} | {' | '.join(str(of.get(each, 0)) for each in columns)} |" for name, of in totals.items()),
            "",
            "A check counts as its worst case does; in brackets stands on how many cases.",
            "",
            "| check | severity | result |",
            "|---|---|---|",
            *(f"| `{check.id}` | {check.severity} | {self._result(check.id)} |" for check in looked),
        ]
        return "\n".join(lines) + "\n"

    def _result(self, check: str) -> str:
        """Return how a check ended on the whole, on how many cases, and the reasons for known failures."""
        found = self.found[check]
        outcome, counts = worst(found), _counts(found)
        reasons = sorted({finding.why for finding in found.values() if finding.outcome is Outcome.KNOWN})
        match outcome:
            case Outcome.FAILED | Outcome.KNOWN:
                return f"**{outcome}** ({counts[outcome]} of {len(found)})" + (
                    f": {'; '.join(reasons)}" if reasons else ""
                )
            case Outcome.NOT_SHOWN:
                return outcome
            case _:
                return ", ".join(f"{each} ({count})" for each, count in counts.items())


def _counts(found: dict[str, Finding]) -> dict[Outcome, int]:
    """Return on how many cases a check ended in which way."""
    counts = Counter(finding.outcome for finding in found.values())
    return {each: counts[each] for each in Outcome if counts[each]}


def _findings(found: dict[str, Finding]) -> dict[str, str]:
    """Return the first line on each case that failed, as far as it says something."""
    failed = {case: each for case, each in found.items() if each.outcome in (Outcome.FAILED, Outcome.KNOWN)}
    return {case: each.why.partition("\n")[0][:_LINE] for case, each in failed.items()}
