"""Cuts an answer before the first stop sequence, wherever the pieces of text happen to be divided."""

from __future__ import annotations

from collections.abc import Sequence

from cmappy.errors import TooLarge

MOST = 256  # sequences; autocompletion sends more than OpenAI's 4
LONGEST = 10_000  # characters of all together: each piece of an answer is searched for all of them


def bounded(sequences: Sequence[str], param: str) -> tuple[str, ...]:
    """Return the stop sequences of a request without empty ones; raises TooLarge if they are too much to look for."""
    if len(sequences) > MOST or sum(map(len, sequences)) > LONGEST:
        raise TooLarge(
            f"At most {MOST} stop sequences are taken, of {LONGEST} characters together. Send fewer.", param=param
        )
    return tuple(sequence for sequence in sequences if sequence)


class Stop:
    """Lets text through until a stop sequence begins; holds back what might be the beginning of one.

    `reached` is the sequence that has come, None until then; after it nothing should be fed any more.
    """

    def __init__(self, sequences: tuple[str, ...]) -> None:
        self._sequences = tuple(sequence for sequence in sequences if sequence)
        self._held = ""
        self.reached: str | None = None

    def feed(self, text: str) -> str:
        """Return what of the text so far may be shown now."""
        if not self._sequences:
            return text
        text = self._held + text
        # Whichever is complete first counts: so the cut does not depend on how the text is divided.
        found = [(at + len(sequence), at, sequence) for sequence in self._sequences if (at := text.find(sequence)) >= 0]
        if found:
            _, at, self.reached = min(found)
            self._held = ""
            return text[:at]
        keep = max(_overlap(text, sequence) for sequence in self._sequences)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def flush(self) -> str:
        """Return what was held back, once no more text can come."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, sequence: str) -> int:
    """Return the length of the longest end of `text` that is a beginning of `sequence`."""
    for length in range(min(len(text), len(sequence) - 1), 0, -1):
        if text.endswith(sequence[:length]):
            return length
    return 0
