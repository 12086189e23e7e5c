"""Names that must differ from each other (pure)."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64  # characters of a name that the API takes, of a tool as of a property
_ENDING = 6  # characters of `_2` and what follows it


class Names:
    """Gives each name once; all work is linear in the number of names, however alike they are."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """Return the name, which has `LONGEST` characters at most, or one like it if it is taken; it is then."""
        name, stem = wanted, wanted[: LONGEST - _ENDING]
        while name in self._taken:
            again = self._next.get(stem, 2)
            name, self._next[stem] = f"{stem}_{again}", again + 1
        self._taken.add(name)
        return name
