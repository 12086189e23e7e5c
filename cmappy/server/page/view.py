"""What the page is told, as JSON is made of it: of the server, of the CLI and of requests; never any content (pure)."""

from __future__ import annotations

from typing import Any

from cmappy.server.history.counts import Counts
from cmappy.server.trace import Trace
from cmappy.status import Status

_LONGEST = 200  # characters of a word that comes from outside
_RUNNING = 0


def cli(status: Status | None, problem: str) -> dict[str, Any]:
    """Return what is known of the backend, and what is wrong with it."""
    if status is None:
        return {"provider": "", "version": "", "login": "", "billing": "none", "rewinding": "", "problem": problem}
    return {
        "provider": status.provider,
        "version": status.cli_version,
        "login": status.login,
        "billing": status.billing,
        "rewinding": status.rewinding,
        "problem": problem,
    }


def plan(status: Status | None) -> list[dict[str, Any]]:
    """Return the windows of the plan; `used` is from 0 to 1, `resets_at` in Unix seconds."""
    windows = status.plan.windows if status and status.plan else {}
    return [
        {
            "name": name[:_LONGEST],
            "used": window.utilization,
            "resets_at": window.resets_at,
            "status": "" if window.status == "allowed" else window.status.replace("_", " ")[:_LONGEST],
        }
        for name, window in windows.items()
    ]


def processes(status: Status | None) -> list[dict[str, Any]]:
    """Return the processes of the CLI; `since` is in Unix seconds."""
    return [
        {"profile": each.profile, "state": each.state, "since": round(each.since), "turns": each.turns}
        for each in (status.children if status else ())
    ]


def models(status: Status | None) -> list[dict[str, Any]]:
    """Return the models that can be chosen."""
    return [
        {"name": model.name, "label": model.display_name, "efforts": model.efforts}
        for model in (status.models if status else ())
    ]


def request(trace: Trace) -> dict[str, Any]:
    """Return what is known of a request; times are in milliseconds, `at` is in Unix seconds. None is not known yet."""
    used = trace.usage
    return {
        "id": trace.id,
        "at": round(trace.received, 3),
        "face": trace.face,
        "model": trace.model[:_LONGEST],
        "route": trace.route,
        "status": trace.status,
        "error": trace.error[:_LONGEST],
        "first": None if trace.first_token is None else round(1000 * (trace.first_token - trace.started)),
        "total": None if trace.status == _RUNNING else round(1000 * trace.total),
        "fresh": used and used.input_tokens,
        "cache_read": used and used.cache_read_input_tokens,
        "cache_written": used and used.cache_creation_input_tokens,
        "output": used and used.output_tokens,
    }


def used(counts: Counts) -> dict[str, Any]:
    """Return what was used; the price is rounded to a hundredth of a cent."""
    return counts._asdict() | {"list_price": round(counts.list_price, 4)}
