"""What a program sees that uses the official SDK."""

from __future__ import annotations

from conformance.common.registry import MUST, check
from conformance.completions.subjects.sdk import Live, Reading


@check("completions.sdk.accepts", MUST)
def accepts(reading: Reading) -> None:
    """openai-python gives the completion, whole and streamed, sync and async."""
    assert reading.loose.failed_with is None, reading.loose.why


@check("completions.sdk.validates", MUST)
def validates(reading: Reading) -> None:
    """openai-python with `_strict_response_validation=True`: a whole completion is valid by the SDK's own models."""
    assert reading.strict.failed_with is None, reading.strict.why


@check("completions.sdk.content", MUST, "has-content")
def content(reading: Reading) -> None:
    """`choices[0].text`, or the sum of it, is the text of the answer."""
    assert reading.expect.content == reading.told.text


@check("completions.sdk.finish-reason", MUST)
def finish_reason(reading: Reading) -> None:
    """`finish_reason` is what the model's end calls for."""
    assert reading.expect.finish_reason in (None, reading.told.finish_reason)


@check("completions.sdk.live", MUST)
def live(reading: Live) -> None:
    """openai-python against the server itself, sync and async: the completion comes without an error."""
    assert reading.strict.failed_with is None, reading.strict.why
