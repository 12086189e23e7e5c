"""The answer that has to follow a JSON Schema: the CLI makes the model give it as the input of a tool (pure)."""

from __future__ import annotations

from cmappy.errors import CliFailed
from cmappy.middle.schema import follows

TOOL = "StructuredOutput"  # the CLI's name for it


class Structured:
    """Collects the structured part of an answer, and checks it when it is complete.

    `open` says that a call is in progress whose arguments are the answer, `given` that there has been one. `prose` is
    what the model said beside it.
    """

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._pieces: list[str] = []
        self._calls = 0
        self.open = False
        self.prose = ""

    @property
    def given(self) -> bool:
        """Whether the model has begun a structured answer."""
        return self._calls > 0

    def begins(self, name: str) -> bool:
        """Return whether a call to the tool `name` is the structured answer, whose pieces then follow."""
        self.open = name == TOOL
        self._calls += self.open
        return self.open

    def feed(self, piece: str) -> str:
        """Return what a piece of a call's arguments adds to the answer; a second call has no room in it."""
        if self._calls > 1:
            return ""
        self._pieces.append(piece)
        return piece

    def stop(self) -> str:
        """Return what completes the answer at the end of its call: an object, if the model gave nothing."""
        self.open = False
        return "" if any(self._pieces) else self.feed("{}")

    def check(self) -> None:
        """Raise CliFailed if the answer does not follow the schema."""
        if not follows(self._schema, "".join(self._pieces)):
            raise CliFailed("The model's answer does not follow the schema. Try again.", code="schema_not_followed")

    def missing(self) -> CliFailed:
        """Return the error for an answer that has no structured part."""
        return CliFailed(
            "The model answered in prose instead of following the schema, twice. Try again, or say in the prompt what "
            "is wanted.",
            code="schema_not_followed",
        )
