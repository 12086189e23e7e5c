"""How much of the plan is used up, as the CLI tells who asks it by `get_usage`.

Source: the CLI's own description of its answer (2.1.331), which says that the shape may change; what is not understood
is left out. Where the login may read it, the CLI asks the API's `/api/oauth/usage`, so this is for people who look. It
does so only where it may send what is not essential, which is allowed for the moment, and sends nothing else then. With
`detached`, which a CLI has to list, no message waits for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cmappy.backends.claude import stdin
from cmappy.status import Plan, Window

ID = "cmappy-usage"  # of the request; those of the settings around it begin with it
CAPABILITY = "get_usage_detached_v1"
_REQUEST = {"subtype": "get_usage", "skip_behaviors": True, "detached": True}
_QUIET = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"
_NAME = re.compile(r"[a-z0-9_]{1,40}")


def ask() -> bytes:
    """Return the lines that ask an idle process; `hush` has to follow once it has answered, or is needed."""
    return stdin.control(f"{ID}-on", stdin.apply({"env": {_QUIET: ""}})) + stdin.control(ID, _REQUEST)


def hush() -> bytes:
    """Return the line after which the CLI sends nothing that is not essential, as before."""
    return stdin.control(f"{ID}-off", stdin.apply({"env": {_QUIET: "1"}}))


def windows(response: Mapping[str, Any]) -> dict[str, Window]:
    """Return the plan's windows that an answer tells of; none where the login has no plan, or may not read it."""
    return dict(_windows(response.get("rate_limits")))


def merge(plan: Plan | None, fresh: dict[str, Window]) -> Plan | None:
    """Return a plan with what has been learnt of its windows since."""
    if not fresh:
        return plan
    plan = plan or Plan()
    return replace(plan, windows=plan.windows | fresh)


def _windows(limits: Any) -> Iterator[tuple[str, Window]]:
    if not isinstance(limits, dict):
        return
    for name, told in limits.items():
        if _NAME.fullmatch(name) and isinstance(told, dict) and (window := _window(told)):
            yield name, window
    scoped = limits.get("model_scoped")
    for told in scoped if isinstance(scoped, list) else ():
        if isinstance(told, dict) and (window := _window(told)):
            label = re.sub(r"[^a-z0-9]+", "_", str(told.get("display_name", "")).lower()).strip("_")
            if _NAME.fullmatch(name := f"seven_day_{label}"):
                yield name, window


def _window(told: Mapping[str, Any]) -> Window | None:
    """Return a window; per cent become a share, and a date becomes Unix seconds."""
    used, resets = told.get("utilization"), told.get("resets_at")
    if isinstance(used, bool) or not isinstance(used, int | float):
        return None
    try:
        at = int(datetime.fromisoformat(resets).timestamp()) if isinstance(resets, str) else None
    except (ValueError, OverflowError):
        at = None
    return Window("", used / 100, at)
