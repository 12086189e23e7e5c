"""The CLI's report of a failed turn becomes the error that the client sees (pure)."""

from __future__ import annotations

from cmappy import errors
from cmappy.backends.claude.events import RateLimit, Result

_RETRY_AFTER = 15.0  # seconds; the CLI has already waited and tried again, and does not pass on the API's own advice
_LONGEST_MESSAGE = 500  # characters


def failure(result: Result, limit: RateLimit | None = None) -> errors.CmappyError:
    """Return the error for a result that reports one; `limit` is what the CLI has said of the plan's limits."""
    said = (result.result or " ".join(result.errors)).strip()[:_LONGEST_MESSAGE]
    if result.terminal_reason in {"prompt_too_long", "blocking_limit"}:
        return errors.PromptTooLong(
            "The prompt is too long: this model's maximum context length is exceeded. Shorten the conversation and "
            f"try again. ({said})",  # clients look for these words: LangChain, LiteLLM, coding agents
            param="messages",
        )
    match result.api_error_status:
        case 401:
            return _login_failed(said)
        case None if said.startswith(("Not logged in", "Invalid API key")):
            return _login_failed(said)
        case 400 | 422:
            return errors.InvalidRequest(f"The API refused the request: {said}", code="upstream_rejected")
        case 403:
            return errors.PermissionRefused(f"The API does not allow this: {said}")
        case 404:
            return errors.ModelNotFound(f"The API does not know this model: {said}", param="model")
        case 413:
            return errors.TooLarge(f"The API found the request too large: {said}", param="messages")
        # A limit that is not the plan's is reported as rejected too, but never resets.
        case 429 if limit and limit.status == "rejected" and limit.resets_at:
            return errors.PlanExhausted(f"The subscription's limit is reached: {said}", resets_at=limit.resets_at)
        case 429:
            return errors.RateLimited(f"The API's rate limit is reached: {said}", retry_after=_RETRY_AFTER)
        case 529:
            return errors.Overloaded(f"The API has trouble at the moment: {said}")
        case int(status) if status >= 500:
            return errors.UpstreamFailed(f"The API has trouble at the moment: {said}")
    if result.terminal_reason == "api_error":
        return errors.CliFailed(f"The connection to the API failed: {said}", code="upstream_error")
    return errors.CliFailed(f"The Claude Code CLI reported an error: {said or result.subtype or 'no details'}")


def _login_failed(said: str) -> errors.LoginFailed:
    return errors.LoginFailed(
        f"The Claude Code CLI is not logged in ({said}). Run `claude auth login`, or set CLAUDE_CODE_OAUTH_TOKEN to a "
        "token made by `claude setup-token` and start cmappy again."
    )
