"""A plain answer as the fold of a stream's chunks, checked against the official SDK's own models."""

import pytest
from openai.types.chat import ChatCompletion

from cmappy.faces.chat.chunk import Chunk, Head, Usage
from cmappy.faces.chat.fold import Fold

HEAD = Head("chatcmpl-1", 7, "claude-x")


def answer(*deltas, finish_reason="stop"):
    """Return the completion for these deltas."""
    chunks = [Chunk(HEAD, {"role": "assistant", "content": ""}), *(Chunk(HEAD, delta) for delta in deltas)]
    fold = Fold()
    for chunk in (*chunks, Chunk(HEAD, {}, finish_reason), Chunk(HEAD, usage=Usage(3, 2))):
        fold.add(chunk)
    return fold.whole()


def call(index, **fields):
    """Return the delta of a call."""
    return {"tool_calls": [{"index": index} | fields]}


TWO_CALLS = (
    call(0, id="a", type="function", function={"name": "f", "arguments": ""}),
    call(0, function={"arguments": '{"x"'}),
    call(0, function={"arguments": ":1}"}),
    call(1, id="b", type="function", function={"name": "g", "arguments": "{}"}),
)


def test_text_is_joined():
    """The whole object, as OpenAI's schema wants it."""
    expected = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 7,
        "model": "claude-x",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": Usage(3, 2).json(),
    }

    assert expected == answer({"content": "Hel"}, {"content": "lo"})


@pytest.mark.parametrize(
    ("deltas", "finish_reason"),
    [
        ((), "stop"),
        (({"content": "Hi"},), "length"),
        (({"reasoning_content": "hm"}, {"content": "Hi"}), "content_filter"),
        (TWO_CALLS, "tool_calls"),
        (({"function_call": {"name": "f", "arguments": "{}"}},), "function_call"),
    ],
    ids=["nothing", "text", "reasoning", "calls", "function"],
)
def test_answers_are_valid_for_the_sdk(deltas, finish_reason):
    """The SDK's own model accepts every kind of answer."""
    completion = ChatCompletion.model_validate(answer(*deltas, finish_reason=finish_reason), strict=True)

    assert finish_reason == completion.choices[0].finish_reason


def test_reasoning_is_joined_apart_from_the_text():
    """It is a field of its own."""
    message = answer({"reasoning_content": "h"}, {"reasoning_content": "m"}, {"content": "Hi"})["choices"][0]["message"]

    assert ("hm", "Hi") == (message["reasoning_content"], message["content"])


def test_calls_are_put_together_by_their_index():
    """The index is of the stream; the list of a plain answer has its own order."""
    expected = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]

    assert expected == answer(*TWO_CALLS, finish_reason="tool_calls")["choices"][0]["message"]["tool_calls"]


@pytest.mark.parametrize(
    ("deltas", "finish_reason", "content"),
    [
        (TWO_CALLS, "tool_calls", None),
        (({"content": "Let me see."}, *TWO_CALLS), "tool_calls", "Let me see."),
        ((), "stop", ""),
    ],
    ids=["calls only", "text and calls", "nothing at all"],
)
def test_content_is_null_beside_calls_only(deltas, finish_reason, content):
    """As OpenAI does; an empty answer is an empty text."""
    assert content == answer(*deltas, finish_reason=finish_reason)["choices"][0]["message"]["content"]


def test_message_without_calls_has_no_key_for_them():
    """An empty list would make agents look for calls."""
    assert "tool_calls" not in answer({"content": "Hi"})["choices"][0]["message"]
