"""Processes that are kept for the next turn, and processes started ahead: faster, and nothing else is different."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio

SYSTEM = {"role": "system", "content": " Be brief.\n"}
FIRST = {"role": "user", "content": "one"}
SECOND = {"role": "user", "content": " two \n"}


@pytest.fixture(scope="module")
async def server(serve, folder, anyio_backend):
    """Run a server as it is by default: with a process in reserve, and with room for conversations."""
    async with serve(folder, warm=1, live=4) as running:
        yield running


@pytest.fixture(scope="module")
async def fresh(serve, tmp_path_factory, anyio_backend):
    """Run a server that keeps nothing."""
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "home").mkdir()
    async with serve(folder) as running:
        yield running


@pytest.fixture
def ask(client, upstream):
    """Return the way to ask, which tells the answer, how it was routed, and what arrived upstream."""

    async def create(*messages, client=client, **options):
        before = len(upstream.messages_requests)
        raw = await client.chat.completions.with_raw_response.create(
            **{"model": "sonnet", "messages": messages} | options
        )
        [received] = upstream.messages_requests[before:]
        told = [
            (message["role"], [block["text"] for block in message["content"]])
            for message in received.body["messages"]
            if message["role"] != "system"
        ]
        return raw.parse().choices[0].message.to_dict(), raw.headers["x-cmappy-route"], received.body | {"told": told}

    return create


async def test_next_turn_finds_the_process_of_the_last(ask, upstream):
    """A conversation goes on in the process that knows it, and the whole of it arrives."""
    upstream.script({"text": "answer\u2028one "}, {"text": "answer two"})
    answer, first, _ = await ask(SYSTEM, FIRST)
    _, second, body = await ask(SYSTEM, FIRST, answer, SECOND)

    assert ("live", True) == (second, first in {"cold", "warm"})
    assert [("user", ["one"]), ("assistant", ["answer\u2028one "]), ("user", [" two \n"])] == body["told"]


async def test_kept_process_asks_what_a_fresh_one_asks(ask, upstream, fresh):
    """Where a process comes from cannot be seen in the request that it makes."""
    options = {"max_tokens": 77, "stop": ["END"], "reasoning_effort": "low", "model": "opus"}
    answer, _, _ = await ask(SYSTEM, FIRST, **options)
    _, route, kept = await ask(SYSTEM, FIRST, answer, SECOND, **options)
    async with fresh.client() as client:
        _, cold, new = await ask(SYSTEM, FIRST, answer, SECOND, client=client, **options)

    changing = ("messages", "metadata", "system")
    assert ("live", "cold") == (route, cold)
    assert {name: new[name] for name in new if name not in changing} == {
        name: kept[name] for name in kept if name not in changing
    }
    assert [block["text"] for block in new["system"][1:]] == [block["text"] for block in kept["system"][1:]]


async def test_settings_of_one_turn_end_with_it(usual, ask):
    """A limit, a stop sequence or an effort of the first turn has no effect on the second."""
    answer, _, limited = await ask(SYSTEM, FIRST, max_tokens=55, stop=["x"], reasoning_effort="none")
    _, route, free = await ask(SYSTEM, FIRST, answer, SECOND)

    assert ("live", 55, ["x"]) == (route, limited["max_tokens"], limited["stop_sequences"])
    settable = ("max_tokens", "stop_sequences", "thinking", "output_config")
    assert [usual.get(name) for name in settable] == [free.get(name) for name in settable]


@pytest.mark.parametrize(
    "changed",
    [
        {"messages": [SYSTEM, FIRST, {"role": "assistant", "content": "something else"}, SECOND]},
        {"messages": [{"role": "system", "content": "Be long."}, FIRST, {"role": "assistant", "content": "1"}, SECOND]},
        {"messages": [SYSTEM, {"role": "user", "content": "zero"}, {"role": "assistant", "content": "1"}, SECOND]},
        {"model": "opus"},
    ],
    ids=["answer", "system", "question", "model"],
)
async def test_changed_history_is_not_continued(ask, upstream, changed):
    """Whoever edits a conversation gets an answer to what it is now, not to what it was."""
    upstream.script({"text": "1"}, {"text": "2"})
    answer, _, _ = await ask(SYSTEM, FIRST)
    _, route, body = await ask(**{"messages": [SYSTEM, FIRST, answer, SECOND]} | changed)

    assert "live" != route
    assert 3 == len(body["told"])


async def test_conversation_can_go_on_twice(ask, upstream):
    """Two branches of one conversation do not hear of each other."""
    upstream.script({"text": "1"}, {"text": "2"}, {"text": "3"})
    answer, _, _ = await ask(SYSTEM, FIRST)
    await ask(SYSTEM, FIRST, answer, SECOND)
    _, route, body = await ask(SYSTEM, FIRST, answer, {"role": "user", "content": "other"})

    assert "live" != route
    assert [("user", ["one"]), ("assistant", ["1"]), ("user", ["other"])] == body["told"]


@pytest.mark.parametrize("stop_reason", ["max_tokens", "refusal"])
async def test_answer_that_was_cut_short_is_not_continued(ask, upstream, stop_reason):
    """After some ends the CLI would add words of its own to the conversation: such a process is not kept."""
    upstream.script({"text": "So", "stop_reason": stop_reason}, {"text": "2"})
    answer, _, _ = await ask(SYSTEM, FIRST, max_tokens=5)
    _, route, body = await ask(SYSTEM, FIRST, answer, SECOND)

    assert "live" != route
    assert [("user", ["one"]), ("assistant", ["So"]), ("user", [" two \n"])] == body["told"]


async def test_question_that_was_given_up_is_forgotten(ask, client, upstream):
    """A client that leaves in the middle of a second turn, and asks again, is answered as if nothing had been."""
    upstream.script({"text": "1"}, {"text": "never", "wait": "nothing"}, {"text": "2"})
    answer, _, _ = await ask(SYSTEM, FIRST)
    messages = [SYSTEM, FIRST, answer, {"role": "user", "content": "given up"}]
    asked = asyncio.create_task(client.chat.completions.create(model="sonnet", messages=messages))
    await upstream.received(2)
    asked.cancel()
    await asyncio.wait({asked})
    _, _, body = await ask(SYSTEM, FIRST, answer, SECOND)

    assert [("user", ["one"]), ("assistant", ["1"]), ("user", [" two \n"])] == body["told"]


async def test_long_conversation_stays_in_one_process(ask, upstream):
    """Turn after turn, everything that was said arrives, once and in order."""
    messages, routes = [SYSTEM], []
    for number in range(8):
        messages.append({"role": "user", "content": f"question {number}"})
        upstream.script({"text": f"answer {number}"})
        answer, route, body = await ask(*messages)
        messages.append(answer)
        routes.append(route)

    said = [(each["role"], [each["content"]]) for each in messages[1:-1]]
    assert said == body["told"]
    assert ["live"] * 7 == routes[1:]
