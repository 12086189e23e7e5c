"""The history of a running server: what is counted, when it is written, and what becomes of it if it cannot be."""

import errno
import logging
import sqlite3
import threading

import pytest

from cmappy.answer import Usage
from cmappy.server.history.counts import HOUR, Counts
from cmappy.server.history.history import History
from cmappy.server.history.ledger import BadHistory, Ledger
from cmappy.server.trace import Trace

pytestmark = pytest.mark.anyio

NOW = 1_764_072_000  # the beginning of an hour


class Clock:
    """A clock that stands still."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        """Return Unix seconds."""
        return self.now


class Disk(Ledger):
    """A file whose disk is full while `full`."""

    full: Exception | None = None

    def add(self, hours, since):
        """Add what fits."""
        if self.full:
            raise self.full
        return super().add(hours, since)


@pytest.fixture
def anyio_backend():
    """Name the one event loop that Sanic runs on."""
    return "asyncio"


@pytest.fixture
def clock():
    """Return a clock that tests set."""
    return Clock()


@pytest.fixture
def disk(tmp_path):
    """Return a file on a disk that may be full."""
    return Disk(tmp_path / "history")


def ended(**fields):
    """Return a request to an API that has ended."""
    return Trace("req_1", face="chat", **fields)


def test_whole_answer_is_counted(clock):
    """Tokens by how they are billed."""
    history = History(clock=clock)

    history.count(ended(usage=Usage(1, 2, 3, 4, 1)))

    assert {NOW: Counts(1, 3, 4, 2, answers=1)} == history.hours()


@pytest.mark.parametrize(
    ("trace", "counted"),
    [
        (ended(error="rate_limit_exceeded"), {NOW: Counts(errors=1)}),
        (ended(), {}),  # its client has left
        (Trace("req_1", error="not_found"), {}),  # nobody asked a model
        (Trace("req_1"), {}),
    ],
    ids=["error", "left", "no API", "metrics"],
)
def test_only_answers_and_errors_are_counted(clock, trace, counted):
    """Health checks and clients that leave are neither."""
    history = History(clock=clock)

    history.count(trace)

    assert counted == history.hours()


def test_price_is_counted_when_it_is_told(clock):
    """It comes after the answer, maybe in the next hour."""
    history = History(clock=clock)

    history.priced(0.25)
    clock.now += HOUR
    history.priced(0.5)

    assert [0.25, 0.5] == [counts.list_price for counts in history.hours().values()]


def test_week_is_kept_in_memory(clock):
    """A server that runs for years holds no more than 168 hours."""
    history = History(clock=clock)
    for _ in range(400):
        history.priced(1)
        clock.now += HOUR

    assert 168 >= len(history._pending)
    assert 167 == len(history.hours())


async def test_two_servers_add_up(disk, clock):
    """Each shows what both have counted."""
    one, other = History(Ledger(disk.path), clock), History(Ledger(disk.path), clock)
    await one.start()
    await other.start()

    one.priced(1)
    other.priced(2)
    await one.close()
    await other.close()
    await one.update()

    assert [3.0, 3.0] == [history.hours()[NOW].list_price for history in (one, other)]
    assert {NOW: Counts(list_price=3.0)} == disk.read(0)


async def test_counts_of_before_are_there_after_a_restart(disk, clock):
    """The reason for a file."""
    before = History(disk, clock)
    before.count(ended(usage=Usage(5)))
    await before.close()

    after = History(disk, clock)
    await after.start()

    assert {NOW: Counts(5, answers=1)} == after.hours()


async def test_full_disk_is_told_once_and_loses_nothing(disk, clock, caplog):
    """The server goes on; what could not be written is written later."""
    caplog.set_level(logging.INFO, "cmappy")
    history = History(disk, clock)
    await history.start()
    disk.full = sqlite3.OperationalError("database or disk is full")
    history.priced(1)
    await history.update()
    await history.update()
    told = [record.levelname for record in caplog.records]
    history.priced(2)
    assert (3.0, False, ["WARNING"]) == (history.hours()[NOW].list_price, history.kept, told)

    disk.full = None
    await history.update()

    assert ({NOW: Counts(list_price=3.0)}, True) == (disk.read(0), history.kept)
    assert "is written to" in caplog.records[-1].message


async def test_count_that_comes_while_the_file_is_written_is_counted_once(disk, clock):
    """Nothing waits for the disk."""
    history = History(disk, clock)
    history.priced(1)
    written, real = threading.Event(), disk.add
    disk.add = lambda *args: (written.wait(30), real(*args))[1]
    writing = history._begin()
    history.priced(2)
    assert 3.0 == history.hours().get(NOW, Counts()).list_price

    written.set()
    await writing
    await history.close()

    assert 3.0 == history.hours()[NOW].list_price == disk.read(0)[NOW].list_price


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("locked")]
)
async def test_start_goes_on_without_a_file_that_is_in_trouble(disk, clock, caplog, error):
    """A full disk, or a file that another program holds: that passes."""
    disk.full = error

    await History(disk, clock).start()

    assert ["WARNING"] == [record.levelname for record in caplog.records]


@pytest.mark.parametrize("error", [BadHistory("not ours"), PermissionError(errno.EACCES, "Permission denied")])
async def test_start_fails_with_a_file_that_can_never_be_used(disk, clock, error):
    """A wrong name is told at once."""
    disk.full = error

    with pytest.raises(type(error)):
        await History(disk, clock).start()
