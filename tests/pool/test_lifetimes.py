"""When processes begin and end that answer nobody at the moment: kept, warm, dead, too old, too many."""

import asyncio
import os
import signal

import pytest

from cmappy.backends.claude import warm, worker
from cmappy.backends.exits import Exited
from cmappy.errors import CliFailed, Overloaded
from tests.pool.turns import TOOL, expected, then, turn, with_results
from tests.scripted.harness import ask, descendants, gone, until

pytestmark = pytest.mark.anyio

FIRST = turn("one")


async def kill(*pids):
    """Kill processes, and wait until they are gone."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await gone(pids)


async def test_conversation_is_forgotten_when_nobody_goes_on_with_it(scripted):
    """Its process ends after the idle time, and its next turn is answered by another one."""
    async with scripted.backend(live=4, idle=0.05) as backend:
        answer = await ask(backend, FIRST)
        await gone(backend.source.pool.live)
        await until(lambda: not backend.source.pool.live)
        second = await ask(backend, then(FIRST, answer, "two"))

    assert "cold" == second.route


async def test_old_process_in_reserve_is_renewed(scripted):
    """A login, a setting or a release may be new since it was started."""
    async with scripted.backend(warm=1, age=0.5) as backend:
        await until(lambda: backend.source.pool.warm)
        old = backend.source.pool.warm
        await gone(old)
        await until(lambda: backend.source.pool.warm)
        answer = await ask(backend, FIRST)

    assert ("warm", expected(FIRST)) == (answer.route, answer.text)


async def test_processes_in_reserve_are_started_one_after_the_other(scripted):
    """A machine that starts several at once is busy when the first request comes."""
    at_once = []
    async with scripted.backend(warm=3) as backend:
        await backend.status()
        before = descendants()
        while len(backend.source.pool.warm) < 3:
            at_once.append(len(descendants() - before - set(backend.source.pool.warm)))
            await asyncio.sleep(0)

    assert max(at_once) <= 1


@pytest.mark.parametrize("kind", ["warm", "live", "parked"])
async def test_death_of_a_kept_process_is_nobodys_error(scripted, kind):
    """Whoever comes next is answered by another process."""
    asked = turn("!call 1", tools=(TOOL,)) if kind == "parked" else FIRST
    async with scripted.backend(warm=kind == "warm", live=4) as backend:
        answer = await ask(backend, asked)
        after = with_results(asked, answer, "sunny") if answer.calls else then(asked, answer, "two")
        if kind == "warm":
            await until(lambda: backend.source.pool.warm)
        await kill(*backend.source.pool.warm, *backend.source.pool.live)
        second = await ask(backend, after)

    assert (expected(after), True) == (second.text, second.route in {"cold", "warm"})


@pytest.mark.parametrize("kind", ["warm", "live", "parked"])
async def test_death_of_a_kept_process_at_its_turn_is_nobodys_error(scripted, kind):
    """A process can die in the moment in which it is given its turn; then another one is asked."""
    asked = turn("!call 1" if kind == "parked" else "one", tools=(TOOL,))
    async with scripted.backend(warm=kind == "warm", live=0 if kind == "warm" else 4) as backend:
        if kind == "warm":
            await until(lambda: backend.source.pool.warm)
            after = turn("!fault exits_once")
        else:
            answer = await ask(backend, asked)
            dying = "!fault exits_once"
            after = with_results(asked, answer, dying) if answer.calls else then(asked, answer, dying)
        second = await ask(backend, after)

    assert ([kind, "cold"], expected(after)) == (second.routes, second.text)


@pytest.mark.parametrize("fault", ["exits_before", "exits_within"])
async def test_process_that_dies_of_its_turn_is_an_error(scripted, fault):
    """One more try is enough, and none is made once something of the answer was seen."""
    asked = turn("one")
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, asked)
        await backend.status()  # asked of a process of its own
        starts = scripted.starts
        with pytest.raises(Exited, match="exited with code 3"):
            await ask(backend, then(asked, answer, f"!fault {fault}"))

    assert starts + (fault == "exits_before") == scripted.starts


async def test_turn_has_a_head_start_on_the_process_that_replaces_its_own(scripted, monkeypatch):
    """Starting it keeps a core busy while the answer is made."""
    monkeypatch.setattr(warm, "_HEAD_START", 3600.0)
    async with scripted.backend(warm=1) as backend:
        await until(lambda: backend.source.pool.warm)
        before = scripted.starts
        first = await ask(backend, FIRST)
        second = await ask(backend, FIRST)

    assert ("warm", "cold", before + 1) == (first.route, second.route, scripted.starts)


async def test_dead_process_in_reserve_is_replaced(scripted, monkeypatch):
    """It is noticed when it dies, not when it is needed."""
    monkeypatch.setattr(warm, "_YOUNG", 0.0)
    async with scripted.backend(warm=1) as backend:
        await until(lambda: backend.source.pool.warm)
        dead = backend.source.pool.warm
        await kill(*dead)
        await until(lambda: backend.source.pool.warm not in {(), dead})
        answer = await ask(backend, FIRST)

    assert "warm" == answer.route


async def test_processes_that_die_young_are_not_replaced_for_ever(scripted):
    """A CLI that cannot run is started for requests, not in a loop."""
    scripted.misbehave("exits_when_ready")
    before = descendants()
    async with scripted.backend(warm=1) as backend:
        await backend.status()
        await until(lambda: descendants() == before)
        await asyncio.sleep(0.3)  # in which others would be started

    assert 2 == scripted.starts


async def test_reserve_recovers_with_the_next_request(scripted, caplog):
    """A CLI that can run again is noticed by whoever asks."""
    scripted.misbehave("exits_at_once")
    async with scripted.backend(warm=1) as backend:
        with pytest.raises(CliFailed):
            await backend.status()
        await until(lambda: "no process could be warmed" in caplog.text)
        scripted.behave()
        first = await ask(backend, FIRST)
        await until(lambda: backend.source.pool.warm)
        second = await ask(backend, FIRST)

    assert ("cold", "warm", expected(FIRST)) == (first.route, second.route, second.text)


async def test_process_that_does_not_settle_is_not_used_again(scripted, monkeypatch):
    """After its answer a process has to say that it is done; one that does not is of no more use."""
    monkeypatch.setattr(worker, "_SETTLING", 0.1)
    asked = turn("!fault no_result")
    async with scripted.backend(live=4) as backend:
        answer = await ask(backend, asked)
        after = then(asked, answer, "two")
        second = await ask(backend, after)

    assert ("cold", expected(after)) == (second.route, second.text)


async def test_next_turn_waits_until_the_process_is_done(scripted):
    """The end of an answer is told before the process is ready for more: nobody gets the rest of the last answer."""
    asked, answers = FIRST, []
    async with scripted.backend(live=1) as backend:
        for _ in range(20):
            answers.append(await ask(backend, asked))
            asked = then(asked, answers[-1], "and?")

    assert ["cold"] + ["live"] * 19 == [answer.route for answer in answers]


@pytest.mark.parametrize("steps", [*range(12), 20, 50, 100, 200])
async def test_leaving_at_any_moment_leaves_no_process(scripted, steps):
    """Whoever is cancelled while a process is found, started or told something leaves nothing in anybody's hands."""
    async with scripted.backend(live=4, warm=1) as backend:
        await until(lambda: backend.source.pool.warm)
        answer = await ask(backend, FIRST)
        known = [
            asyncio.create_task(ask(backend, then(FIRST, answer, "!hang"))),
            asyncio.create_task(ask(backend, turn("!hang"))),
            asyncio.create_task(ask(backend, turn("!hang"))),
        ]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in known:
            task.cancel()
        await asyncio.wait(known)
        await until(lambda: len(backend.source.pool.warm) == 1)
        await until(
            lambda: len(backend.source.processes) == len(backend.source.pool.warm) + len(backend.source.pool.live)
        )

    assert all(task.cancelled() for task in known)


async def test_there_are_never_more_processes_than_places(scripted):
    """Those that are just ending are counted, too."""
    most = []
    before = descendants()
    async with scripted.backend(concurrency=2, warm=1, live=1) as backend:
        places = asyncio.Semaphore(2)

        async def converse(name):
            asked = turn(name)
            for question in ("!length", "more", "!call 4", "end"):
                async with places:
                    answer = await ask(backend, asked)
                asked = then(turn(name, tools=(TOOL,)), answer, question) if answer.text else turn(name)

        conversations = asyncio.gather(*(converse(f"c{number}") for number in range(12)))
        while not conversations.done():
            most.append(len(descendants() - before))
            await asyncio.sleep(0.01)
        await conversations

    assert max(most) <= 4


async def test_waiting_for_a_place_can_be_given_up(scripted):
    """Who leaves while all places are taken takes none."""
    async with scripted.backend(concurrency=1) as backend:
        answering = backend.answer(turn("!hang"))
        await anext(answering)
        waiting = [asyncio.create_task(ask(backend, FIRST)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting[:2]:
            task.cancel()
        await asyncio.wait(waiting[:2])
        await answering.aclose()
        answer = await waiting[2]

    assert expected(FIRST) == answer.text


async def test_nothing_starts_after_the_end(scripted):
    """A request that comes too late is told so, and leaves no process."""
    async with scripted.backend(warm=1, live=1) as backend:
        await ask(backend, FIRST)
        await backend.close()
        with pytest.raises(Overloaded):
            await ask(backend, FIRST)
        kept = len(backend.source.processes)

    assert 0 == kept


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 50, 200])
async def test_end_in_the_middle_of_a_start_leaves_no_process(scripted, steps):
    """A server can be stopped in its first moments; the backend looks after its processes itself."""
    async with scripted.backend(warm=2, live=1) as backend:
        asking = asyncio.create_task(ask(backend, FIRST))
        for _ in range(steps):
            await asyncio.sleep(0)
        await backend.close()
        [asked], _ = await asyncio.wait({asking})
        kept = len(backend.source.processes)

    assert (0, True) == (kept, asked.exception() is not None or expected(FIRST) == asked.result().text)
