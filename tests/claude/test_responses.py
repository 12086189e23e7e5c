"""The Responses API in front of the real CLI: what arrives of each conversation, and what the store makes of the next.

`corpus/responses/conversations.json` holds the conversations, in the form of the other corpora.
"""

import json
from pathlib import Path

import pytest
from openai import NotFoundError

from tests.claude.test_corpus import by_name, whole

pytestmark = pytest.mark.anyio

CORPUS = json.loads((Path(__file__).parent / "corpus" / "responses" / "conversations.json").read_bytes())
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
CALL = {
    "blocks": [
        {"type": "thinking", "thinking": "The weather is needed.", "signature": "c2lnbmVk"},
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "name": "get_weather", "input": {"city": "Oslo"}},
    ]
}


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server with a process in reserve, which keeps no conversation: each turn is told in full."""
    async with serve(folder, warm=1) as running:
        yield running


@pytest.mark.parametrize("conversation", CORPUS.values(), ids=CORPUS)
async def test_conversation_arrives_block_for_block(client, arrived, conversation):
    """What the client sent is what the API receives: roles, blocks, bytes and order."""
    response = await client.responses.create(model="sonnet", **conversation["request"])

    got = arrived()
    assert ("completed", "Hello from the stub.") == (response.status, response.output_text)
    assert list(map(whole, conversation["messages"])) == got.messages
    assert [conversation["system"]] * bool(conversation["system"]) == got.system
    assert by_name(conversation.get("tools", ())) == by_name(got.body["tools"])


def test_corpus_is_large_enough_to_mean_something():
    """An empty file would prove nothing."""
    assert len(CORPUS) >= 25


def output(response):
    """Return the output of the only call in a response."""
    [call] = [item for item in response.output if item.type == "function_call"]
    return {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}


@pytest.mark.parametrize("manner", ["previous", "reference", "resent"])
async def test_a_conversation_is_continued_in_three_manners(client, upstream, manner):
    """By the id of the response, by references to its items, and with all of it: the API is asked the same."""
    upstream.script(CALL, {"text": "It rains."})
    first = await client.responses.create(
        model="sonnet", input="Weather?", tools=[WEATHER], include=["reasoning.encrypted_content"]
    )
    begin = {"role": "user", "content": "Weather?"}
    more = {
        "previous": {"input": [output(first)], "previous_response_id": first.id},
        "reference": {
            "input": [begin, *({"type": "item_reference", "id": item.id} for item in first.output), output(first)]
        },
        "resent": {
            "input": [begin, *(item.model_dump(exclude_none=True, mode="json") for item in first.output), output(first)]
        },
    }[manner]
    second = await client.responses.create(model="sonnet", tools=[WEATHER], **more)

    assert "It rains." == second.output_text
    _, last = upstream.messages_requests
    _, answer, result = [message for message in last.body["messages"] if message["role"] != "system"]
    thinking, text, call = answer["content"]
    assert ("The weather is needed.", "c2lnbmVk") == (thinking["thinking"], thinking["signature"])
    assert ("Let me see.", {"city": "Oslo"}) == (text["text"], call["input"])
    assert ("tool_result", call["id"]) == (result["content"][0]["type"], result["content"][0]["tool_use_id"])


async def test_a_deleted_response_is_gone(client, upstream):
    """And nothing is asked upstream when a client refers to it."""
    response = await client.responses.create(model="sonnet", input="Hello")
    assert response.output == (await client.responses.retrieve(response.id)).output
    await client.responses.delete(response.id)

    with pytest.raises(NotFoundError):
        await client.responses.retrieve(response.id)
    assert 1 == len(upstream.messages_requests)
