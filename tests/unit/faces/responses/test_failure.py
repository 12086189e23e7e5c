"""Errors in the Responses API's words, with the codes at which Codex stops asking again."""

import pytest

from cmappy import errors
from cmappy.faces.responses.failure import event, fault, of_response


@pytest.mark.parametrize(
    ("error", "status", "type", "code"),
    [
        (errors.InvalidRequest("x"), 400, "invalid_request_error", "invalid_value"),
        (errors.PromptTooLong("x"), 400, "invalid_request_error", "context_length_exceeded"),
        (errors.NotStored("x"), 404, "invalid_request_error", None),
        (errors.PlanExhausted("x", resets_at=5), 429, "usage_limit_reached", "usage_limit_reached"),
        (errors.Busy("x"), 429, "rate_limit_error", "server_busy"),
        (errors.Overloaded("x"), 503, "server_error", "server_is_overloaded"),
        (errors.CliFailed("x"), 503, "server_error", "server_is_overloaded"),
        (errors.TimedOut("x"), 503, "server_error", "server_is_overloaded"),
        (errors.FixtureMissing("x"), 502, "server_error", "fixture_missing"),
        (errors.Stopping("x"), 503, "server_error", "server_stopping"),
    ],
)
def test_an_error_is_a_response(error, status, type, code):
    """Status, type and code decide what a client does."""
    told = fault(error, "req_1")

    assert (status, type, code) == (told.status, told.body["error"]["type"], told.body["error"]["code"])
    assert ("resets_at" in told.body["error"]) == isinstance(error, errors.PlanExhausted)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.PromptTooLong("x"), "context_length_exceeded"),
        (errors.PlanExhausted("x"), "insufficient_quota"),
        (errors.RateLimited("x"), "rate_limit_exceeded"),
        (errors.Overloaded("x"), "server_is_overloaded"),
        (errors.CliFailed("x"), "invalid_prompt"),
    ],
)
def test_a_broken_response_tells_codex_whether_to_go_on(error, code):
    """All but a short rate limit end its repetitions."""
    assert {"code": code, "message": "x"} == of_response(error)


def test_the_error_event_has_both_shapes():
    """Some clients read the flat one, some the nested one; paths are those of this API."""
    told = event(errors.PromptTooLong("x", param="messages"))

    assert ("context_length_exceeded", "x", "input") == (told["code"], told["message"], told["param"])
    assert {"message": "x", "type": "invalid_request_error", "param": "input", "code": "context_length_exceeded"} == (
        told["error"]
    )
