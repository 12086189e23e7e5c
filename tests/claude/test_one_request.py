"""One request of a client is one request to the API, even where the CLI would ask again by itself."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio

QUESTION = {"role": "user", "content": "How long?"}
GOES_ON = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "stop",
    "refusal": "content_filter",
}

SO_LONG = [{"type": "text", "text": "So ", "pieces": 1}, {"type": "text", "text": "long", "wait": "begun"}]
LIMITED = {"blocks": SO_LONG, "stop_reason": "max_tokens", "wait": "watched"}


@pytest.fixture
def watched(upstream, descendants, gone):
    """Return the way to run a request beside the processes that answer it, until those are gone."""

    async def run(asking, answer):
        upstream.script(answer | {"wait": "watched"})
        asked = asyncio.create_task(asking)
        await upstream.received(1)
        processes = descendants()
        upstream.release("watched")
        answered = await asked
        await gone(processes)
        return answered

    return run


@pytest.mark.parametrize(("stop_reason", "finish_reason"), GOES_ON.items(), ids=GOES_ON)
async def test_answer_that_is_cut_short_is_not_continued(ask, arrived, watched, stop_reason, finish_reason):
    """Where the model stops early the CLI would go on by itself: the client pays for one answer and gets that one."""
    answer = await watched(ask(QUESTION), {"text": "So long", "stop_reason": stop_reason})

    [choice] = answer.choices
    assert ("So long", finish_reason) == (choice.message.content, choice.finish_reason)
    assert [{"role": "user", "content": [{"type": "text", "text": "How long?"}]}] == arrived().messages


@pytest.fixture
def read_to_the_limit(client, upstream):
    """Return the way to read an answer that is cut at its token limit, after its first word was read."""

    async def read():
        reasons = []
        async for chunk in await client.chat.completions.create(
            model="sonnet", messages=[QUESTION], max_tokens=5, stream=True
        ):
            reasons += [choice.finish_reason for choice in chunk.choices if choice.finish_reason]
            if chunk.choices[0].delta.content:
                upstream.release("begun")
        return reasons

    return read


@pytest.mark.parametrize("attempt", range(10))
async def test_token_limit_never_makes_a_second_request(arrived, watched, read_to_the_limit, attempt):
    """The CLI begins its second request 15 ms after the limit: it has to be stopped at once, every time."""
    reasons = await watched(read_to_the_limit(), LIMITED)

    assert ["length"] == reasons
    assert 5 == arrived().body["max_tokens"]


async def test_token_limits_at_once_make_no_second_request(upstream, read_to_the_limit, descendants, gone):
    """Several answers that end at the same moment are ended in time as well, on however busy a machine."""
    upstream.script(*[LIMITED] * 4)
    upstream.release("watched")
    reading = [asyncio.create_task(read_to_the_limit()) for _ in range(4)]
    await upstream.received(4)
    processes = descendants()
    reasons = await asyncio.gather(*reading)
    await gone(processes)

    assert [["length"]] * 4 == reasons
    assert 4 == len(upstream.requests)


@pytest.mark.parametrize("blocks", [[], [{"type": "thinking", "thinking": "hmm"}]], ids=["nothing", "thinking"])
async def test_answer_without_text_is_not_asked_for_again(ask, arrived, watched, blocks):
    """The CLI would ask for a visible answer; whether to ask again is the client's business."""
    answer = await watched(ask(QUESTION), {"blocks": blocks})

    assert "stop" == answer.choices[0].finish_reason
    assert [{"role": "user", "content": [{"type": "text", "text": "How long?"}]}] == arrived().messages


async def test_refusal_without_text_is_not_repeated(ask, arrived, watched, resolved):
    """A refusal is an answer: the CLI's own second try and its other model are switched off."""
    answer = await watched(ask(QUESTION), {"blocks": [], "stop_reason": "refusal"})

    assert "content_filter" == answer.choices[0].finish_reason
    assert resolved["sonnet"] == arrived().body["model"]


async def test_finished_answer_is_followed_by_nothing(ask, arrived, watched):
    """After a usual answer the CLI asks nothing more: no title, no summary, no suggestion for the next prompt."""
    await watched(ask(QUESTION), {"text": "Not long."})

    assert "Not long." not in str(arrived().body)


async def test_stop_sequence_ends_the_request(ask, arrived, watched):
    """A stop sequence that the API found is a usual end."""
    answer = {"text": "one, two", "stop_reason": "stop_sequence", "stop_sequence": ", three"}
    answer = await watched(ask(QUESTION, stop=", three"), answer)

    assert ("one, two", "stop") == (answer.choices[0].message.content, answer.choices[0].finish_reason)
    assert [", three"] == arrived().body["stop_sequences"]


async def test_stop_found_by_cmappy_ends_the_upstream_request(ask, upstream, watched):
    """A blank stop sequence is cut by cmappy, which then lets no more tokens be made."""
    answer = await watched(ask(QUESTION, stop="\n\n"), {"text": "one\n\ntwo", "then": "hang"})

    assert ("one", "stop") == (answer.choices[0].message.content, answer.choices[0].finish_reason)
    await upstream.idle()
    assert [True] == [each.disconnected for each in upstream.requests]
