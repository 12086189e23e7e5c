"""Errors as the SDK reads them (API reference, "Error codes"; openai-python README, "Handling errors", "Retries").

Every API of OpenAI's shares the kind of subject and these checks: `registry.adopt` registers them.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, ClassVar

from conformance.common.exchange import MISSING, Exchange, Json, Missing, Unreadable, is_text, pick
from conformance.common.faces import Faces, Outcome
from conformance.common.observed import Observed
from conformance.common.registry import MUST, SHOULD, shared

_FIELDS = {"message", "type", "param", "code"}
_LEAKS = re.compile(r"Traceback|File \"|/home/|/root/|site-packages|\.py\b|pydantic|node_modules")

# Statuses for which the SDK has an error class of its own ("Error codes" of the API reference, openai-python README).
_CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
_REPEATED = {408, 409, 429}  # and all from 500 on: the SDK sends the request again by itself


class Failure(Observed):
    """A request that was answered with an error; `faces` are those of the API's SDK, of which `create` is one."""

    faces: ClassVar[Faces]

    @property
    def refused(self) -> bool:
        """A refusal is what is asked for here."""
        return False

    @cached_property
    def error(self) -> Json:
        """The error object."""
        error = pick(self.exchange.json(), "error")
        if not isinstance(error, dict):
            raise Unreadable(f"status {self.exchange.status} without an `error` object: {self.exchange.text!r}")
        return error

    def says(self, key: str) -> Any:
        """Return a field of the error object, or MISSING."""
        return pick(self.error, key)

    @cached_property
    def outcome(self) -> Outcome:
        """What the SDK makes of it, with its two retries."""
        return self.faces.read(_patiently(self.exchange), "create", retries=2)

    @property
    def is_repeated(self) -> bool:
        """Whether the SDK repeats such a request unless it is told not to."""
        return self.exchange.status in _REPEATED or self.exchange.status >= 500


@shared("failure.status", MUST)
def status(failure: Failure) -> None:
    """API reference, "Error codes": the status says whose fault it is; 5xx, whichever, is no fault of the client's."""
    told, due = failure.exchange.status, failure.expect.status
    fits = told == due or (told >= 500 and due >= 500)

    assert fits, f"status {told} instead of {due}: {failure.exchange.text}"


@shared("failure.content-type", MUST)
def content_type(failure: Failure) -> None:
    """An error is JSON, also where a stream was asked for: the stream has not begun."""
    assert "application/json" == failure.header("content-type").partition(";")[0].strip().lower()


@shared("failure.object", MUST)
def error_object(failure: Failure) -> None:
    """SDK: the details are read from the object `error` of the body."""
    assert isinstance(pick(failure.exchange.json(), "error"), dict), failure.exchange.text


@shared("failure.fields", SHOULD)
def fields(failure: Failure) -> None:
    """OpenAI's OpenAPI document: an error object has message, type, param and code."""
    assert set() == _FIELDS - failure.error.keys()


@shared("failure.message", MUST)
def message(failure: Failure) -> None:
    """SDK: `message` is what a program's user gets to read."""
    assert is_text(failure.says("message")), f"`message` is {failure.says('message')!r}"


@shared("failure.type", MUST)
def kind(failure: Failure) -> None:
    """OpenAI's OpenAPI document: `type` is a string, such as invalid_request_error."""
    assert is_text(failure.says("type")), f"`type` is {failure.says('type')!r}"


@shared("failure.type-fits", SHOULD, "malformed")
def type_fits(failure: Failure) -> None:
    """API reference: a request that cannot be right has the type `invalid_request_error`."""
    assert "invalid_request_error" == failure.says("type")


@shared("failure.code", MUST)
def code(failure: Failure) -> None:
    """OpenAI's OpenAPI document: `code` is a string or null; a number breaks typed clients."""
    assert isinstance(failure.says("code"), str | None | Missing), f"`code` is {failure.says('code')!r}"


@shared("failure.code-fits", SHOULD, "has-code")
def code_fits(failure: Failure) -> None:
    """Programs decide by OpenAI's codes: context_length_exceeded, model_not_found, rate_limit_exceeded, ..."""
    assert failure.expect.code == failure.says("code")


@shared("failure.param", MUST)
def param(failure: Failure) -> None:
    """OpenAI's OpenAPI document: `param` is a string or null."""
    assert isinstance(failure.says("param"), str | None | Missing), f"`param` is {failure.says('param')!r}"


@shared("failure.param-fits", SHOULD, "has-param")
def param_fits(failure: Failure) -> None:
    """API reference: `param` names what is wrong, as a path such as messages[0].role, or a deeper one."""
    assert str(failure.says("param")).startswith(failure.expect.param or ""), f"`param` is {failure.says('param')!r}"


@shared("failure.no-leak", SHOULD)
def no_leak(failure: Failure) -> None:
    """What goes wrong inside is not the client's business: no traceback, no path, no library's name."""
    assert [] == _LEAKS.findall(failure.exchange.text)


@shared("failure.request-id", SHOULD)
def request_id(failure: Failure) -> None:
    """API reference, "Debugging requests": `x-request-id` is most wanted where something failed."""
    assert failure.header("x-request-id"), "no `x-request-id` header"


@shared("failure.retry-after", MUST)
def retry_after(failure: Failure) -> None:
    """SDK: `retry-after` is a number of seconds; Zed and others take whole ones alone."""
    assert re.fullmatch(r"\d*", failure.header("retry-after")), failure.header("retry-after")


@shared("failure.says-when", SHOULD)
def says_when(failure: Failure) -> None:
    """API reference, "Rate limits": after 429 a client needs to know when to come again."""
    assert failure.exchange.status != 429 or failure.header("retry-after"), "no `retry-after` header"


@shared("failure.should-retry", MUST)
def should_retry(failure: Failure) -> None:
    """SDK: `x-should-retry` is `true` or `false`, and wins over the status."""
    assert failure.header("x-should-retry") in ("", "true", "false")


@shared("failure.not-repeated", MUST)
def not_repeated(failure: Failure) -> None:
    """SDK: what the client got wrong is not sent again; a repetition would fail, and cost, as much."""
    assert failure.is_repeated or failure.outcome.attempts == 1, f"sent {failure.outcome.attempts} times"


@shared("failure.sdk-class", MUST)
def sdk_class(failure: Failure) -> None:
    """openai-python README: each status has its error class, which programs catch."""
    assert _class_name(failure.expect.status) == type(failure.outcome.error).__name__


@shared("failure.sdk-fields", MUST)
def sdk_fields(failure: Failure) -> None:
    """SDK: `error.code`, `error.param` and `error.type` are the server's, for programs to decide by."""
    seen = [getattr(failure.outcome.error, name, MISSING) for name in ("code", "param", "type")]

    assert [failure.error.get(name) for name in ("code", "param", "type")] == seen


def _class_name(status: int) -> str:
    """Return the SDK's error class for a status."""
    return _CLASSES.get(status, "InternalServerError" if status >= 500 else "APIStatusError")


def _patiently(exchange: Exchange) -> Exchange:
    """Return the same answer without the pause that the SDK would make before a retry."""
    headers = {name: value for name, value in exchange.headers.items() if name != "retry-after"}
    return Exchange(exchange.request, exchange.status, headers | {"retry-after-ms": "1"}, exchange.pieces)
