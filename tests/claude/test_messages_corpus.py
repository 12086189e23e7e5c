"""Conversations of the Messages API, and what arrives of each at the API: block for block what the client sent.

`corpus/messages/<family>.json` holds them by name: `about`, the client's `request` and `headers`, and what must arrive:
`messages` and `tools`, which are the request's own unless told, `system`, the fields in `body`, none of those in
`absent`, the `betas`, and so many `marks` for the cache as the client has set.
"""

import json
from pathlib import Path

import anthropic
import pytest

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "corpus" / "messages"
CORPUS = {path.stem: json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}
CONVERSATIONS = [
    pytest.param(conversation, id=f"{family}: {name}")
    for family, conversations in CORPUS.items()
    for name, conversation in conversations.items()
]
MOST_MARKS = 4


def bare(value):
    """Return a value without marks for the cache."""
    match value:
        case dict():
            return {name: bare(item) for name, item in value.items() if name != "cache_control"}
        case list():
            return [bare(item) for item in value]
    return value


def marks(value):
    """Return the marks for the cache in a value, wherever they are."""
    match value:
        case dict():
            own = [value["cache_control"]] if "cache_control" in value else []
            return own + [mark for item in value.values() for mark in marks(item)]
        case list():
            return [mark for item in value for mark in marks(item)]
    return []


def conversation_of(body):
    """Return the messages of an API request but the CLI's own."""
    return [message for message in body["messages"] if message["role"] != "system"]


@pytest.fixture
async def sdk(server, upstream):
    """Open Anthropic's client of the shared server."""
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="unused", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("conversation", CONVERSATIONS)
async def test_conversation_arrives_block_for_block(sdk, arrived, conversation):
    """What the client sent is what the API receives, and what is the CLI's own stays."""
    request = {"model": "sonnet", "max_tokens": 1000, **conversation["request"]}
    await sdk.post(
        "/v1/messages",
        body=request,
        cast_to=anthropic.types.Message,
        options={"headers": conversation.get("headers", {})},
    )

    got = arrived()
    own = "marks" in conversation
    messages = conversation_of(got.body)
    expected = conversation.get("messages", request["messages"])
    assert (expected if own else bare(expected)) == (messages if own else bare(messages))
    assert ([conversation["system"]] if "system" in conversation else []) == got.system
    if "tools" not in conversation.get("body", {}):
        assert bare(request.get("tools", [])) == bare(got.body["tools"])
    assert conversation.get("body", {}) == {name: got.body.get(name) for name in conversation.get("body", {})}
    assert set() == got.body.keys() & set(conversation.get("absent", ()))
    sent = got.headers["anthropic-beta"].split(",")
    assert set(conversation.get("betas", ())) <= set(sent)
    assert not {"secret-2099-01-01"} & set(sent)
    assert {"user_id"} == got.body["metadata"].keys()
    assert "session_id" in got.body["metadata"]["user_id"]
    assert (conversation["marks"] == len(marks(got.body))) if own else (len(marks(got.body)) <= MOST_MARKS)


def test_corpus_is_large_enough_to_mean_something():
    """Every family has its share; an empty folder would prove nothing."""
    assert {"documents": 8, "marks": 4, "options": 5, "roles": 10, "thinking": 7, "tools": 13} == {
        family: len(conversations) for family, conversations in CORPUS.items()
    }
