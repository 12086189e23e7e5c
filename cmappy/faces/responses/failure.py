"""An error as the Responses API tells it: as an HTTP response, and twice at the end of a stream that breaks off (pure).

Codex repeats what it does not understand up to thirty times for one prompt, and each repeat is a turn of the CLI. It
stops for the codes that it knows, so these are used where it matters (measured, CONTRACT.md "Errors"); what has really
happened is in the message, and in `reason`.
"""

from __future__ import annotations

from typing import Any

from cmappy import errors
from cmappy.errors import CmappyError
from cmappy.faces.face import Fault

OVERLOADED = "server_is_overloaded"


def fault(error: CmappyError, request_id: str) -> Fault:
    """Return an error as a response; Codex looks at the code of a 503 only, so all that it must not repeat is one."""
    told = _told(error)
    if not _final(error):
        return Fault(error.status, {"error": told}, error.headers())
    return Fault(503, {"error": told | {"code": OVERLOADED, "reason": error.code}}, error.headers())


def event(error: CmappyError) -> dict[str, Any]:
    """Return the body of the event `error`: flat as the API has it, and nested, which some clients read instead."""
    told = _told(error)
    return {"code": told["code"], "message": told["message"], "param": told["param"], "error": told}


def of_response(error: CmappyError) -> dict[str, Any]:
    """Return the `error` of a failed response, whose code decides whether Codex asks again."""
    match error:
        case errors.PromptTooLong():
            code = "context_length_exceeded"
        case errors.PlanExhausted():
            code = "insufficient_quota"
        case errors.RateLimited():
            code = "rate_limit_exceeded"
        case errors.Overloaded():
            code = OVERLOADED
        case _:
            code = "invalid_prompt"  # the one for which it shows the message and stops
    return {"code": code, "message": error.message}


def _final(error: CmappyError) -> bool:
    """Return whether a client that asks again would only cost another turn of the CLI."""
    return error.status >= 500 and not isinstance(error, errors.Stopping | errors.FixtureMissing)


def _told(error: CmappyError) -> dict[str, Any]:
    type = error.type
    more: dict[str, Any] = {}
    if isinstance(error, errors.PlanExhausted):
        type, more = "usage_limit_reached", {"resets_at": error.resets_at}
    whole = isinstance(error, errors.PromptTooLong | errors.TooLarge) and error.param == "messages"
    param = "input" if whole else error.param  # what a backend calls it
    return {"message": error.message, "type": type, "param": param, "code": error.code, **more}
