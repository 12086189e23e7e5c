"""Answers that the CLI gets without a stream, in a second try of its own, are as good as those that come in pieces."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "Hello"}
NO_STREAMS = {"status": 404, "error": {"type": "not_found_error", "message": "no streams here"}}
TOOLS = [{"type": "function", "function": {"name": "get_time"}}]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}


def text(said):
    """Return a text block."""
    return {"type": "text", "text": said}


def use(name, number=1):
    """Return a call."""
    return {"type": "tool_use", "id": f"toolu_{number}x", "name": name, "input": {"city": "Oslo"}}


ANSWERS = {
    "text": ({"text": "one two"}, {}, {"content": "one two"}, "stop"),
    "blocks": ({"blocks": [text("one "), text("two")]}, {}, {"content": "one two"}, "stop"),
    "thinking": (
        {"blocks": [{"type": "thinking", "thinking": "Hm."}, text("one")]},
        {},
        {"content": "one", "reasoning_content": "Hm."},
        "stop",
    ),
    "stop": ({"text": "one two"}, {"stop": [" t"]}, {"content": "one"}, "stop"),
    "limit": ({"text": "one two", "stop_reason": "max_tokens"}, {"max_tokens": 2}, {"content": "one two"}, "length"),
    "refusal": ({"text": "No.", "stop_reason": "refusal"}, {}, {"content": "No."}, "content_filter"),
    "call": ({"blocks": [text("one"), use("get_time")]}, {"tools": TOOLS}, {"content": "one"}, "tool_calls"),
    "calls": (
        {"blocks": [use("get_time", number) for number in range(3)]},
        {"tools": TOOLS},
        {"content": None},
        "tool_calls",
    ),
    "unknown call": ({"blocks": [use("get_tea")]}, {"tools": TOOLS}, {"content": None}, "tool_calls"),
    "schema": (
        {"blocks": [use("StructuredOutput")]},
        {"response_format": SCHEMA},
        {"content": '{"city":"Oslo"}'},
        "stop",
    ),
}


@pytest.mark.parametrize(("answer", "options", "message", "reason"), ANSWERS.values(), ids=ANSWERS)
async def test_answer_without_a_stream_is_whole(ask, upstream, descendants, gone, answer, options, message, reason):
    """Text, thinking, calls and the reason for the end: all of it comes, once, and is followed by no third request."""
    upstream.script(NO_STREAMS, {**answer, "wait": "watched"})
    asked = asyncio.create_task(ask(QUESTION, **options))
    await upstream.received(2)
    processes = descendants()
    upstream.release("watched")
    [choice] = (await asked).choices
    told = choice.message.to_dict()
    called = [block["id"] for block in answer.get("blocks", ()) if block["type"] == "tool_use"]
    calls = [(id, '{"city":"Oslo"}') for id in called if reason == "tool_calls"]
    await gone(processes)

    assert (message, reason) == ({name: told[name] for name in message}, choice.finish_reason)
    assert calls == [(call.id, call.function.arguments) for call in choice.message.tool_calls or ()]
    assert [True, None] == [each.body.get("stream") or None for each in upstream.requests]
