"""The counts in a file: they add up, are bounded, and no other file is touched."""

import sqlite3
import stat
import threading

import pytest

from cmappy.server.history.counts import Counts
from cmappy.server.history.ledger import BadHistory, Ledger


@pytest.fixture
def ledger(tmp_path):
    """Return a ledger whose file does not exist yet."""
    return Ledger(tmp_path / "history.sqlite")


def test_counts_are_there_for_the_next_server(ledger):
    """What one has written, another one reads."""
    ledger.add({3600: Counts(1, 2, 3, 4, 5, 6, 0.25)}, 0)

    assert {3600: Counts(1, 2, 3, 4, 5, 6, 0.25)} == Ledger(ledger.path).read(0)


def test_file_is_its_owners_only(ledger):
    """How much somebody uses is nobody else's business."""
    ledger.add({}, 0)

    assert 0o600 == stat.S_IMODE(ledger.path.stat().st_mode)


def test_nothing_is_left_beside_the_file(ledger):
    """A journal that stays behind means that a transaction was not ended."""
    ledger.add({3600: Counts(1)}, 0)

    assert [ledger.path] == list(ledger.path.parent.iterdir())


def test_counts_of_several_servers_add_up(ledger):
    """All at once, from the first moment on: no count is lost, and none counts twice."""
    servers = [threading.Thread(target=_add_often, args=(Ledger(ledger.path),)) for _ in range(4)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()

    assert {3600: Counts(40, answers=40, list_price=10.0)} == ledger.read(0)


def _add_often(ledger):
    for _ in range(10):
        ledger.add({3600: Counts(1, answers=1, list_price=0.25)}, 0)


def test_old_hours_are_forgotten(ledger):
    """The file is bounded."""
    ledger.add({hour * 3600: Counts(1) for hour in range(300)}, 0)

    assert 168 == len(ledger.add({}, 132 * 3600)) == len(ledger.read(0))


def test_reading_leaves_old_hours_out(ledger):
    """A file that no server has opened for a while."""
    ledger.add({3600: Counts(1), 7200: Counts(2)}, 0)

    assert {7200: Counts(2)} == ledger.read(7200)


def test_empty_file_becomes_a_history(ledger):
    """As `mktemp` makes it."""
    ledger.path.touch()

    assert {} == ledger.read(0)
    assert {3600: Counts(1)} == ledger.add({3600: Counts(1)}, 0)


@pytest.mark.parametrize("method", [lambda ledger: ledger.add({3600: Counts(1)}, 0), lambda ledger: ledger.read(0)])
@pytest.mark.parametrize("content", [b"not a database, but a text that is long enough\n" * 100, b"x"])
def test_file_that_is_no_database_is_left_alone(ledger, method, content):
    """A wrong name must not cost anybody a file."""
    ledger.path.write_bytes(content)

    with pytest.raises(BadHistory, match="is not a SQLite file"):
        method(ledger)

    assert content == ledger.path.read_bytes()


def test_database_of_another_program_is_left_alone(ledger):
    """A browser's history is one, too."""
    with sqlite3.connect(ledger.path) as database:
        database.execute("CREATE TABLE hours (anything)")
    database.close()
    before = ledger.path.read_bytes()

    with pytest.raises(BadHistory, match="belongs to another program"):
        ledger.add({3600: Counts(1)}, 0)

    assert before == ledger.path.read_bytes()


def test_history_of_a_newer_version_is_left_alone(ledger):
    """Its counts may mean something else."""
    ledger.add({3600: Counts(1)}, 0)
    with sqlite3.connect(ledger.path) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()

    with pytest.raises(BadHistory, match="newer cmappy"):
        ledger.add({3600: Counts(1)}, 0)


def test_missing_folder_is_an_error(tmp_path):
    """A folder is not made up."""
    with pytest.raises(FileNotFoundError):
        Ledger(tmp_path / "nowhere" / "history").add({}, 0)


def test_reading_makes_no_file(ledger):
    """`cmappy usage --history` with a wrong name."""
    with pytest.raises(FileNotFoundError):
        ledger.read(0)

    assert not ledger.path.exists()
