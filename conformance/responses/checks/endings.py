"""Why an answer ended: it was complete, cut by a limit, or by a filter."""

from __future__ import annotations

from conformance.common.registry import MUST, check
from conformance.responses.subjects.answer import Plain, Response
from conformance.responses.subjects.stream import Stream


@check("responses.ending.completed", MUST, "ends-completed")
def completed(answer: Plain) -> None:
    """API reference: `status` is `completed` where the model came to its end, or called tools."""
    assert "completed" == answer.response.ending


@check("responses.ending.max-output-tokens", MUST, "ends-max_output_tokens")
def max_output_tokens(answer: Plain) -> None:
    """API reference: `incomplete`, for the reason `max_output_tokens`, if the limit was reached."""
    assert "max_output_tokens" == answer.response.ending


@check("responses.ending.content-filter", MUST, "ends-content_filter")
def content_filter(answer: Plain) -> None:
    """A refusal is told as one: a `refusal` part, or `incomplete` for the reason `content_filter`."""
    assert _is_refusal(answer.response), f"it ended as {answer.response.ending!r}"


@check("responses.ending.stream-completed", MUST, "ends-completed")
def stream_completed(stream: Stream) -> None:
    """A stream ends as the plain answer does: `completed`."""
    assert "completed" == stream.response.ending


@check("responses.ending.stream-max-output-tokens", MUST, "ends-max_output_tokens")
def stream_max_output_tokens(stream: Stream) -> None:
    """A stream ends as the plain answer does: `max_output_tokens`."""
    assert "max_output_tokens" == stream.response.ending


@check("responses.ending.stream-content-filter", MUST, "ends-content_filter")
def stream_content_filter(stream: Stream) -> None:
    """A stream tells a refusal as the plain answer does."""
    assert _is_refusal(stream.response), f"it ended as {stream.response.ending!r}"


def _is_refusal(response: Response) -> bool:
    return response.ending == "content_filter" or bool(response.refusal)
