"""Which process answers: found, it is faster; not found, nothing else is different."""

import asyncio
import dataclasses

import pytest

from cmappy.answer import Piece
from cmappy.errors import CmappyError
from cmappy.turn import Message, Text, Tool
from tests.pool.turns import TOOL, expected, renamed, then, turn, user, with_results
from tests.scripted.harness import ask, until

pytestmark = pytest.mark.anyio

WAYS = pytest.mark.parametrize(("verdict", "route"), [("proven", "rewound"), ("unproven", "cold")])
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


@pytest.mark.parametrize("verdict", ["proven", "failed"])
@pytest.mark.parametrize("order", ["!fault reports_an_error", "!fault no_stop_reason", "!fault no_answer"])
async def test_process_whose_answer_was_an_error_is_given_up_at_once(scripted, verdict, order):
    """It is in nobody's way until something runs out."""
    async with scripted.backend(live=4, verdict=verdict) as backend:
        with pytest.raises(CmappyError):
            await ask(backend, turn(order))

        assert () == backend.source.pool.live


async def test_results_go_to_the_process_that_waits_for_them(scripted):
    """Calls stay open until the client answers them, and the model is told the same as by a fresh process."""
    asked = turn("!call 2", tools=(TOOL,))
    async with scripted.backend(live=1) as backend:
        called = await ask(backend, asked)
        after = with_results(asked, called, "sunny", "rainy")
        answer = await ask(backend, after)

    assert ("cold", 2, "parked") == (called.route, len(called.calls), answer.route)
    assert expected(after) == answer.text


@WAYS
async def test_other_results_than_those_awaited_are_not_given_to_the_process(scripted, verdict, route):
    """A question beside the results is not what the process waits for."""
    asked = turn("!call 1", tools=(TOOL,))
    async with scripted.backend(verdict=verdict, live=1) as backend:
        called = await ask(backend, asked)
        after = with_results(asked, called, "sunny")
        results = after.messages[-1].content
        more = dataclasses.replace(
            after, messages=(*after.messages[:-1], Message("user", (*results, Text("and tomorrow?"))))
        )
        answer = await ask(backend, more)

    assert (route, expected(more)) == (answer.route, answer.text)


@WAYS
@pytest.mark.parametrize(
    "changed",
    [
        {"system": "Be verbose."},
        {"model": "opus"},
        {"tools": ()},
        {"tools": (TOOL, Tool("listen", "", '{"type":"object"}'))},
        {"tools": (dataclasses.replace(TOOL, description="Look."),)},
        {"tools": (dataclasses.replace(TOOL, schema='{"type":"object","properties":{"at":{}}}'),)},
        {"messages": (user("one "), *FIRST.messages[1:])},
    ],
    ids=["system", "model", "no tools", "more tools", "another description", "another schema", "an edited question"],
)
async def test_other_conversation_is_not_continued(scripted, verdict, route, changed):
    """Whatever the process was set up with is part of what it is."""
    async with scripted.backend(verdict=verdict, live=4) as backend:
        answer = await ask(backend, FIRST)
        asked = then(dataclasses.replace(FIRST, **changed), answer, "two")
        second = await ask(backend, asked)

    assert (route, expected(asked)) == (second.route, second.text)


async def test_tools_that_are_defined_anew_again_and_again_arrive_as_they_are(scripted):
    """A process keeps the first description that it was given; agents put the time of the day into theirs."""
    routes = []
    async with scripted.backend(live=1, concurrency=0) as backend:
        for description in ("It is one.", "It is two.", "It is three.", "It is one.", "It is two."):
            tools = (dataclasses.replace(TOOL, description=description), Tool("listen", "", '{"type":"object"}'))
            asked = turn("one", tools=tools)
            answer = await ask(backend, asked)
            again = await ask(backend, then(asked, answer, "two"))
            assert expected(asked) == answer.text
            assert expected(then(asked, answer, "two")) == again.text
            routes += [answer.route, again.route]

    assert ["cold", "live", *["rewound", "live"] * 4] == routes


async def test_long_tools_that_are_defined_anew_get_a_process_of_their_own(scripted):
    """They do not fit into a variable."""
    first, other = (turn("one", tools=(dataclasses.replace(TOOL, description=x * 200_000),)) for x in "ab")
    async with scripted.backend(live=1, concurrency=0) as backend:
        answers = [await ask(backend, asked) for asked in (first, other)]

    assert [("cold", expected(asked)) for asked in (first, other)] == [(each.route, each.text) for each in answers]


@WAYS
async def test_edited_answer_is_not_continued(scripted, verdict, route):
    """Who changes what the model has said is answered as if it had said that."""
    async with scripted.backend(verdict=verdict, live=4) as backend:
        answer = await ask(backend, FIRST)
        asked = then(FIRST, dataclasses.replace(answer, text=answer.text + " "), "two")
        second = await ask(backend, asked)

    assert (route, expected(asked)) == (second.route, second.text)


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


async def test_conversations_that_outnumber_the_processes_wait_for_no_start(scripted):
    """They share the processes that run: these are rewound and told the other conversation."""
    asked = [turn(f"talk {number}", tools=(TOOL,)) for number in range(5)]
    routes = []
    async with scripted.backend(live=1, processes=3) as backend:
        await backend.status()  # asked of a process of its own, which then makes room
        await until(lambda: not backend.source.processes)
        for _ in range(6):
            answers = [await ask(backend, each) for each in asked]
            assert list(map(expected, asked)) == [answer.text for answer in answers]
            asked = [then(each, answer, "more") for each, answer in zip(asked, answers, strict=True)]
            routes.append([answer.route for answer in answers])

    assert {"live", "rewound"} >= {route for round_ in routes[1:] for route in round_}


async def test_calls_that_take_turns_keep_their_processes(scripted):
    """The same for agents, whose processes wait for results."""
    agents = [turn(f"!call 1 of agent {number}", tools=(TOOL,)) for number in range(5)]
    routes = []
    async with scripted.backend(live=1, processes=3) as backend:
        for _ in range(6):
            answers = [await ask(backend, each) for each in agents]
            agents = [with_results(each, answer, "!call 1") for each, answer in zip(agents, answers, strict=True)]
            routes.append([answer.route for answer in answers])
        kept = len(backend.source.processes)

    assert ([2, 2], True) == ([round_.count("parked") for round_ in routes[-2:]], kept <= 3)


async def test_new_conversation_takes_a_process_that_has_had_another(scripted):
    """Another prompt, other tools, another model and limit: it has all of the new, and nothing of the old."""
    other = turn("two", system="Be verbose.", model="opus", tools=(Tool("listen", "", TOOL.schema),), max_tokens=7)
    plain = turn("three", system="Be brief.")
    async with scripted.backend(live=1) as backend:
        await backend.status()  # asked of a process of its own
        before = scripted.starts
        answers = [await ask(backend, each) for each in (FIRST, other, plain, FIRST)]

    assert ["cold", "rewound", "rewound", "rewound"] == [answer.route for answer in answers]
    assert [expected(each) for each in (FIRST, other, plain, FIRST)] == [answer.text for answer in answers]
    assert before + 1 == scripted.starts


async def test_process_with_a_prompt_never_serves_a_conversation_without(scripted):
    """There is no way back to no prompt at all."""
    bare = turn("two")
    async with scripted.backend(live=1) as backend:
        await ask(backend, FIRST)
        answer = await ask(backend, bare)

    assert ("cold", expected(bare)) == (answer.route, answer.text)


async def test_new_conversation_of_another_owner_takes_another_process(scripted):
    """A process never crosses owners, not even empty."""
    async with scripted.backend(live=1) as backend:
        await ask(backend, FIRST, "alice")
        answer = await ask(backend, FIRST, "bob")

    assert "cold" == answer.route


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_branch_goes_on_from_what_both_have(scripted, at):
    """Wherever a conversation is left for another one, only what follows is told again."""
    asked = FIRST
    async with scripted.backend(live=1) as backend:
        for question in ("two", "three", "four"):
            asked = then(asked, await ask(backend, asked), question)
        branch = dataclasses.replace(asked, messages=(*asked.messages[: 2 * at], user("another way")))
        answer = await ask(backend, branch)

    assert ("rewound", expected(branch)) == (answer.route, answer.text)


@pytest.mark.parametrize("rewrite", ["00000000{at}", "call{at}"])
async def test_results_find_their_process_whatever_the_client_calls_the_calls(scripted, rewrite):
    """Some clients give ids of their own to calls that they send back."""
    asked = turn("!call 2", tools=(TOOL,))
    async with scripted.backend(live=1) as backend:
        called = await ask(backend, asked)
        after = with_results(asked, called, "sunny", "rainy")
        ids = {call["id"]: rewrite.format(at=at) for at, call in enumerate(called.calls)}
        answer = await ask(backend, renamed(after, ids))

    assert ("parked", expected(after)) == (answer.route, answer.text)


@pytest.mark.parametrize("request_", ["rewind_conversation", "set_model", "mcp_set_servers"])
async def test_refused_switch_is_nobodys_error(scripted, request_):
    """The process is killed, and the turn goes to another one."""
    scripted.misbehave(f"refuses_{request_}")
    other = turn("two", system="Be verbose.", tools=(Tool("listen", "", TOOL.schema),))
    async with scripted.backend(live=1) as backend:
        await ask(backend, FIRST)
        answer = await ask(backend, other)

    assert (["rewound", "cold"], expected(other)) == (answer.routes, answer.text)


async def test_process_is_renewed_after_some_turns(scripted):
    """Its memory grows a little with each."""
    async with scripted.backend(live=1, renew=2) as backend:
        routes = [(await ask(backend, turn(text, system="x"))).route for text in ("one", "two", "three", "four")]

    assert ["cold", "rewound", "cold", "rewound"] == routes


@WAYS
@pytest.mark.parametrize("order", ["!length", "!call 4"])
async def test_process_that_would_go_on_by_itself_is_stopped(scripted, verdict, route, order):
    """At a limit, and with more calls than the CLI keeps in order: it is interrupted and rewound, or ends."""
    async with scripted.backend(verdict=verdict, live=4) as backend:
        asked = turn(order, tools=(TOOL,))
        answer = await ask(backend, asked)
        asked = with_results(asked, answer, *"abcd") if answer.calls else then(asked, answer, "two")
        second = await ask(backend, asked)

    assert (route, expected(asked)) == (second.route, second.text)


@WAYS
async def test_answer_that_nobody_wanted_to_the_end_is_not_continued(scripted, verdict, route):
    """A client that leaves in mid-answer has not heard what the process has said."""
    async with scripted.backend(verdict=verdict, live=4) as backend:
        answer = await ask(backend, FIRST)
        answering = backend.answer(then(FIRST, answer, "!hang"))
        while not isinstance(await anext(answering), Piece):
            pass
        await answering.aclose()
        asked = then(FIRST, answer, "two")
        second = await ask(backend, asked)

    assert (route, expected(asked)) == (second.route, second.text)
