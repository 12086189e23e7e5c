"""The benchmark's table: medians, ratios within the run, and the targets that they are held against."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

Row = tuple[str, str, str, str]


def table(measured: dict[str, Any]) -> str:
    """Return two Markdown tables: what was measured, and how it compares with the targets."""
    seconds = {name: median(values) for name, values in measured["seconds"].items()}
    alone = {name: median(values) for name, values in measured["alone"].items()}
    lines = ["| time to first token | median | samples |", "|---|---|---|"]
    lines += [
        f"| {name} | {value * 1000:.0f} ms | {len(measured['seconds'][name])} |" for name, value in seconds.items()
    ]
    lines += ["", "| proxy alone | median |", "|---|---|"]
    lines += [_row(name, value) for name, value in alone.items()]
    lines += [f"| peak memory, {name} | {value:.0f} MB |" for name, value in measured["memory"].items()]
    lines += ["", "| target | measured | wanted | |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _targets(seconds, alone)]
    return "\n".join(lines)


def _row(name: str, value: float) -> str:
    what, _, unit = name.rpartition(", ")
    return f"| {what} | {value * 1000:.1f} ms |" if unit == "s" else f"| {what} | {value:.0f} {unit} |"


def _targets(seconds: dict[str, float], alone: dict[str, float]) -> Iterator[Row]:
    reference = seconds["reference"]
    yield _at_most("warm / reference", seconds["warm"] / reference, 0.20)
    yield _at_most("live / reference", seconds["live"] / reference, 0.08)
    yield _at_most("tool result, parked / reference", seconds["parked"] / reference, 0.08)
    yield _at_most("cmappy's own share, ms", alone["own share, s"] * 1000, 3)
    yield _at_least("replayed stream / bare handler", alone["replay, chunks/s"] / alone["bare, chunks/s"], 0.70)
    responses = alone["replay by responses, chunks/s"]
    yield _at_least("replayed stream of responses / bare handler", responses / alone["bare, chunks/s"], 0.50)
    yield _at_least("replayed answer / bare handler", alone["replay, requests/s"] / alone["bare, requests/s"], 0.40)
    yield _at_most("memory with 64 streams, MB", alone["64 streams, MB"], 90)
    looked_at = alone["64 streams and 20 pages, s"] / alone["64 streams, s"]
    yield _at_most("64 streams with 20 open pages / without", looked_at, 1.1)
    yield _at_most("start of a replay, s", alone["start, s"], 0.8)
    yield _at_most("live, 400 / 10 messages", seconds["live, 400 messages"] / seconds["live, 10 messages"], 1.5)


def _at_most(name: str, value: float, most: float) -> Row:
    return name, f"{value:.2f}", f"<= {most:.2f}", "met" if value <= most else "missed"


def _at_least(name: str, value: float, least: float) -> Row:
    return name, f"{value:.2f}", f">= {least:.2f}", "met" if value >= least else "missed"
