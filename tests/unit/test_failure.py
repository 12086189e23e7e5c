"""The CLI's reports of failed turns, and the errors they become."""

import pytest

from cmappy import errors
from cmappy.backends.claude.events import Result
from cmappy.backends.claude.failure import failure


def report(**fields):
    """Return a result that reports an error, as the CLI writes it."""
    return Result.model_validate({"subtype": "success", "is_error": True} | fields)


@pytest.mark.parametrize(
    ("fields", "kind", "code", "param"),
    [
        ({"api_error_status": 401}, errors.LoginFailed, "claude_auth_error", None),
        ({"result": "Not logged in · Please run /login"}, errors.LoginFailed, "claude_auth_error", None),
        ({"result": "Invalid API key · Fix external API key"}, errors.LoginFailed, "claude_auth_error", None),
        ({"api_error_status": 400}, errors.InvalidRequest, "upstream_rejected", None),
        ({"api_error_status": 422}, errors.InvalidRequest, "upstream_rejected", None),
        (
            {"api_error_status": 400, "terminal_reason": "prompt_too_long"},
            errors.PromptTooLong,
            "context_length_exceeded",
            "messages",
        ),
        ({"terminal_reason": "blocking_limit"}, errors.PromptTooLong, "context_length_exceeded", "messages"),
        ({"api_error_status": 403}, errors.PermissionRefused, "permission_denied", None),
        ({"api_error_status": 404}, errors.ModelNotFound, "model_not_found", "model"),
        ({"api_error_status": 413}, errors.TooLarge, "request_too_large", "messages"),
        ({"api_error_status": 429}, errors.RateLimited, "rate_limit_exceeded", None),
        ({"api_error_status": 500}, errors.UpstreamFailed, "overloaded", None),
        ({"api_error_status": 529}, errors.Overloaded, "overloaded", None),
        ({"terminal_reason": "api_error"}, errors.CliFailed, "upstream_error", None),
        ({"subtype": "error_during_execution"}, errors.CliFailed, "cli_error", None),
        ({"api_error_status": 418}, errors.CliFailed, "cli_error", None),
    ],
)
def test_each_report_has_its_error(fields, kind, code, param):
    """The HTTP status that the API gave decides, then what the CLI says of the end."""
    error = failure(report(**fields))

    assert (kind, code, param) == (type(error), error.code, error.param)


def test_the_message_carries_what_the_cli_said():
    """The reason is in the CLI's words; nobody can mend what he is not told."""
    assert "Prompt is too long" in failure(report(api_error_status=400, result="Prompt is too long")).message


def test_a_list_of_errors_is_as_good_as_a_result_text():
    """A run that was cut short has no `result`, but `errors`."""
    assert failure(report(errors=("first", "second"))).message.endswith("first second")


def test_a_report_without_any_text_names_its_subtype():
    """Even the barest report says what kind it was."""
    assert failure(report(subtype="error_max_turns")).message.endswith("error_max_turns")


def test_a_report_without_anything_says_so():
    """An empty report must not end in an empty sentence."""
    assert failure(report(subtype="")).message.endswith("no details")


def test_a_long_report_is_cut():
    """The CLI sometimes quotes a whole page of the API's answer."""
    assert len(failure(report(api_error_status=500, result="x" * 100_000)).message) < 1_000


def test_a_failed_login_names_the_commands_that_mend_it():
    """Whoever reads the error has a terminal and can run one of them."""
    message = failure(report(api_error_status=401, result="Not logged in")).message

    assert {"claude auth login", "claude setup-token"} == {
        command for command in ("claude auth login", "claude setup-token") if f"`{command}`" in message
    }


def test_a_rate_limit_says_when_to_come_back():
    """The CLI has already tried again; a client that tries at once wastes its try."""
    assert "15" == failure(report(api_error_status=429)).headers()["retry-after"]
