"""An error as Anthropic's API tells it (Messages API reference, "Errors"; pure).

400 invalid_request_error   401 authentication_error   403 permission_error   404 not_found_error
413 request_too_large       429 rate_limit_error       500 api_error          504 timeout_error
529 overloaded_error
"""

from __future__ import annotations

from typing import Any

from cmappy import errors
from cmappy.errors import CmappyError
from cmappy.faces.face import Fault
from cmappy.faces.messages.plan import reset

NO_THREADS = "thread_unsupported_request"  # the code by which the SDKs' tool runners know that they must do without

# The first that an error is an instance of counts. Where there is no status, the error's own stays.
_KINDS: tuple[tuple[type[CmappyError], int | None, str], ...] = (
    (errors.Unauthorized, None, "authentication_error"),
    (errors.LoginFailed, None, "authentication_error"),
    (errors.Forbidden, None, "permission_error"),
    (errors.PermissionRefused, None, "permission_error"),
    (errors.ModelNotFound, None, "not_found_error"),
    (errors.RouteNotFound, None, "not_found_error"),
    (errors.TooLarge, None, "request_too_large"),
    (errors.InvalidRequest, None, "invalid_request_error"),
    (errors.RateLimited, None, "rate_limit_error"),
    (errors.UpstreamFailed, 500, "api_error"),
    (errors.Overloaded, 529, "overloaded_error"),
    (errors.TimedOut, None, "timeout_error"),
    (errors.Stopping, None, "api_error"),
    (CmappyError, 500, "api_error"),
)


def body(error: CmappyError, request_id: str = "") -> dict[str, Any]:
    """Return Anthropic's error object: `{"type": "error", "error": {"type", "message"}, "request_id"}`."""
    _, kind = _kind(error)
    message = error.message
    if isinstance(error, errors.PromptTooLong):  # the words by which clients know that they must shorten it
        message = f"prompt is too long: {message}"
    told: dict[str, Any] = {"type": "error", "error": {"type": kind, "message": message}}
    if error.code == NO_THREADS:
        told["error"]["details"] = {"error_code": NO_THREADS, "unsupported": ["thread"]}
    return told | ({"request_id": request_id} if request_id else {})


def fault(error: CmappyError, request_id: str) -> Fault:
    """Return an error as a response. The SDKs wait for as long as `retry-after` says, unless told not to retry."""
    status, _ = _kind(error)
    headers = error.headers() | {"request-id": request_id}
    if isinstance(error, errors.PlanExhausted) and error.resets_at:
        headers |= reset(error.resets_at)
    return Fault(status, body(error, request_id), headers)


def _kind(error: CmappyError) -> tuple[int, str]:
    status, name = next((status, name) for kind, status, name in _KINDS if isinstance(error, kind))
    return status or error.status, name
