"""Answers that clients refer to later: kept in memory only, bounded by bytes and by age, apart for each owner.

What is kept continues what was kept before it (`Record.previous`), so a conversation costs its increments, and a record
stays in memory for as long as a later one continues it, even after it can no longer be asked for by its own id. When
there is no room, the owner who takes most of it loses what it has not used for longest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import RLock
from typing import Any

OVERHEAD = 1 << 10  # bytes that a record costs besides what it holds


@dataclass(slots=True, eq=False)
class Record:
    """Something kept: `value` is the face's own and never changed, `size` its length in bytes."""

    value: Any
    size: int
    previous: Record | None = None
    holders: int = 0  # ids and later records that need it; the store's own count

    def chain(self) -> list[Record]:
        """Return the records of the conversation, the oldest first and this one last."""
        chain: list[Record] = []
        record: Record | None = self
        while record:
            chain.append(record)
            record = record.previous
        return chain[::-1]


@dataclass(slots=True)
class _Slot:
    record: Record
    used: float
    also: tuple[str, ...]


class _Owned:
    """What one owner has, in the order of its last use."""

    def __init__(self) -> None:
        self.slots: OrderedDict[str, _Slot] = OrderedDict()
        self.also: dict[str, str] = {}
        self.size = 0

    def hold(self, record: Record | None) -> None:
        while record:
            record.holders += 1
            if record.holders > 1:
                return
            self.size += record.size + OVERHEAD
            record = record.previous

    def remove(self, id: str) -> None:
        slot = self.slots.pop(id)
        for name in slot.also:
            if self.also.get(name) == id:
                del self.also[name]
        record: Record | None = slot.record
        while record:
            record.holders -= 1
            if record.holders:
                return
            self.size -= record.size + OVERHEAD
            record = record.previous


class Store:
    """All that is kept: at most `capacity` bytes, each record for `age` seconds after its last use; 0 keeps nothing.

    `clock` returns seconds.
    """

    def __init__(self, capacity: int, age: float, clock: Callable[[], float]) -> None:
        self._capacity = capacity if age > 0 else 0
        self._age = age
        self._clock = clock
        self.lock = RLock()  # large requests are read in a thread
        self._owners: dict[str, _Owned] = {}

    @property
    def size(self) -> int:
        """The bytes that are kept now."""
        return sum(owned.size for owned in self._owners.values())

    def shelf(self, owner: str) -> Shelf:
        """Return the part of the store that belongs to `owner`."""
        return Shelf(self, owner)

    def owned(self, owner: str) -> _Owned | None:
        """Return what an owner has, without what is too old."""
        self._expire()
        return self._owners.get(owner)

    def touch(self, owned: _Owned, id: str) -> Record:
        """Return a record, which is now the one used last."""
        owned.slots.move_to_end(id)
        slot = owned.slots[id]
        slot.used = self._clock()
        return slot.record

    def add(self, owner: str, id: str, record: Record, also: tuple[str, ...]) -> None:
        """Keep a record, and forget others if that takes too much room."""
        if not self._capacity:
            return
        self._expire()
        owned = self._owners.setdefault(owner, _Owned())
        if id in owned.slots:
            owned.remove(id)
        owned.slots[id] = _Slot(record, self._clock(), also)
        owned.also |= dict.fromkeys(also, id)
        owned.hold(record)
        while self.size > self._capacity:
            name, fullest = max(self._owners.items(), key=lambda item: item[1].size)
            self.drop(name, fullest, next(iter(fullest.slots)))

    def drop(self, owner: str, owned: _Owned, id: str) -> None:
        """Forget a record."""
        owned.remove(id)
        if not owned.slots:
            del self._owners[owner]

    def _expire(self) -> None:
        oldest = self._clock() - self._age
        for owner, owned in list(self._owners.items()):
            while owned.slots and owned.slots[first := next(iter(owned.slots))].used < oldest:
                self.drop(owner, owned, first)


class Shelf:
    """What one owner has in the store."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    @property
    def size(self) -> int:
        """The bytes that are kept for this owner."""
        with self._store.lock:
            owned = self._store.owned(self._owner)
            return owned.size if owned else 0

    def keep(self, id: str, record: Record, also: Iterable[str] = ()) -> None:
        """Keep a record under its id, in place of an earlier one; `also` are further ids that lead to it."""
        with self._store.lock:
            self._store.add(self._owner, id, record, tuple(also))

    def find(self, id: str) -> Record | None:
        """Return the record of that id, or that the id leads to; None if it is unknown, too old, or somebody else's."""
        with self._store.lock:
            owned = self._store.owned(self._owner)
            if owned is None:
                return None
            id = owned.also.get(id, id)
            return self._store.touch(owned, id) if id in owned.slots else None

    def drop(self, id: str) -> bool:
        """Forget the record of that id; return whether there was one."""
        with self._store.lock:
            owned = self._store.owned(self._owner)
            if owned is None or id not in owned.slots:
                return False
            self._store.drop(self._owner, owned, id)
            return True

    def records(self, kind: type) -> Iterator[tuple[str, Record]]:
        """Yield the ids and records whose value is of a type, the one used last at the end."""
        with self._store.lock:
            owned = self._store.owned(self._owner)
            slots = list(owned.slots.items()) if owned else []
        for id, slot in slots:
            if isinstance(slot.record.value, kind):
                yield id, slot.record


def nothing() -> Shelf:
    """Return a shelf that keeps nothing."""
    return Store(0, 0, lambda: 0.0).shelf("")
