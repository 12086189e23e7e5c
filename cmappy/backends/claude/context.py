"""What the model of one process would be asked with: set-up and messages, and how much of a turn is there (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cmappy.backends.claude.phases import OutOfPlace
from cmappy.backends.claude.prints import Print
from cmappy.backends.claude.setup import Setup
from cmappy.backends.claude.transcript import Transcript
from cmappy.turn import Turn


class Context:
    """Set-up and transcript of one process; `wanted` are the prints of a turn's messages."""

    def __init__(self, base_url: str) -> None:
        self.setup = Setup(base_url)
        self.transcript = Transcript()

    def serves(self, turn: Turn) -> bool:
        """Return whether the process can be switched to a turn."""
        return self.transcript.movable and self.setup.can_become(turn)

    def shared(self, turn: Turn, wanted: Sequence[Print]) -> int:
        """Return how many messages of a turn the process has already, marks aside; 0 if it is set up for others."""
        return self.transcript.shared(wanted) if self.setup.fits(turn) else 0

    def continues(self, turn: Turn, wanted: Sequence[Print]) -> bool:
        """Return whether the turn adds one message to what the process has, so that nothing has to be rewound."""
        length = len(self.transcript)
        return 0 < length == len(wanted) - 1 and self._kept(turn, wanted) == length

    def switch(self, turn: Turn, wanted: Sequence[Print]) -> list[dict[str, Any]]:
        """Return the control requests that make the process one that knows the beginning of a turn, and no more.

        Raises OutOfPlace if there are none that do.
        """
        kept = self._kept(turn, wanted)
        requests: list[dict[str, Any]] = []
        if kept < len(self.transcript):
            if not self.serves(turn):
                raise OutOfPlace("cannot be switched to this conversation")
            requests.append(self.transcript.rewind(kept))
        return requests + self.setup.switch(turn)

    def _kept(self, turn: Turn, wanted: Sequence[Print]) -> int:
        """Return how many messages of a turn the process has exactly as they have to be."""
        return self.transcript.kept(turn, wanted) if self.setup.fits(turn) else 0
