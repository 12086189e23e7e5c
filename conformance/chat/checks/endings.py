"""Why an answer ended: it was complete, cut by a limit, by a stop sequence, or by a filter."""

from __future__ import annotations

from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.stream import Stream
from conformance.common.exchange import Json
from conformance.common.registry import MUST, check


@check("ending.stop", MUST, "ends-stop")
def stop(answer: Plain) -> None:
    """API reference: `finish_reason` is `stop` if the model came to a natural end or to a stop sequence."""
    assert "stop" == answer.pick("choices", 0, "finish_reason")


@check("ending.length", MUST, "ends-length")
def length(answer: Plain) -> None:
    """API reference: `length` if the number of tokens that the request allows was reached."""
    assert "length" == answer.pick("choices", 0, "finish_reason")


@check("ending.content-filter", MUST, "ends-content_filter")
def content_filter(answer: Plain) -> None:
    """API reference: `content_filter` if content was left out because of a filter; a model's refusal counts as one."""
    assert "content_filter" == answer.pick("choices", 0, "finish_reason")


@check("ending.tool-calls", MUST, "ends-tool_calls")
def tool_calls(answer: Plain) -> None:
    """API reference: `tool_calls` if the model called a tool; agents run tools only then."""
    assert "tool_calls" == answer.pick("choices", 0, "finish_reason")


@check("ending.stream-stop", MUST, "ends-stop")
def stream_stop(stream: Stream) -> None:
    """A stream ends for the same reason as the plain answer: `stop`."""
    assert "stop" == _last(stream)


@check("ending.stream-length", MUST, "ends-length")
def stream_length(stream: Stream) -> None:
    """A stream ends for the same reason as the plain answer: `length`."""
    assert "length" == _last(stream)


@check("ending.stream-content-filter", MUST, "ends-content_filter")
def stream_content_filter(stream: Stream) -> None:
    """A stream ends for the same reason as the plain answer: `content_filter`."""
    assert "content_filter" == _last(stream)


@check("ending.stream-tool-calls", MUST, "ends-tool_calls")
def stream_tool_calls(stream: Stream) -> None:
    """A stream ends for the same reason as the plain answer: `tool_calls`."""
    assert "tool_calls" == _last(stream)


@check("stop.hidden", MUST, "stop")
def hidden(answer: Plain) -> None:
    """API reference, `stop`: the returned text will not contain the stop sequence."""
    assert [] == _shown(answer.exchange.request, answer.message("content"))


@check("stop.stream-hidden", MUST, "stop")
def stream_hidden(stream: Stream) -> None:
    """API reference, `stop`: the text will not contain the stop sequence, however the pieces are divided."""
    assert [] == _shown(stream.exchange.request, stream.text())


def _last(stream: Stream) -> object:
    return next((choice["finish_reason"] for choice in reversed(stream.choices) if choice.get("finish_reason")), None)


def _shown(request: Json, text: object) -> list[str]:
    """Return the stop sequences that a text contains."""
    stops = request.get("stop") or []
    return [stop for stop in ([stops] if isinstance(stops, str) else stops) if stop in str(text)]
