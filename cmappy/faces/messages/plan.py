"""What is known of the subscription's plan, as the API's own headers say it (pure).

anthropic-ratelimit-unified-status: allowed
anthropic-ratelimit-unified-reset: 1790000000
anthropic-ratelimit-unified-representative-claim: five_hour
anthropic-ratelimit-unified-5h-utilization: 0.93
"""

from __future__ import annotations

import re

from cmappy.status import Plan, Window

_PREFIX = "anthropic-ratelimit-unified-"
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_SHORT = {"five_hour": "5h", "seven_day": "7d"}


def headers(plan: Plan | None, now: float, request_id: str) -> dict[str, str]:
    """Return the headers of every response: the request's id, and those limits of the plan that are not yet reset.

    `now` is in Unix seconds.
    """
    told = {"request-id": request_id}
    if plan is None:
        return told
    if (plan.resets_at or 0) > now and _NAME.fullmatch(plan.status):
        told |= {f"{_PREFIX}status": plan.status, f"{_PREFIX}reset": str(plan.resets_at)}
        if plan.kind and _NAME.fullmatch(plan.kind):
            told[f"{_PREFIX}representative-claim"] = plan.kind
    for name, window in plan.windows.items():
        if (window.resets_at or 0) > now and _NAME.fullmatch(name):
            told |= _window(name, window)
    return told


def reset(at: int) -> dict[str, str]:
    """Return the headers of an answer that the plan has no room for until `at`, in Unix seconds."""
    return {f"{_PREFIX}status": "rejected", f"{_PREFIX}reset": str(at)}


def _window(name: str, window: Window) -> dict[str, str]:
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    prefix = f"{_PREFIX}{name}-"
    told = {f"{prefix}reset": str(window.resets_at)}
    if _NAME.fullmatch(window.status):
        told[f"{prefix}status"] = window.status
    if window.utilization is not None:
        told[f"{prefix}utilization"] = f"{window.utilization:g}"
    return told
