"""The end of a run in words: how much passes, and what to mend first (pure).

Checks are run from the outside in: status, headers, framing, fields, meaning, and what the SDK makes of it all.
So the first that fails is the likeliest cause, and one that had nothing to look at is never one.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

from conformance.common.items import Finding, Outcome, worst
from conformance.common.registry import CHECKS, MUST, Check

_ANSWERED = ("answer.status", "events.status")
_FIRST = 5  # failures that are told at length
_ALSO = 4  # further cases that are named
_DIFF = re.compile(r"\n *(At index .* diff: .*|Use -v to get more diff)|\n *(?=\n)")  # what pytest adds
_WIDTH = 300  # characters of what a check says of a case, and of a request

Found = Mapping[str, Mapping[str, Finding]]  # check -> case -> how it ended


def text(found: Found, url: str, report: Path | None = None) -> str:
    """Return the summary; `found` has the checks in the order in which they were run."""
    looked = [CHECKS[id] for id in found]
    failed = [check for check in looked if worst(dict(found[check.id])) is Outcome.FAILED]
    shown = {check.id: _shown(check, found) for check in failed}
    causes = [check for check in failed if shown[check.id]]
    causes.sort(key=lambda check: check.severity is not MUST)
    parts = [_totals(looked, found)]
    if causes:
        parts.append("Mend first:")
        parts += [
            _cause(number, check, shown[check.id], len(found[check.id]), url)
            for number, check in enumerate(causes[:_FIRST], 1)
        ]
    if rest := causes[_FIRST:]:
        parts.append("Then, if they still fail:\n" + _lines([check.id for check in rest]))
    if idle := [check.id for check in failed if check not in causes]:
        parts.append("These had nothing to look at, because of the failures above:\n" + _lines(idle))
    if report and failed:
        parts.append(f"All failures, case by case: {report.with_suffix('.md')} and .json")
    return "\n\n".join(parts)


def fails(found: Found, *, only_must: bool) -> bool:
    """Tell whether a check failed, of those that count."""
    counted = [CHECKS[id].severity is MUST or not only_must for id in found]
    ends = [worst(dict(cases)) is Outcome.FAILED for cases in found.values()]
    return any(count and end for count, end in zip(counted, ends, strict=True))


def checks() -> str:
    """Return the page that lists all checks, each with the sentence of the reference that it stands on."""
    lines = [
        "# The checks",
        "",
        "Each has an id that stays, a severity (clients break on a `must`, and lose comfort on a `should`), and the",
        "sentence that it stands on. `cmappy-conformance --list` writes this page.",
    ]
    for api in dict.fromkeys(check.api for check in CHECKS.values()):
        lines += ["", f"## {api}", "", "| check | severity | sentence |", "|---|---|---|"]
        listed = [check for check in CHECKS.values() if check.api == api]
        lines += [f"| `{each.id}` | {each.severity} | {_escaped(each.sentence)} |" for each in listed]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return a text as a cell of a table in Markdown."""
    return text.replace("|", "\\|")


def _totals(looked: list[Check], found: Found) -> str:
    """Return how many checks ended in which way, by API and severity."""
    lines = []
    for api, severity in dict.fromkeys((check.api, check.severity) for check in looked):
        of = [check for check in looked if (check.api, check.severity) == (api, severity)]
        counts = Counter(worst(dict(found[check.id])) for check in of)
        tried = sum(counts[each] for each in (Outcome.FAILED, Outcome.KNOWN, Outcome.PASSED))
        others = [f"{counts[each]} {each}" for each in Outcome if counts[each] and each is not Outcome.PASSED]
        told = f"{api + ', ' + severity:20} {counts[Outcome.PASSED]} of {tried} pass"
        lines.append(told + (f" ({', '.join(others)})" if others else ""))
    return "\n".join(lines)


def _shown(check: Check, found: Found) -> list[tuple[str, Finding]]:
    """Return the cases on which something was seen to be wrong that no check before this one tells better."""
    failed = [(name, each) for name, each in found[check.id].items() if each.outcome is Outcome.FAILED]
    refused = set().union(*(_bases(found[id]) for id in _before(check.id, found)))
    return [(name, each) for name, each in failed if not each.nothing and _base(name) not in refused]


def _before(id: str, found: Found) -> list[str]:
    """Return the checks before this one that tell whether there is an answer, or an error, at all."""
    ids = [known for known in found if known.endswith(_ANSWERED)]
    if "failure." in id:
        ids += [known for known in found if known.endswith("failure.status")]
    return ids[: ids.index(id)] if id in ids else ids


def _bases(cases: Mapping[str, Finding]) -> set[str]:
    return {_base(name) for name, each in cases.items() if each.outcome is Outcome.FAILED}


def _base(case: str) -> str:
    """Return the scenario of a case, which may add a way to ask: `hello+stream`."""
    return case.partition("+")[0]


def _cause(number: int, check: Check, shown: list[tuple[str, Finding]], cases: int, url: str) -> str:
    """Return what is known of a failure: where, what it stands on, what was seen, and how to see it again."""
    [(name, finding), *_] = shown
    lines = [
        f"{number}. {check.id} ({check.severity}), on {len(shown)} of {cases} cases",
        f"   {check.sentence}",
        f"   On {name}:",
        indent(_DIFF.sub("", finding.why)[:_WIDTH].strip(), "     "),
    ]
    if others := [case for case, _ in shown[1:]]:
        more = f" and {len(others) - _ALSO} more" if len(others) > _ALSO else ""
        lines.append(f"   Also on {', '.join(others[:_ALSO])}{more}")
    if finding.request:
        body = shlex.quote(json.dumps(finding.request, ensure_ascii=False))
        sent = body if len(body) < 4 * _WIDTH else "'...'  # too long to show here"
        lines.append(
            f"   See it: curl -sN {url.rstrip('/')}{finding.url} -H 'content-type: application/json' -d {sent}"
        )
    return "\n".join(lines)


def _lines(ids: list[str]) -> str:
    """Return names in lines of a handy width."""
    lines = [""]
    for id in ids:
        if len(lines[-1]) + len(id) > 110:
            lines.append("")
        lines[-1] += f"  {id}"
    return "\n".join(lines)
