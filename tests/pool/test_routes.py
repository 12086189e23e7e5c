"""Which process answers: found, it is faster; not found, nothing else is different."""

import asyncio
import dataclasses

import pytest

from cmappy.errors import CmappyError
from cmappy.turn import Message, Text, Tool
from tests.pool.turns import TOOL, expected, then, turn, user, with_results
from tests.scripted.harness import ask, until

pytestmark = pytest.mark.anyio

FIRST = turn("one", system="Be brief.", tools=(TOOL,))


async def test_first_turn_starts_a_process_where_none_is_warm(scripted):
    """Without processes in reserve every conversation begins cold."""
    async with scripted.backend() as backend:
        answer = await ask(backend, FIRST)

    assert ("cold", expected(FIRST)) == (answer.route, answer.text)


async def test_first_turn_takes_the_warm_process(scripted):
    """A process in reserve fits any turn, because all that a turn says can be set afterwards."""
    async with scripted.backend(warm=1) as backend:
        await until(lambda: backend.source.pool.warm)
        first = backend.source.pool.warm
        answer = await ask(backend, FIRST)
        await until(lambda: backend.source.pool.warm)
        second = backend.source.pool.warm

    assert ("warm", expected(FIRST), False) == (answer.route, answer.text, first == second)


async def test_next_turn_goes_to_the_process_that_knows_the_conversation(scripted):
    """However many turns there are, all of them are told once, in order."""
    asked, routes, right = FIRST, [], []
    async with scripted.backend(live=1) as backend:
        for question in ("two", "three", "four"):
            answer = await ask(backend, asked)
            routes.append(answer.route)
            right.append(expected(asked) == answer.text)
            asked = then(asked, answer, question)

    assert (["cold", "live", "live"], [True] * 3) == (routes, right)


async def test_process_is_not_kept_where_none_may_be(scripted):
    """Without room for conversations the process is gone with its answer."""
    async with scripted.backend(live=0) as backend:
        answer = await ask(backend, FIRST)
        second = await ask(backend, then(FIRST, answer, "two"))

    assert "cold" == second.route


async def test_answer_that_is_an_error_takes_no_other_conversations_place(scripted):
    """Its process is of no use to anybody; kept, it would push out one that is."""
    async with scripted.backend(live=1) as backend:
        answer = await ask(backend, FIRST)
        with pytest.raises(CmappyError):
            await ask(backend, turn("!fault reports_an_error"))
        second = await ask(backend, then(FIRST, answer, "two"))

    assert "live" == second.route


async def test_results_go_to_the_process_that_waits_for_them(scripted):
    """Calls stay open until the client answers them, and the model is told the same as by a fresh process."""
    asked = turn("!call 2", tools=(TOOL,))
    async with scripted.backend(live=1) as backend:
        called = await ask(backend, asked)
        after = with_results(asked, called, "sunny", "rainy")
        answer = await ask(backend, after)

    assert ("cold", 2, "parked") == (called.route, len(called.calls), answer.route)
    assert expected(after) == answer.text


async def test_other_results_than_those_awaited_go_to_a_fresh_process(scripted):
    """A question beside the results is not what the process waits for."""
    asked = turn("!call 1", tools=(TOOL,))
    async with scripted.backend(live=1) as backend:
        called = await ask(backend, asked)
        after = with_results(asked, called, "sunny")
        results = after.messages[-1].content
        more = dataclasses.replace(
            after, messages=(*after.messages[:-1], Message("user", (*results, Text("and tomorrow?"))))
        )
        answer = await ask(backend, more)

    assert ("cold", expected(more)) == (answer.route, answer.text)


@pytest.mark.parametrize(
    "changed",
    [
        {"system": "Be verbose."},
        {"model": "opus"},
        {"tools": ()},
        {"tools": (TOOL, Tool("listen", "", '{"type":"object"}'))},
        {"tools": (dataclasses.replace(TOOL, description="Look."),)},
        {"messages": (user("one "), *FIRST.messages[1:])},
    ],
    ids=["system", "model", "no tools", "more tools", "another description", "an edited question"],
)
async def test_other_conversation_is_not_continued(scripted, changed):
    """Whatever the process was set up with is part of what it is."""
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, FIRST)
        asked = then(dataclasses.replace(FIRST, **changed), answer, "two")
        second = await ask(backend, asked)

    assert ("cold", expected(asked)) == (second.route, second.text)


async def test_edited_answer_is_not_continued(scripted):
    """Who changes what the model has said is answered as if it had said that."""
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, FIRST)
        asked = then(FIRST, dataclasses.replace(answer, text=answer.text + " "), "two")
        second = await ask(backend, asked)

    assert ("cold", expected(asked)) == (second.route, second.text)


async def test_conversation_of_another_owner_is_not_continued(scripted):
    """Two clients who say the same are two clients, however exactly the one knows what the other was told."""
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, FIRST, "alice")
        asked = then(FIRST, answer, "two")
        stranger = await ask(backend, asked, "bob")
        owner = await ask(backend, asked, "alice")

    assert ("cold", "live") == (stranger.route, owner.route)


async def test_calls_of_another_owner_are_not_answered(scripted):
    """A process that waits for results takes them from nobody but the client whose calls they are."""
    asked = turn("!call 1", tools=(TOOL,))
    async with scripted.backend(live=4) as backend:
        called = await ask(backend, asked, "alice")
        after = with_results(asked, called, "sunny")
        stranger = await ask(backend, after, "bob")
        owner = await ask(backend, after, "alice")

    assert ("cold", "parked") == (stranger.route, owner.route)


async def test_settings_of_one_turn_end_with_it(scripted):
    """A limit, a stop sequence, an effort and the lock at a limit hold for their own turn only."""
    limited = dataclasses.replace(FIRST, max_tokens=10, stop=("END",), effort="none")
    async with scripted.backend(live=1) as backend:
        answer = await ask(backend, limited)
        free = then(FIRST, answer, "two")
        second = await ask(backend, free)
        third = await ask(backend, then(dataclasses.replace(free, effort="low"), second, "three"))

    assert (expected(limited), expected(free), "live") == (answer.text, second.text, third.route)


async def test_one_conversation_twice_at_once_gets_one_process_each(scripted):
    """Two branches that begin at the same moment do not meet."""
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, FIRST)
        branches = [then(FIRST, answer, question) for question in ("left", "right")]
        answers = await asyncio.gather(*(ask(backend, branch) for branch in branches))

    assert list(map(expected, branches)) == [answer.text for answer in answers]
    assert ["cold", "live"] == sorted(answer.route for answer in answers)


async def test_longest_unused_conversation_makes_room(scripted):
    """There is room for the last few conversations only, and using one makes it the last."""
    one, two, three = (turn(text) for text in ("one", "two", "three"))
    async with scripted.backend(live=2) as backend:
        answer = await ask(backend, one)
        forgotten = then(two, await ask(backend, two), "again")
        one = then(one, answer, "again")
        answer = await ask(backend, one)
        await ask(backend, three)
        kept = len(backend.source.pool.live)
        routes = [(await ask(backend, each)).route for each in (then(one, answer, "more"), forgotten)]

    assert (["live", "cold"], 2) == (routes, kept)


@pytest.mark.parametrize("order", ["!length", "!call 4"])
async def test_process_that_would_go_on_by_itself_is_not_kept(scripted, order):
    """At a limit, and with more calls than the CLI keeps in order, the process ends with its answer."""
    async with scripted.backend(live=4) as backend:
        asked = turn(order, tools=(TOOL,))
        answer = await ask(backend, asked)
        asked = with_results(asked, answer, *"abcd") if answer.calls else then(asked, answer, "two")
        second = await ask(backend, asked)

    assert ("cold", expected(asked)) == (second.route, second.text)


async def test_answer_that_nobody_wanted_to_the_end_is_not_continued(scripted):
    """A client that leaves in mid-answer has not heard what the process has said."""
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, FIRST)
        lines = backend.lines(then(FIRST, answer, "!hang"), "")
        begun = [await anext(lines) for _ in range(5)]
        await lines.aclose()
        asked = then(FIRST, answer, "two")
        second = await ask(backend, asked)

    assert (5, "cold", expected(asked)) == (len(begun), second.route, second.text)
