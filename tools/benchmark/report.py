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
    kept: dict[str, float] = measured["kept"]
    lines = ["| time to first token | median | samples |", "|---|---|---|"]
    lines += [
        f"| {name} | {value * 1000:.0f} ms | {len(measured['seconds'][name])} |" for name, value in seconds.items()
    ]
    lines += ["", "| with the CLI | |", "|---|---|"]
    lines += [_row(name, value) for name, value in kept.items()]
    lines += ["", "| proxy alone | median |", "|---|---|"]
    lines += [_row(name, value) for name, value in alone.items()]
    lines += [f"| peak memory, {name} | {value:.0f} MB |" for name, value in measured["memory"].items()]
    lines += ["", "| target | measured | wanted | |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _targets(seconds, alone, kept)]
    return "\n".join(lines)


def _row(name: str, value: float) -> str:
    what, _, unit = name.rpartition(", ")
    if unit == "s":
        return f"| {what} | {value * 1000:.1f} ms |"
    return f"| {what} | {value:.{0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 3}f} {unit} |"


# What a turn may take to its first token, for each second of the reference's.
_SHARES = {
    "new conversation": 0.08,
    "another prompt and tools": 0.12,
    "edited last message": 0.09,
    "second structured answer": 0.10,
    "live": 0.06,
    "parked": 0.08,
    "warm": 0.16,
}


def _targets(seconds: dict[str, float], alone: dict[str, float], kept: dict[str, float]) -> Iterator[Row]:
    for name, share in _SHARES.items():
        yield _at_most(f"{name} / reference", seconds[name] / seconds["reference"], share)
    ours, theirs = (value for name, value in kept.items() if name.startswith("processor"))
    yield _at_most("processor of the CLIs, new conversation / reference", ours / theirs, 0.10)
    ours, theirs = (value for name, value in kept.items() if name.endswith("answers/s"))
    yield _at_least("40 prompts by 8 clients, answers/s / reference", ours / theirs, 5)
    few, many = (value for name, value in kept.items() if name.startswith("a round of"))
    yield _at_most("a round of 8 agents / of 4", many / few, 3)
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
