"""How a process has been used, and so how likely its conversation goes on (pure; times in seconds, of any clock)."""

from __future__ import annotations

from dataclasses import dataclass

_STALE = 60.0  # seconds after which a conversation is taken for left, unless its pauses are long
_OFTEN = 2  # turns in a row after which a conversation is in use, and gives its process to no other without need
_PAUSES = 4  # how many of its usual pauses a conversation may pause and still be in use


@dataclass(slots=True)
class Use:
    """`hits` counts the turns that went on where an earlier one had ended; `since` is when the last one was over.

    `gap` is the mean pause between them.
    """

    hits: int = 0
    since: float = 0.0
    gap: float = 0.0

    def goes_on(self, now: float) -> None:
        """Take it that the conversation goes on."""
        self.gap = (self.gap * self.hits + now - self.since) / (self.hits + 1)
        self.hits += 1

    def begins(self) -> None:
        """Take it that the process is given to another conversation."""
        self.hits, self.gap = 0, 0.0

    def is_likely(self, now: float) -> bool:
        """Return whether the conversation will probably go on: it has, twice, and pauses no longer than usual."""
        return self.hits >= _OFTEN and now - self.since <= _PAUSES * self.gap + 1

    def rank(self, now: float) -> tuple[bool, float, float]:
        """Return what orders processes by how little is lost with them.

        First those that were left, the oldest one first. Of the others, who has gone on least and was used last: where
        more conversations than processes take turns, the excess shares a few processes, and the rest keep theirs. The
        one that was unused for longest would be the very one that comes next.
        """
        if now - self.since > max(_STALE, _PAUSES * self.gap):
            return False, self.since, 0.0
        return True, self.hits, -self.since
