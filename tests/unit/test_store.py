"""The store forgets by age and by size, keeps owners apart, and counts what conversations share once."""

import pytest

from cmappy.faces.store import OVERHEAD, Record, Store, nothing


class Clock:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self):
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock():
    """Return a clock to be set."""
    return Clock()


def record(text="x", previous=None):
    """Return a record of a text."""
    return Record(text, len(text), previous)


def test_what_is_kept_is_found_by_all_its_ids(clock):
    """An item's id leads to the record that holds it."""
    shelf = Store(1 << 20, 60, clock).shelf("a")
    kept = record()
    shelf.keep("resp_1", kept, also=["msg_1"])

    assert [kept, kept, None] == [shelf.find(id) for id in ("resp_1", "msg_1", "msg_2")]


def test_owners_see_their_own_only(clock):
    """Nobody finds or drops what another owner keeps."""
    store = Store(1 << 20, 60, clock)
    store.shelf("a").keep("resp_1", record())

    assert store.shelf("b").find("resp_1") is None
    assert not store.shelf("b").drop("resp_1")
    assert store.shelf("a").find("resp_1") is not None


def test_a_dropped_record_is_gone_with_all_its_ids(clock):
    """After a deletion nothing leads to the record, and nothing is counted."""
    store = Store(1 << 20, 60, clock)
    shelf = store.shelf("a")
    shelf.keep("resp_1", record(), also=["msg_1"])

    assert shelf.drop("resp_1")
    assert not shelf.drop("resp_1")
    assert [None, None] == [shelf.find("resp_1"), shelf.find("msg_1")]
    assert store.size == 0


def test_an_id_stays_with_the_record_that_took_it_last(clock):
    """Deleting an earlier record does not take away an id that a later one has taken over."""
    shelf = Store(1 << 20, 60, clock).shelf("a")
    later = record()
    shelf.keep("resp_1", record(), also=["msg_1"])
    shelf.keep("resp_2", later, also=["msg_1"])
    shelf.drop("resp_1")

    assert shelf.find("msg_1") is later


@pytest.mark.parametrize(("after", "found"), [(60, True), (60.5, False)])
def test_records_are_forgotten_when_they_have_not_been_used_for_too_long(clock, after, found):
    """The age counts from the last use."""
    shelf = Store(1 << 20, 60, clock).shelf("a")
    shelf.keep("resp_1", record())
    clock.now = 50
    shelf.find("resp_1")
    clock.now = 50 + after

    assert (shelf.find("resp_1") is not None) is found


def test_without_room_the_record_unused_for_longest_goes_first(clock):
    """Reading a record keeps it."""
    shelf = Store(2 * (OVERHEAD + 10), 60, clock).shelf("a")
    shelf.keep("resp_1", record("x" * 10))
    shelf.keep("resp_2", record("x" * 10))
    shelf.find("resp_1")
    shelf.keep("resp_3", record("x" * 10))

    assert ["resp_1", "resp_3"] == [id for id, _ in shelf.records(str)]


def test_the_owner_who_takes_most_room_gives_it(clock):
    """A greedy owner does not push out what others keep."""
    store = Store(3 * (OVERHEAD + 10), 60, clock)
    store.shelf("modest").keep("resp_0", record("x" * 10))
    for at in range(1, 9):
        store.shelf("greedy").keep(f"resp_{at}", record("x" * 10))

    assert ["resp_0"] == [id for id, _ in store.shelf("modest").records(str)]
    assert ["resp_7", "resp_8"] == [id for id, _ in store.shelf("greedy").records(str)]
    assert store.size == 3 * (OVERHEAD + 10)


def test_a_record_larger_than_the_store_is_not_kept(clock):
    """What cannot fit is forgotten at once, and is not counted."""
    store = Store(OVERHEAD, 60, clock)
    store.shelf("a").keep("resp_1", record("x" * 10))

    assert store.shelf("a").find("resp_1") is None
    assert store.size == 0


def test_a_conversation_costs_its_increments(clock):
    """What ten answers continue is held once, and as long as one of them is there."""
    store = Store(1 << 20, 60, clock)
    shelf = store.shelf("a")
    last = None
    for at in range(10):
        last = record("x" * 100, last)
        shelf.keep(f"resp_{at}", last)
    assert store.size == 10 * (OVERHEAD + 100)

    for at in range(9):
        shelf.drop(f"resp_{at}")
    assert store.size == 10 * (OVERHEAD + 100)
    assert len(shelf.find("resp_9").chain()) == 10

    shelf.drop("resp_9")
    assert store.size == 0


def test_a_conversation_continues_what_was_forgotten_in_the_meantime(clock):
    """A record that was found before it was forgotten is held again by what continues it."""
    store = Store(1 << 20, 60, clock)
    shelf = store.shelf("a")
    first = record("x" * 100)
    shelf.keep("resp_1", first)
    shelf.drop("resp_1")
    shelf.keep("resp_2", record("x" * 100, first))

    assert store.size == 2 * (OVERHEAD + 100)


def test_a_record_is_replaced_under_its_id(clock):
    """The same id again takes the place of what was there."""
    store = Store(1 << 20, 60, clock)
    shelf = store.shelf("a")
    shelf.keep("chatcmpl-1", record("old"))
    shelf.keep("chatcmpl-1", record("newer"))

    assert shelf.find("chatcmpl-1").value == "newer"
    assert store.size == OVERHEAD + 5


@pytest.mark.parametrize(("capacity", "age"), [(0, 60), (1 << 20, 0)], ids=["no bytes", "no time"])
def test_nothing_is_kept_if_the_store_is_off(clock, capacity, age):
    """0 switches it off."""
    shelf = Store(capacity, age, clock).shelf("a")
    shelf.keep("resp_1", record())

    assert shelf.find("resp_1") is None


def test_the_default_shelf_keeps_nothing():
    """Whoever brings no store has none."""
    shelf = nothing()
    shelf.keep("resp_1", record())

    assert [] == list(shelf.records(str))


def test_only_records_of_the_asked_kind_are_listed(clock):
    """Two APIs share the store; each sees its own."""
    shelf = Store(1 << 20, 60, clock).shelf("a")
    shelf.keep("resp_1", record())
    shelf.keep("chatcmpl-1", Record(b"x", 1))

    assert ["chatcmpl-1"] == [id for id, _ in shelf.records(bytes)]


def test_owner_knows_how_much_is_kept(clock):
    """Only of its own."""
    store = Store(1 << 20, 60, clock)
    store.shelf("a").keep("resp_1", record("xyz"))

    assert (OVERHEAD + 3, 0) == (store.shelf("a").size, store.shelf("b").size)
