"""A stream as bytes: server-sent events, exactly framed (HTML standard, "Server-sent events"; SDK: SSEDecoder).

Every API that streams shares these checks: `registry.adopt` registers them for its kind of stream.
"""

from __future__ import annotations

from conformance.common.exchange import MISSING
from conformance.common.observed import Events
from conformance.common.registry import MUST, SHOULD, shared

_FIELDS = ["data", "event", "id", "retry"]


@shared("events.status", MUST)
def status(stream: Events) -> None:
    """API reference, "Streaming": a stream that begins well has status 200."""
    assert 200 == stream.exchange.status, stream.exchange.text


@shared("events.content-type", MUST)
def content_type(stream: Events) -> None:
    """HTML standard: an event stream is `text/event-stream`; browsers and many clients refuse anything else."""
    assert "text/event-stream" == stream.header("content-type").partition(";")[0].strip().lower()


@shared("events.no-cache", SHOULD)
def no_cache(stream: Events) -> None:
    """Proxies may keep a stream back unless `cache-control` says `no-cache` or `no-store`."""
    assert any(word in stream.header("cache-control") for word in ("no-cache", "no-store")), "a cache may keep it"


@shared("events.not-compressed", SHOULD)
def not_compressed(stream: Events) -> None:
    """A compressed stream arrives in blocks: the compressor holds text back."""
    assert stream.header("content-encoding") in ("", "identity")


@shared("events.request-id", SHOULD)
def request_id(stream: Events) -> None:
    """API reference, "Debugging requests": `x-request-id` names the request, streamed or not."""
    assert stream.header("x-request-id"), "no `x-request-id` header"


@shared("events.utf-8", MUST)
def is_utf8(stream: Events) -> None:
    """HTML standard: event streams are UTF-8; the SDK raises UnicodeDecodeError on anything else."""
    assert "\ufffd" not in stream.exchange.body.decode("utf-8", "replace"), "there are bytes that are not UTF-8"


@shared("events.no-mark", MUST)
def no_mark(stream: Events) -> None:
    """A byte order mark makes the SDK lose the first event."""
    assert not stream.exchange.body.startswith(b"\xef\xbb\xbf"), "the stream begins with a byte order mark"


@shared("events.whole", MUST)
def whole(stream: Events) -> None:
    """HTML standard: a blank line ends an event; one that it does not follow is dropped, and its text is lost."""
    assert [] == [block.lines for block in stream.blocks if not block.whole]


@shared("events.not-cut", MUST)
def not_cut(stream: Events) -> None:
    """HTTP: the body ends as its framing says; if not, the SDK raises APIConnectionError."""
    assert not stream.exchange.cut, "the connection ended in the middle of the body"


@shared("events.known-fields", MUST)
def known_fields(stream: Events) -> None:
    """HTML standard: lines are comments or the fields data, event, id, retry; anything else is ignored, and so lost."""
    assert [] == [name for block in stream.blocks for name, _ in block.fields if name not in _FIELDS]


@shared("events.data", MUST)
def have_data(stream: Events) -> None:
    """An event without data, such as `event: ping`, raises JSONDecodeError in the SDKs; use a comment to keep alive."""
    assert [] == [block.lines for block in stream.blocks if not block.is_comment and not block.data]


@shared("events.one-line", SHOULD)
def on_one_line(stream: Events) -> None:
    """OpenAI sends each chunk as one `data:` line, and many clients split the stream by lines."""
    assert [] == [block.lines for block in stream.blocks if len(block.fields) > 1]


@shared("events.json", MUST)
def are_json(stream: Events) -> None:
    """API reference, "Streaming": each event is a JSON object, or `[DONE]`."""
    assert [] == [said for said in stream.payloads if not isinstance(said, dict)]


@shared("events.no-error", MUST)
def no_error(stream: Events) -> None:
    """SDK: an event with `error` raises APIError; an answer that ended well has none."""
    assert [] == [said["error"] for said in stream.payloads if isinstance(said, dict) and said.get("error", MISSING)]


@shared("events.done", MUST)
def done(stream: Events) -> None:
    """API reference: the stream is terminated by a `data: [DONE]` message."""
    assert 1 == stream.data.count("[DONE]")


@shared("events.done-last", MUST)
def done_last(stream: Events) -> None:
    """SDK: nothing after `[DONE]` is read."""
    assert "[DONE]" == stream.data[-1]
