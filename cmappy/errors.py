"""Every way a request can fail, and whose fault it is; each face tells it in its own form.

Status, type and code are those of OpenAI's API, which has a word for most of them:

    CmappyError                      500
    ├── InvalidRequest               400  the client sent something malformed
    │   ├── Unsupported              400  well-formed, but not offered here
    │   ├── PromptTooLong            400  more than the model's context window
    │   ├── Unauthorized             401  the client's own key is missing or wrong
    │   ├── Forbidden                403  not for this host name, or not for this web page
    │   ├── ModelNotFound            404  no such model
    │   ├── RouteNotFound            404  no such URL
    │   ├── NotStored                404  nothing is kept under that id
    │   ├── MethodNotAllowed         405  wrong method for this URL
    │   ├── RequestTimeout           408  the request did not arrive in time
    │   ├── TooLarge                 413  the request exceeds a limit of this server
    │   │   └── HeaderTooLarge       431  its header does
    │   ├── NotJson                  415  the body says that it is something else
    │   └── WebSocketRefused         426  plain HTTP only
    ├── LoginFailed                  401  the CLI is not logged in
    │   └── BillingRefused           401  it is, but with an API key that would be billed
    ├── PermissionRefused            403  the API refuses this account or model
    ├── RateLimited                  429  the API's limit, for a short while
    │   ├── Busy                     429  this server's own limit, for a short while
    │   └── PlanExhausted            429  the subscription's limit, until it is reset
    ├── CliFailed                    502  the CLI crashed or said something unusable
    │   └── FixtureMissing           502  replaying, and no recording answers this turn
    ├── Overloaded                   503  the API has no capacity now
    │   └── UpstreamFailed           503  the API has trouble of another kind
    ├── Stopping                     503  this server is being stopped
    └── TimedOut                     504  the CLI took longer than this server waits
"""

from __future__ import annotations

from typing import ClassVar


class CmappyError(Exception):
    """Something went wrong; `message` says what happened and what to do about it.

    `retry_after` is in seconds. `should_retry` overrides the SDK's own retry rule (header `x-should-retry`);
    None leaves it to the client.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    default_code: ClassVar[str | None] = "internal_error"
    should_retry: ClassVar[bool | None] = None

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message.encode(errors="replace").decode()  # it may quote a header that was not UTF-8
        self.param = param
        self.code = code or self.default_code
        self.retry_after = retry_after

    def headers(self) -> dict[str, str]:
        """Return the retry advice that the official SDKs read from response headers."""
        advice: dict[str, str] = {}
        if self.retry_after is not None:
            advice["retry-after"] = str(max(0, round(self.retry_after)))
        if self.should_retry is not None:
            advice["x-should-retry"] = str(self.should_retry).lower()
        return advice


class InvalidRequest(CmappyError):
    """The client asked for something malformed; retrying cannot help."""

    status, type = 400, "invalid_request_error"
    default_code: ClassVar[str | None] = "invalid_value"


class Unsupported(InvalidRequest):
    """The client asked for something well-formed that this server does not offer."""

    default_code = "unsupported_parameter"


class PromptTooLong(InvalidRequest):
    """The conversation does not fit into the model's context window."""

    default_code = "context_length_exceeded"


class Unauthorized(InvalidRequest):
    """The key that the client sent to this server is missing or wrong."""

    status, default_code = 401, "invalid_api_key"

    def headers(self) -> dict[str, str]:
        """Return the header that HTTP wants in such an answer."""
        return super().headers() | {"www-authenticate": "Bearer"}


class Forbidden(InvalidRequest):
    """The request comes from where this server takes none; no key changes that."""

    status, default_code = 403, "forbidden"


class ModelNotFound(InvalidRequest):
    """Nothing here answers to that model name."""

    status, default_code = 404, "model_not_found"


class RouteNotFound(InvalidRequest):
    """There is nothing at that URL."""

    status, default_code = 404, "unknown_url"


class NotStored(InvalidRequest):
    """Nothing is kept under that id, or not any more, or it is somebody else's."""

    status, default_code = 404, None


class MethodNotAllowed(InvalidRequest):
    """The URL exists, but not for that method."""

    status, default_code = 405, "method_not_allowed"


class RequestTimeout(InvalidRequest):
    """The request did not arrive in time."""

    status, default_code = 408, "request_timeout"


class TooLarge(InvalidRequest):
    """The request exceeds one of this server's limits."""

    status, default_code = 413, "request_too_large"


class HeaderTooLarge(TooLarge):
    """The request's line and headers are longer than this server reads."""

    status, default_code = 431, "header_too_large"


class NotJson(InvalidRequest):
    """The request's body is declared as something else than JSON."""

    status, default_code = 415, "unsupported_media_type"


class WebSocketRefused(InvalidRequest):
    """The client asked for a WebSocket; this status makes it go on with plain HTTP at once."""

    status, default_code = 426, "websocket_not_supported"

    def headers(self) -> dict[str, str]:
        """Return the header that HTTP wants in such an answer."""
        return super().headers() | {"upgrade": "HTTP/1.1"}


class LoginFailed(CmappyError):
    """The CLI has no valid login; only its user can mend that."""

    status, type, default_code, should_retry = 401, "authentication_error", "claude_auth_error", False


class BillingRefused(LoginFailed):
    """The CLI would bill an API key, and nobody has allowed that."""

    default_code = "api_key_refused"

    def __init__(
        self,
        message: str = "The Claude Code CLI would bill an API key for each token. Log in with your subscription "
        "(`claude auth login`), or allow the key with `--allow-api-key`.",
    ) -> None:
        super().__init__(message)


class PermissionRefused(CmappyError):
    """The API does not let this account do that."""

    status, type, default_code, should_retry = 403, "permission_error", "permission_denied", False


class RateLimited(CmappyError):
    """The API refuses further requests for a while."""

    status, type, default_code = 429, "rate_limit_error", "rate_limit_exceeded"


class Busy(RateLimited):
    """As many requests as this server takes are being answered or wait."""

    default_code = "server_busy"


class PlanExhausted(RateLimited):
    """The subscription's plan is used up. `resets_at`, in Unix seconds, is when that ends, if it is known."""

    default_code, should_retry = "usage_limit_reached", False

    def __init__(self, message: str, *, resets_at: int | None = None) -> None:
        super().__init__(message)
        self.resets_at = resets_at


class CliFailed(CmappyError):
    """The CLI crashed, or said something that cannot be used."""

    status, default_code, should_retry = 502, "cli_error", False


class FixtureMissing(CliFailed):
    """No recording answers this turn; replaying never falls through to the CLI."""

    default_code = "fixture_missing"


class Overloaded(CmappyError):
    """The API has no capacity at the moment."""

    status, default_code, should_retry = 503, "overloaded", False


class UpstreamFailed(Overloaded):
    """The API failed by itself; that nobody asked it for something wrong is all that is known."""


class Stopping(CmappyError):
    """The server is being stopped; the next one can be asked again."""

    status, default_code = 503, "server_stopping"


class TimedOut(CmappyError):
    """The CLI took longer than this server is willing to wait."""

    status, default_code, should_retry = 504, "timeout", False
