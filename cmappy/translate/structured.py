"""The answer that has to follow a JSON Schema: the CLI makes the model give it as the input of a tool."""

from __future__ import annotations

import jsonschema_rs
import orjson

from cmappy.errors import CliFailed

TOOL = "StructuredOutput"  # the CLI's name for it


class Structured:
    """Collects the structured part of an answer, and checks it when it is complete."""

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._text = ""
        self.open = False

    def begins(self, name: str) -> bool:
        """Return whether a call to the tool `name` is the structured answer, whose pieces then follow."""
        self.open = name == TOOL
        return self.open

    def feed(self, piece: str) -> None:
        """Take a piece of the answer's JSON."""
        self._text += piece

    def check(self) -> None:
        """Raise CliFailed if the answer does not follow the schema."""
        try:
            valid = jsonschema_rs.is_valid(orjson.loads(self._schema), orjson.loads(self._text or "{}"))
        except orjson.JSONDecodeError:
            valid = False
        if not valid:
            raise CliFailed("The model's answer does not follow the schema. Try again.", code="schema_not_followed")

    def missing(self) -> CliFailed:
        """Return the error for an answer that has no structured part."""
        return CliFailed(
            "The model answered in prose instead of following the schema, twice. Try again, or say in the prompt what "
            "is wanted.",
            code="schema_not_followed",
        )
