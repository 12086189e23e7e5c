"""The counts of an hour, and what they add up to (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

HOUR = 3600  # seconds
KEPT = 7 * 24  # hours


class Counts(NamedTuple):
    """What was used: tokens by how they are billed, whole answers, errors, and the list price in US dollars.

    `fresh` are the tokens of prompts that no cache was read or written for.
    """

    fresh_tokens: int = 0
    cache_read_tokens: int = 0
    cache_written_tokens: int = 0
    output_tokens: int = 0
    answers: int = 0
    errors: int = 0
    list_price: float = 0.0

    def plus(self, other: Counts) -> Counts:
        """Return the sum of both."""
        return Counts._make(one + more for one, more in zip(self, other, strict=True))


Hours = Mapping[int, Counts]  # by the hour's beginning, in Unix seconds


def hour_of(time: float) -> int:
    """Return the beginning of the hour that a time falls into, both in Unix seconds."""
    return int(time // HOUR) * HOUR


def oldest(now: float) -> int:
    """Return the first hour that is still kept."""
    return hour_of(now) - (KEPT - 1) * HOUR


def total(hours: Iterable[Counts]) -> Counts:
    """Return the sum of all."""
    added = Counts()
    for counts in hours:
        added = added.plus(counts)
    return added


def merge(*several: Hours, since: int = 0) -> dict[int, Counts]:
    """Return the sums hour by hour, without the hours before `since`."""
    merged: dict[int, Counts] = {}
    for hours in several:
        for hour, counts in hours.items():
            if hour >= since:
                merged[hour] = merged.get(hour, Counts()).plus(counts)
    return dict(sorted(merged.items()))


def today(hours: Hours, midnight: float) -> Counts:
    """Return what was used since `midnight`, in Unix seconds; the hour that it falls into counts as a whole."""
    return total(counts for hour, counts in hours.items() if hour + HOUR > midnight)


def report(hours: Hours, midnight: float) -> dict[str, object]:
    """Return all of it as JSON is made of."""
    return {
        "object": "usage",
        "today": today(hours, midnight)._asdict(),
        "week": total(hours.values())._asdict(),
        "hours": [{"hour": hour, **counts._asdict()} for hour, counts in hours.items()],
    }
