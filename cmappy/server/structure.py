"""How much JSON a body holds and how deep, counted while it arrives, so that nothing too large is ever parsed (pure).

The parser cannot be interrupted, and what costs it time is not bytes but values: 60 MB of text take a moment, 60 MB of
`[]` half a minute. Text is skipped here, so that a long text full of brackets is no reason to refuse a body.
"""

from __future__ import annotations

from itertools import accumulate

from cmappy.errors import InvalidRequest, TooLarge

MAX_VALUES = 250_000  # parsed in about 0.1 s
MAX_DEPTH = 128  # levels; the JSON writer takes 254, and a turn wraps what it is given into a few more

_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))
_STEP = tuple({ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}.get(byte, 0) for byte in range(256))


class Structure:
    """What is known of a body after the bytes that were fed: linear in them, and a few milliseconds for 256 kB."""

    def __init__(self) -> None:
        self.values = 1
        self.depth = 0
        self._in_text = False
        self._escape = b""  # a backslash whose character has not arrived yet

    def feed(self, data: bytes) -> None:
        """Count further bytes; raises TooLarge or InvalidRequest as soon as there are too many values or levels."""
        data = self._escape + data
        self._escape = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
        data = data[: len(data) - len(self._escape)].replace(b"\\\\", b"").replace(b'\\"', b"")
        parts = data.split(b'"')
        structure = b"".join(parts[self._in_text :: 2]).translate(None, _NOT_STRUCTURE)
        self._in_text ^= not len(parts) % 2
        self.values += structure.count(b",") + structure.count(b"[") + structure.count(b"{")
        if self.values > MAX_VALUES:
            raise TooLarge(f"The body has more than {MAX_VALUES} JSON values. Send fewer, or as text.")
        depths = accumulate(map(_STEP.__getitem__, structure), initial=self.depth)
        *_, self.depth = seen = list(depths)
        if max(seen) > MAX_DEPTH:
            raise InvalidRequest(f"The body is nested more than {MAX_DEPTH} levels deep. Send it flatter.")
