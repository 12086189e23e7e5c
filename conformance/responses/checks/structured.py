"""Structured output: `text.format` json_schema and json_object (API reference, "Structured Outputs")."""

from __future__ import annotations

import json

from conformance.common.exchange import is_json_object
from conformance.common.registry import MUST, check
from conformance.responses.subjects.answer import Plain
from conformance.responses.subjects.sdk import Reading
from conformance.responses.subjects.stream import Stream


@check("responses.structured.bare", MUST, "json_schema", "json_object")
def bare(answer: Plain) -> None:
    """The text is the JSON object and nothing else: no fences, no prose; `parse()` raises on both."""
    if answer.response.ending == "completed" and not answer.response.refusal:
        assert is_json_object(answer.response.text), f"the text is {answer.response.text!r}"


@check("responses.structured.stream-bare", MUST, "json_schema", "json_object")
def stream_bare(stream: Stream) -> None:
    """The pieces of the text add up to the JSON object and nothing else."""
    if stream.response.ending == "completed" and not stream.response.refusal:
        assert is_json_object(stream.text()), f"the text is {stream.text()!r}"


@check("responses.structured.parsed", MUST, "json_schema")
def parsed(reading: Reading) -> None:
    """Helpers guide: `responses.parse()` and `.stream()` give the object that the schema describes."""
    if reading.parses and reading.comes:
        told, content = reading.told.parsed, reading.expect.content
        wanted = (told or "any object") if content is None else json.loads(content or "null")

        assert wanted == told
