"""Errors and limits as Anthropic's API tells them."""

import pytest

from cmappy import errors
from cmappy.faces.messages import FACE
from cmappy.status import Plan, Window


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.InvalidRequest("x"), 400, "invalid_request_error"),
        (errors.Unsupported("x"), 400, "invalid_request_error"),
        (errors.Unauthorized("x"), 401, "authentication_error"),
        (errors.LoginFailed("x"), 401, "authentication_error"),
        (errors.BillingRefused(), 401, "authentication_error"),
        (errors.Forbidden("x"), 403, "permission_error"),
        (errors.PermissionRefused("x"), 403, "permission_error"),
        (errors.ModelNotFound("x"), 404, "not_found_error"),
        (errors.RouteNotFound("x"), 404, "not_found_error"),
        (errors.MethodNotAllowed("x"), 405, "invalid_request_error"),
        (errors.TooLarge("x"), 413, "request_too_large"),
        (errors.NotJson("x"), 415, "invalid_request_error"),
        (errors.RateLimited("x"), 429, "rate_limit_error"),
        (errors.Busy("x"), 429, "rate_limit_error"),
        (errors.PlanExhausted("x"), 429, "rate_limit_error"),
        (errors.UpstreamFailed("x"), 500, "api_error"),
        (errors.CliFailed("x"), 500, "api_error"),
        (errors.CmappyError("x"), 500, "api_error"),
        (errors.Stopping("x"), 503, "api_error"),
        (errors.TimedOut("x"), 504, "timeout_error"),
        (errors.Overloaded("x"), 529, "overloaded_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_error_is_anthropics(error, status, kind):
    """Status, type, message and the request's id."""
    fault = FACE.fault(error, "req_1")

    assert (status, {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": "req_1"}) == (
        fault.status,
        fault.body,
    )
    assert "req_1" == fault.headers["request-id"]


def test_prompt_that_is_too_long_is_told_in_the_apis_words():
    """Clients look for them, and shorten the conversation."""
    assert FACE.fault(errors.PromptTooLong("x"), "").body["error"]["message"].startswith("prompt is too long: ")


def test_plan_that_is_used_up_is_not_retried():
    """Anthropic's SDKs would sleep until it is reset, for hours."""
    error = errors.PlanExhausted("x", resets_at=1790000000)
    error.retry_after = 7200

    assert {
        "request-id": "req_1",
        "retry-after": "7200",
        "x-should-retry": "false",
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": "1790000000",
    } == FACE.fault(error, "req_1").headers


def test_overload_is_not_retried_either():
    """The CLI has done that."""
    assert "false" == FACE.fault(errors.Overloaded("x"), "").headers["x-should-retry"]


def test_responses_tell_of_the_plan_as_the_api_does():
    """Of the windows that are not yet reset, under the API's names for them."""
    plan = Plan(
        "allowed_warning",
        "five_hour",
        200,
        {
            "five_hour": Window("allowed_warning", 0.93, 200),
            "seven_day_opus": Window("odd status", None, 300),
            "past": Window("allowed", 0.1, 50),
            "Odd\nname": Window("allowed", 0.1, 300),
        },
    )

    assert {
        "request-id": "req_1",
        "anthropic-ratelimit-unified-status": "allowed_warning",
        "anthropic-ratelimit-unified-reset": "200",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-5h-status": "allowed_warning",
        "anthropic-ratelimit-unified-5h-reset": "200",
        "anthropic-ratelimit-unified-5h-utilization": "0.93",
        "anthropic-ratelimit-unified-7d_opus-reset": "300",
    } == FACE.headers(plan, 100, "req_1")


@pytest.mark.parametrize("plan", [None, Plan(), Plan("allowed", None, 50), Plan("odd status", "x", 200)])
def test_without_a_plan_there_is_the_id_alone(plan):
    """An API key has none."""
    assert {"request-id": "req_1"} == FACE.headers(plan, 100, "req_1")


def test_plan_without_a_window_that_matters_is_told():
    """Its kind is left out."""
    assert "anthropic-ratelimit-unified-representative-claim" not in FACE.headers(Plan("allowed", None, 200), 100, "r")


def test_sdks_are_told_to_do_without_threads():
    """Their tool runners ask for one first, and send whole conversations after this error."""
    error = errors.Unsupported("x", code="thread_unsupported_request")

    assert "thread_unsupported_request" == FACE.fault(error, "").body["error"]["details"]["error_code"]
