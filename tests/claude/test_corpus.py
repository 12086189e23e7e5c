"""A corpus of conversations, and what arrives of each: block for block what the client sent, and nothing else.

`corpus/<family>.json` holds them by name: `about`, the client's `request`, and the `messages`, `system` and `tools`
that the API must receive. Two abbreviations keep the data readable: `{"repeat": text, "times": n}` is a long text, and
`{"each": [...], "times": n}` in a list stands for n copies of those items, with their number for every `{n}`. A string
among the expected content is a text block.
"""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio

CORPUS = {
    path.stem: json.loads(path.read_bytes()) for path in sorted((Path(__file__).parent / "corpus").glob("*.json"))
}
CONVERSATIONS = [
    pytest.param(conversation, id=f"{family}: {name}")
    for family, conversations in CORPUS.items()
    for name, conversation in conversations.items()
]


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server as it is by default: with a process in reserve, and with room for conversations."""
    async with serve(folder, warm=1, live=4) as running:
        yield running


def unfold(value):
    """Return data without its abbreviations."""
    match value:
        case {"repeat": text, "times": times}:
            return text * times
        case dict():
            return {name: unfold(item) for name, item in value.items()}
        case list():
            return [unfold(item) for folded in value for item in copies(folded)]
    return value


def copies(folded):
    """Yield what an item of a list stands for."""
    match folded:
        case {"each": items, "times": times}:
            for number in range(times):
                yield from json.loads(json.dumps(items).replace("{n}", str(number)))
        case _:
            yield folded


def blocks(content):
    """Return expected content with its texts as blocks."""
    if isinstance(content, str):
        return content
    return [{"type": "text", "text": block} if isinstance(block, str) else whole(block) for block in content]


def whole(item):
    """Return a message or a block with its content as blocks."""
    return {**item, "content": blocks(item["content"])} if "content" in item else item


def by_name(tools):
    """Return tools in the order of their names, each as text: the order counts, except at the root of a schema."""
    return sorted(json.dumps({**tool, "input_schema": dict(sorted(tool["input_schema"].items()))}) for tool in tools)


@pytest.mark.parametrize("conversation", CONVERSATIONS)
async def test_conversation_arrives_block_for_block(ask, arrived, conversation):
    """What the client sent is what the API receives: roles, blocks, bytes and order."""
    conversation = unfold(conversation)
    request = conversation["request"]
    await ask(*request.pop("messages"), **request)

    got = arrived()
    assert list(map(whole, conversation["messages"])) == got.messages
    assert [conversation["system"]] * bool(conversation["system"]) == got.system
    assert by_name(conversation.get("tools", ())) == by_name(got.body["tools"])


def test_corpus_is_large_enough_to_mean_something():
    """Every family has its share; an empty folder would prove nothing."""
    assert {"calls": 35, "media": 25, "roles": 20, "text": 20, "tools": 20} == {
        family: len(conversations) // 5 * 5 for family, conversations in CORPUS.items()
    }
