"""Answers by scenario: a request is known by its last text, so any number of them run at once and in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tools.scenario import Scenario, texts


class Scenarios:
    """Give `Upstream.always` an object of this; a request that belongs to no scenario is refused.

    The requests of one CLI process take a scenario's answers in turn, a second try the next one, and after the last
    it begins again. Each process has its own count: one that gives up half-way leaves nothing behind for the next.
    """

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self.by_cue = {scenario.cue: scenario for scenario in scenarios if not scenario.handmade}
        self._taken: Counter[tuple[str, str]] = Counter()

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request for a message."""
        scenario = self.find(body)
        if scenario is None:
            last = next(asked(body), "")
            message = f"No scenario ends with this text: {last[:200]}"
            return {"error": {"type": "invalid_request_error", "message": message}}
        turn = (_process(body), scenario.name)
        self._taken[turn] += 1
        return scenario.upstream[(self._taken[turn] - 1) % len(scenario.upstream)]

    def find(self, body: dict[str, Any]) -> Scenario | None:
        """Find the scenario by the last text that is a cue; what follows it was added by the CLI."""
        return next((self.by_cue[text] for text in asked(body) if text in self.by_cue), None)


def asked(body: dict[str, Any]) -> Iterator[str]:
    """Yield the user's texts of a request, from the last to the first."""
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            yield from texts(message)


def _process(body: dict[str, Any]) -> str:
    """Return what tells the CLI's processes apart: the session id is part of the user id."""
    return str((body.get("metadata") or {}).get("user_id"))
