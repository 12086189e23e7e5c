"""The queue by itself: the moments that no client can hit on purpose."""

import asyncio

import pytest

from cmappy.errors import Busy, Stopping, TimedOut
from cmappy.server.queue import Queue

pytestmark = pytest.mark.anyio

LONG = 3600


@pytest.fixture
def anyio_backend():
    """Name the one event loop that the server runs on."""
    return "asyncio"


@pytest.fixture
def queue():
    """Return a queue with one place, in which one may wait."""
    return Queue(most=1, length=1, patience=LONG)


class Holder:
    """A request: holds a place until it is told to leave, or is cancelled."""

    def __init__(self, queue):
        self.inside = asyncio.Event()
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._run(queue))

    async def _run(self, queue):
        async with queue.place(LONG):
            self.inside.set()
            await self.leave.wait()


async def settle():
    """Let all tasks run until they wait for something."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_places_are_given_in_order_of_arrival(queue):
    """Nobody who comes later is served earlier."""
    holders = []
    for _ in range(4):
        holders.append(Holder(queue))
        await settle()
    order = []
    for holder in holders:
        await holder.inside.wait()
        order.append([each.inside.is_set() for each in holders].count(True))
        holder.leave.set()
        await holder.task

    assert ([1, 2, 3, 4], 0, 0) == (order, queue.running, queue.waiting)


async def test_who_leaves_while_waiting_frees_his_place(queue):
    """The next in line does not wait for somebody who is gone."""
    first, second, third = Holder(queue), Holder(queue), Holder(queue)
    await settle()
    second.task.cancel()
    await settle()
    waiting = queue.waiting
    first.leave.set()
    await third.inside.wait()
    third.leave.set()
    await third.task

    assert (1, False, 0) == (waiting, second.inside.is_set(), queue.running)


async def test_who_leaves_in_the_moment_of_his_turn_hands_it_on(queue):
    """A place that is given to somebody who has just left must not be lost."""
    async with queue.place(LONG):
        second, third = Holder(queue), Holder(queue)
        await settle()
    second.task.cancel()  # it has been given the place, and has not run since
    await third.inside.wait()
    third.leave.set()
    await third.task

    assert (False, 0, 0) == (second.inside.is_set(), queue.running, queue.waiting)


async def test_who_is_about_to_leave_is_passed_over(queue):
    """A place that becomes free goes to somebody who still wants it."""
    first, second, third = Holder(queue), Holder(queue), Holder(queue)
    await settle()
    second.task.cancel()  # and does not run before the place is free
    first.leave.set()
    await third.inside.wait()
    third.leave.set()
    await third.task

    assert (False, 0, 0) == (second.inside.is_set(), queue.running, queue.waiting)


async def test_admission_counts_as_long_as_its_block_lasts(queue):
    """Waiting, running and unread requests are bounded together."""
    with queue.admit(), queue.admit():
        with pytest.raises(Busy) as refusal, queue.admit():
            pass
        full = queue.unread
    with queue.admit():
        one = queue.unread

    assert (2, 1, "5") == (full, one, refusal.value.headers()["retry-after"])


async def test_waiting_has_an_end():
    """A client is told soon enough to try elsewhere."""
    queue = Queue(most=1, length=1, patience=0.01)
    holder = Holder(queue)
    await settle()
    with pytest.raises(Busy):
        async with queue.place(LONG):
            pass
    holder.leave.set()
    await holder.task

    assert (0, 0) == (queue.running, queue.waiting)


async def test_answer_has_an_end(queue):
    """What hangs gives its place back."""
    with pytest.raises(TimedOut, match="was not complete after"):
        async with queue.place(0.01):
            await asyncio.Event().wait()

    assert 0 == queue.running


async def test_timeout_of_something_else_stays_what_it_is(queue):
    """Only the limit of the place is told as such."""
    with pytest.raises(TimeoutError, match="disk"):
        async with queue.place(LONG):
            raise TimeoutError("disk")

    assert 0 == queue.running


async def test_stop_tells_everybody(queue):
    """Those inside, those who wait, and those who still come."""
    inside, waiting = Holder(queue), Holder(queue)
    await settle()
    queue.stop()
    ends = [await asyncio.gather(holder.task, return_exceptions=True) for holder in (inside, waiting, Holder(queue))]
    with pytest.raises(Stopping), queue.admit():
        pass

    assert ([Stopping] * 3, 0, 0) == ([type(end) for [end] in ends], queue.running, queue.waiting)


async def test_stop_does_not_disturb_who_is_leaving_already(queue):
    """Both may happen in the same moment."""
    inside, waiting = Holder(queue), Holder(queue)
    await settle()
    waiting.task.cancel()
    inside.task.cancel()
    queue.stop()
    await asyncio.wait({inside.task, waiting.task})

    assert (0, 0) == (queue.running, queue.waiting)


async def test_stop_twice_is_stop(queue):
    """A second signal may come at any moment."""
    inside = Holder(queue)
    await settle()
    queue.stop()
    await asyncio.sleep(0)
    queue.stop()
    [end] = await asyncio.gather(inside.task, return_exceptions=True)

    assert (Stopping, 0) == (type(end), queue.running)
