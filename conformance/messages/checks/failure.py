"""Errors as Anthropic's SDK reads them (API reference, "Errors"; anthropic-python README, "Handling errors")."""

from __future__ import annotations

import re

import anthropic

from conformance.common.exchange import is_text
from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.subjects.failure import CLASSES, Failure

_TYPES = {
    *("invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error"),
    *("request_too_large", "rate_limit_error", "timeout_error", "api_error", "overloaded_error", "conflict_error"),
}
_LEAKS = re.compile(r"Traceback|File \"|/home/|/root/|site-packages|\.py\b|pydantic|node_modules")
_LONGEST = 600  # seconds; the SDK sleeps for as long as it is told


@check("messages.failure.status", MUST)
def status(failure: Failure) -> None:
    """API reference, "HTTP errors": the status says whose fault it is; 5xx, whichever, is no fault of the client's."""
    told, due = failure.exchange.status, failure.expect.status
    fits = told == due or (told >= 500 and due >= 500)

    assert fits, f"status {told} instead of {due}: {failure.exchange.text}"


@check("messages.failure.content-type", MUST)
def content_type(failure: Failure) -> None:
    """API reference: errors are always returned as JSON, also where a stream was asked for: it has not begun."""
    assert "application/json" == failure.header("content-type").partition(";")[0].strip().lower()


@check("messages.failure.envelope", MUST)
def envelope(failure: Failure) -> None:
    """API reference, "Error shapes": a top-level `type` of `error`, and an `error` object."""
    assert ("error", True) == (failure.says("type"), isinstance(failure.says("error"), dict))


@check("messages.failure.type", MUST)
def kind(failure: Failure) -> None:
    """API reference, "Error shapes": `error.type` is one of the API's names; programs decide by it."""
    assert failure.says("error", "type") in _TYPES


@check("messages.failure.type-fits", MUST, "has-type")
def type_fits(failure: Failure) -> None:
    """API reference, "HTTP errors": each status has its type: 404 is not_found_error, 529 is overloaded_error."""
    assert failure.expect.code == failure.says("error", "type")


@check("messages.failure.message", MUST)
def message(failure: Failure) -> None:
    """API reference: `error.message` is what a program's user gets to read."""
    assert is_text(failure.says("error", "message")), f"`message` is {failure.says('error', 'message')!r}"


@check("messages.failure.request-id", SHOULD)
def request_id(failure: Failure) -> None:
    """API reference, "Request id": the header `request-id` names what failed; the body has it too."""
    assert failure.header("request-id"), "no `request-id` header"
    assert failure.header("request-id") == failure.says("request_id")


@check("messages.failure.no-leak", SHOULD)
def no_leak(failure: Failure) -> None:
    """What goes wrong inside is not the client's business: no traceback, no path, no library's name."""
    assert [] == _LEAKS.findall(failure.exchange.text)


@check("messages.failure.retry-after", MUST)
def retry_after(failure: Failure) -> None:
    """SDK: it sleeps through any `retry-after`; where that is long, `x-should-retry: false` has to go with it."""
    told = failure.header("retry-after")

    assert re.fullmatch(r"\d*", told), told
    assert int(told or 0) <= _LONGEST or failure.header("x-should-retry") == "false", f"the SDK would sleep {told} s"


@check("messages.failure.should-retry", MUST)
def should_retry(failure: Failure) -> None:
    """SDK: `x-should-retry` is `true` or `false`, and wins over the status."""
    assert failure.header("x-should-retry") in ("", "true", "false")


@check("messages.failure.not-repeated", MUST)
def not_repeated(failure: Failure) -> None:
    """SDK: what the client got wrong is not sent again; a repetition would fail, and cost, as much."""
    assert failure.is_repeated or failure.outcome.attempts == 1, f"sent {failure.outcome.attempts} times"


@check("messages.failure.sdk-class", MUST)
def sdk_class(failure: Failure) -> None:
    """anthropic-python README: each status has its error class, which programs catch."""
    status = failure.expect.status
    due = CLASSES.get(status, "InternalServerError" if status >= 500 else "APIStatusError")

    assert isinstance(failure.outcome.error, getattr(anthropic, due)), f"{failure.outcome.why} is no {due}"


@check("messages.failure.sdk-body", MUST)
def sdk_body(failure: Failure) -> None:
    """SDK: the exception's `body` is the envelope, for programs to decide by."""
    assert failure.body == getattr(failure.outcome.error, "body", None)
