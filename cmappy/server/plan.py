"""What is known of the subscription's plan, as response headers like those of OpenAI's own rate limits.

OpenAI counts requests and tokens; a plan has windows of time, such as `five_hour` and `seven_day`, and tells for each
how much of it is used up. So the headers are named after the windows, and count per cent:

    x-ratelimit-limit-five-hour: 100
    x-ratelimit-remaining-five-hour: 7
    x-ratelimit-reset-five-hour: 1h12m3s
"""

from __future__ import annotations

import re

from cmappy.status import Plan

_NAME = re.compile(r"[a-z0-9_]+")


def headers(plan: Plan | None, now: float) -> dict[str, str]:
    """Return the headers for the windows that have not been reset since they were told of; `now` is in Unix seconds."""
    found: dict[str, str] = {}
    for name, window in plan.windows.items() if plan else ():
        used, left = window.utilization, (window.resets_at or 0) - now
        if used is None or left <= 0 or not _NAME.fullmatch(name):
            continue
        name = name.replace("_", "-")
        found[f"x-ratelimit-limit-{name}"] = "100"
        found[f"x-ratelimit-remaining-{name}"] = str(max(0, round(100 - 100 * used)))
        found[f"x-ratelimit-reset-{name}"] = _duration(round(left))
    return found


def _duration(seconds: int) -> str:
    """Return a duration as OpenAI writes it: `6m0s`."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{seconds}s"
