"""Answers on demand for testing how a program handles errors: what the real CLI once said, by name."""

from __future__ import annotations

from pathlib import Path

from cmappy.errors import InvalidRequest
from cmappy.recording.folder import read
from cmappy.recording.replay import SCENARIO, Told
from cmappy.status import Status

# Each is one of the recordings that come with cmappy.
NAMES = {
    "plan-exhausted": "plan_exhausted",
    "rate-limited": "error_rate_limit",
    "overloaded": "error_overloaded",
    "login-lost": "error_login",
    "forbidden": "error_permission",
    "api-error": "error_api",
    "broken": "broken_by_error",
    "connection-lost": "broken_by_loss",
    "slow": "slow_pieces",
    "length": "length",
    "refusal": "refusal",
    "context-full": "context_full",
    "too-long": "error_too_long",
    "empty": "empty_answer",
    "unicode": "unicode_text",
}
_SLOW = 2.0  # pieces per second


def scenarios(folder: Path) -> dict[str, Told]:
    """Return the scenarios by their names, from the folder of recordings that comes with cmappy."""
    return {
        name: Told(f"{file}.ndjson", read(folder / f"{file}.ndjson"), _SLOW if name == "slow" else None)
        for name, file in NAMES.items()
    }


def wanted(header: str | None, model: str, status: Status) -> str | None:
    """Return the model that stands for the scenario that a request asks for, by header or model; None if for none.

    Raises InvalidRequest if there is none of that name, or if answers are real ones.
    """
    name = header if header is not None else model.removeprefix(SCENARIO) if model.startswith(SCENARIO) else None
    if name is None:
        return None
    param = "model" if header is None else None
    if status.provider != "replay":
        raise InvalidRequest("Scenarios are for tests: they need a server that runs with `--replay`.", param=param)
    if name not in NAMES:
        raise InvalidRequest(f"There is no scenario {name[:60]!r}. There are: {', '.join(NAMES)}.", param=param)
    return SCENARIO + name
