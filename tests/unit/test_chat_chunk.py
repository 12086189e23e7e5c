"""The exact bytes that a client receives, checked also against the official SDK's own models."""

import orjson
import pytest
from openai.types.chat import ChatCompletionChunk

from cmappy.faces.chat.chunk import Chunk, Head, Usage

HEAD = Head("chatcmpl-1", 7, "claude-x")
USAGE = Usage(10, 3, cached_tokens=4, cache_write_tokens=2, reasoning_tokens=1)

CHUNKS = [
    Chunk(HEAD, {"role": "assistant", "content": ""}),
    Chunk(HEAD, {"content": "Hé\u2028llo 😀"}),
    Chunk(
        HEAD, {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]}
    ),
    Chunk(HEAD, {}, "stop"),
    Chunk(HEAD, usage=USAGE),
]


def data(event):
    """Return the JSON of a server-sent event."""
    return orjson.loads(event.removeprefix(b"data: ").removesuffix(b"\n\n"))


def test_chunk_is_one_server_sent_event():
    """Exactly these bytes: `data: `, one line of JSON, an empty line."""
    expected = (
        b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"claude-x","choices":'
        b'[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}\n\n'
    )

    assert expected == Chunk(HEAD, {"content": "Hi"}).encode()


@pytest.mark.parametrize("with_usage", [False, True])
@pytest.mark.parametrize("chunk", CHUNKS, ids=["role", "text", "call", "finish", "usage"])
def test_chunks_are_valid_for_the_sdk(chunk, with_usage):
    """The SDK's own model accepts every chunk."""
    event = data(chunk.encode(with_usage=with_usage))

    assert "chat.completion.chunk" == ChatCompletionChunk.model_validate(event, strict=True).object


@pytest.mark.parametrize("chunk", CHUNKS, ids=["role", "text", "call", "finish", "usage"])
def test_event_is_one_line(chunk):
    """A line break inside would end the event."""
    assert 2 == chunk.encode().count(b"\n")


def test_usage_chunk_has_no_choices():
    """Clients count a usage that comes beside a choice twice."""
    assert [] == data(CHUNKS[-1].encode(with_usage=True))["choices"]


def test_chunks_before_the_last_say_that_usage_is_null_when_it_was_asked_for():
    """So does OpenAI; without the question the key is not there at all."""
    asked, not_asked = data(CHUNKS[0].encode(with_usage=True)), data(CHUNKS[0].encode())

    assert (None, False) == (asked["usage"], "usage" in not_asked)


def test_usage_adds_up():
    """The total is of prompt and completion; cache and reasoning are parts of them."""
    expected = {
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }

    assert expected == USAGE.json()
