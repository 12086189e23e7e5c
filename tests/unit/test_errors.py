"""The error tree: what a client is told for each kind of failure."""

import pytest

from cmappy import errors
from cmappy.faces.chat.errors import body

TOLD = [
    (errors.CmappyError, 500, "server_error", "internal_error", None),
    (errors.InvalidRequest, 400, "invalid_request_error", "invalid_value", None),
    (errors.Unsupported, 400, "invalid_request_error", "unsupported_parameter", None),
    (errors.PromptTooLong, 400, "invalid_request_error", "context_length_exceeded", None),
    (errors.Unauthorized, 401, "invalid_request_error", "invalid_api_key", None),
    (errors.Forbidden, 403, "invalid_request_error", "forbidden", None),
    (errors.ModelNotFound, 404, "invalid_request_error", "model_not_found", None),
    (errors.RouteNotFound, 404, "invalid_request_error", "unknown_url", None),
    (errors.NotStored, 404, "invalid_request_error", None, None),
    (errors.MethodNotAllowed, 405, "invalid_request_error", "method_not_allowed", None),
    (errors.RequestTimeout, 408, "invalid_request_error", "request_timeout", None),
    (errors.TooLarge, 413, "invalid_request_error", "request_too_large", None),
    (errors.HeaderTooLarge, 431, "invalid_request_error", "header_too_large", None),
    (errors.NotJson, 415, "invalid_request_error", "unsupported_media_type", None),
    (errors.WebSocketRefused, 426, "invalid_request_error", "websocket_not_supported", None),
    (errors.LoginFailed, 401, "authentication_error", "claude_auth_error", "false"),
    (errors.BillingRefused, 401, "authentication_error", "api_key_refused", "false"),
    (errors.PermissionRefused, 403, "permission_error", "permission_denied", "false"),
    (errors.RateLimited, 429, "rate_limit_error", "rate_limit_exceeded", None),
    (errors.Busy, 429, "rate_limit_error", "server_busy", None),
    (errors.PlanExhausted, 429, "rate_limit_error", "usage_limit_reached", "false"),
    (errors.CliFailed, 502, "server_error", "cli_error", "false"),
    (errors.FixtureMissing, 502, "server_error", "fixture_missing", "false"),
    (errors.Overloaded, 503, "server_error", "overloaded", "false"),
    (errors.UpstreamFailed, 503, "server_error", "overloaded", "false"),
    (errors.Stopping, 503, "server_error", "server_stopping", None),
    (errors.TimedOut, 504, "server_error", "timeout", "false"),
]


def subclasses(kind):
    """Return a class and all that descend from it."""
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


@pytest.mark.parametrize(("kind", "status", "type", "code", "should_retry"), TOLD)
def test_each_error_has_its_status_type_code_and_retry_advice(kind, status, type, code, should_retry):
    """These four are the contract with every client's error handling."""
    error = kind("It broke.")

    told = (error.status, error.type, error.code, error.headers().get("x-should-retry"))

    assert (status, type, code, should_retry) == told


def test_the_table_above_names_every_error_of_the_tree():
    """A new error class needs a line in the table, or nobody has decided what clients see."""
    ours = {kind for kind in subclasses(errors.CmappyError) if kind.__module__ == errors.__name__}

    assert ours == {line[0] for line in TOLD}


def test_the_tree_in_the_docstring_is_the_tree():
    """The picture at the head of the module is what people read first."""
    drawn = {
        (words[0], words[1])
        for line in (errors.__doc__ or "").splitlines()
        if (words := line.replace("├──", "").replace("└──", "").replace("│", "").split())
        and words[0] in dir(errors)
        and len(words) > 1
    }

    assert {(kind.__name__, str(status)) for kind, status, *_ in TOLD} == drawn


def test_body_is_openais_error_object_with_all_four_keys():
    """OpenAI's schema requires message, type, param and code, null or not."""
    error = errors.InvalidRequest("`n` is wrong.", param="n", code="unsupported_value")

    expected = {
        "error": {
            "message": "`n` is wrong.",
            "type": "invalid_request_error",
            "param": "n",
            "code": "unsupported_value",
        }
    }

    assert expected == body(error)


def test_body_says_null_for_what_does_not_apply():
    """An error that is about no parameter says `null`, and keeps its class's code."""
    told = body(errors.CliFailed("It crashed."))

    assert {"message": "It crashed.", "type": "server_error", "param": None, "code": "cli_error"} == told["error"]


@pytest.mark.parametrize(("seconds", "header"), [(15.0, "15"), (0.4, "0"), (-3, "0"), (59.6, "60")])
def test_retry_after_is_a_whole_number_of_seconds(seconds, header):
    """Some clients read an integer only, and none can wait a negative time."""
    assert header == errors.RateLimited("Slow down.", retry_after=seconds).headers()["retry-after"]


def test_no_retry_advice_unless_there_is_some():
    """An error that has no opinion leaves the decision to the client."""
    assert {} == errors.InvalidRequest("No.").headers()


def test_the_message_is_the_text_of_the_exception():
    """Logs show the same sentence that the client gets."""
    assert "It broke." == str(errors.CmappyError("It broke."))
