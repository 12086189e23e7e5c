"""The limiter by itself: the moments that no client can hit on purpose."""

import asyncio

import pytest

from cmappy.errors import Busy, Stopping, TimedOut
from cmappy.server.limiter import Limiter

pytestmark = pytest.mark.anyio

LONG = 3600


@pytest.fixture
def anyio_backend():
    """Name the one event loop that the server runs on."""
    return "asyncio"


@pytest.fixture
def limiter():
    """Return a limiter with one slot, for which one may wait."""
    return Limiter(max_running=1, max_waiting=1, wait_timeout=LONG)


class Holder:
    """A request: holds a slot until it is told to leave, or is cancelled."""

    def __init__(self, limiter):
        self.inside = asyncio.Event()
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._run(limiter))

    async def _run(self, limiter):
        async with limiter.slot(LONG):
            self.inside.set()
            await self.leave.wait()


async def settle():
    """Let all tasks run until they wait for something."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_slots_are_granted_in_order_of_arrival(limiter):
    """Nobody who comes later is served earlier."""
    holders = []
    for _ in range(4):
        holders.append(Holder(limiter))
        await settle()
    order = []
    for holder in holders:
        await holder.inside.wait()
        order.append([each.inside.is_set() for each in holders].count(True))
        holder.leave.set()
        await holder.task

    assert ([1, 2, 3, 4], 0, 0) == (order, limiter.running, limiter.waiting)


async def test_who_leaves_while_waiting_makes_way(limiter):
    """The next in line does not wait for somebody who is gone."""
    first, second, third = Holder(limiter), Holder(limiter), Holder(limiter)
    await settle()
    second.task.cancel()
    await settle()
    waiting = limiter.waiting
    first.leave.set()
    await third.inside.wait()
    third.leave.set()
    await third.task

    assert (1, False, 0) == (waiting, second.inside.is_set(), limiter.running)


async def test_who_leaves_in_the_moment_of_his_turn_hands_it_on(limiter):
    """A slot that is given to somebody who has just left must not be lost."""
    async with limiter.slot(LONG):
        second, third = Holder(limiter), Holder(limiter)
        await settle()
    second.task.cancel()  # it has been granted the slot, and has not run since
    await third.inside.wait()
    third.leave.set()
    await third.task

    assert (False, 0, 0) == (second.inside.is_set(), limiter.running, limiter.waiting)


async def test_who_is_about_to_leave_is_passed_over(limiter):
    """A slot that becomes free goes to somebody who still wants it."""
    first, second, third = Holder(limiter), Holder(limiter), Holder(limiter)
    await settle()
    second.task.cancel()  # and does not run before the slot is free
    first.leave.set()
    await third.inside.wait()
    third.leave.set()
    await third.task

    assert (False, 0, 0) == (second.inside.is_set(), limiter.running, limiter.waiting)


async def test_admission_counts_as_long_as_its_block_lasts(limiter):
    """Waiting, running and unread requests are bounded together."""
    with limiter.admit(), limiter.admit():
        with pytest.raises(Busy) as refusal, limiter.admit():
            pass
        full = limiter.unread
    with limiter.admit():
        one = limiter.unread

    assert (2, 1, "5") == (full, one, refusal.value.headers()["retry-after"])


async def test_waiting_has_an_end():
    """A client is told soon enough to try elsewhere."""
    limiter = Limiter(max_running=1, max_waiting=1, wait_timeout=0.01)
    holder = Holder(limiter)
    await settle()
    with pytest.raises(Busy):
        async with limiter.slot(LONG):
            pass
    holder.leave.set()
    await holder.task

    assert (0, 0) == (limiter.running, limiter.waiting)


async def test_answer_has_an_end(limiter):
    """What hangs gives its slot back."""
    with pytest.raises(TimedOut, match="was not complete after"):
        async with limiter.slot(0.01):
            await asyncio.Event().wait()

    assert 0 == limiter.running


async def test_timeout_of_something_else_stays_what_it_is(limiter):
    """Only the time limit of the slot is told as such."""
    with pytest.raises(TimeoutError, match="disk"):
        async with limiter.slot(LONG):
            raise TimeoutError("disk")

    assert 0 == limiter.running


async def test_stop_tells_everybody(limiter):
    """Those inside, those who wait, and those who still come."""
    inside, waiting = Holder(limiter), Holder(limiter)
    await settle()
    limiter.stop()
    ends = [await asyncio.gather(holder.task, return_exceptions=True) for holder in (inside, waiting, Holder(limiter))]
    with pytest.raises(Stopping), limiter.admit():
        pass

    assert ([Stopping] * 3, 0, 0) == ([type(end) for [end] in ends], limiter.running, limiter.waiting)


async def test_stop_does_not_disturb_who_is_leaving_already(limiter):
    """Both may happen in the same moment."""
    inside, waiting = Holder(limiter), Holder(limiter)
    await settle()
    waiting.task.cancel()
    inside.task.cancel()
    limiter.stop()
    await asyncio.wait({inside.task, waiting.task})

    assert (0, 0) == (limiter.running, limiter.waiting)


async def test_stop_twice_is_stop(limiter):
    """A second signal may come at any moment."""
    inside = Holder(limiter)
    await settle()
    limiter.stop()
    await asyncio.sleep(0)
    limiter.stop()
    [end] = await asyncio.gather(inside.task, return_exceptions=True)

    assert (Stopping, 0) == (type(end), limiter.running)
