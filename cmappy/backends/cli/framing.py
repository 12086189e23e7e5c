"""Bytes become lines (pure): cut at line feeds only, because U+2028 may stand raw inside a JSON string."""

from __future__ import annotations

from collections import deque


class Lines:
    """Whole lines in the order in which they came; sizes are in bytes.

    `size` is what the whole lines hold, `partial` what has come of a line whose end is missing.
    """

    def __init__(self) -> None:
        self.size = self.partial = 0
        self._whole: deque[bytes] = deque()
        self._rest: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        first, *others = data.split(b"\n")
        self._rest.append(first)
        self.partial += len(first)
        if others:
            whole = (b"".join(self._rest), *others[:-1])
            self._whole.extend(whole)
            self.size += sum(map(len, whole))
            self._rest, self.partial = others[-1:], len(others[-1])

    def __len__(self) -> int:
        return len(self._whole)

    def pop(self) -> bytes:
        """Return the oldest line, without its end; raises IndexError if there is none."""
        line = self._whole.popleft()
        self.size -= len(line)
        return line
