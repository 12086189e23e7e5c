"""The results of the clients, kept in conformance/clients/results.json, and the README's table of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tools.programs.environments import SCRIPTS, Program

RESULTS = SCRIPTS / "results.json"
COLUMNS = ("chat", "stream", "tools", "structured", "image", "pdf", "errors", "edit")
Results = Mapping[str, Mapping[str, bool]]  # client -> capability -> whether it works


def keep(found: Results) -> None:
    """Put results into the file, beside those of other clients."""
    before = results()
    known = before | {name: before.get(name, {}) | dict(told) for name, told in found.items()}
    RESULTS.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


def results() -> dict[str, dict[str, bool]]:
    """Return what the file has."""
    told: dict[str, dict[str, bool]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return told


def markdown(programs: Sequence[Program]) -> str:
    """Return the table: a row for each client, and below it why something is missing."""
    known, notes = results(), []
    lines = [f"| client | API | {' | '.join(COLUMNS)} |", "|---|---|" + "---|" * len(COLUMNS)]
    for program in programs:
        cells = [_cell(program, name, known.get(program.name, {})) for name in COLUMNS]
        lines.append(f"| {program.about} | {program.api} | {' | '.join(cells)} |")
        notes += [f"- {program.about}, {name}: {why}" for name, why in program.cannot.items()]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _cell(program: Program, capability: str, found: Mapping[str, bool]) -> str:
    if capability in program.does:
        return "?" if capability not in found else "✓" if found[capability] else "✗"
    return "no" if capability in program.cannot else ""
