"""Structured output: `response_format` json_schema and json_object (API reference, "Structured Outputs")."""

from __future__ import annotations

import json

from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.sdk import Reading
from conformance.chat.subjects.stream import Stream
from conformance.common.exchange import is_json_object
from conformance.common.registry import MUST, check


@check("structured.bare", MUST, "json_schema", "json_object")
def bare(answer: Plain) -> None:
    """The content is the JSON object and nothing else: no fences, no prose; `parse()` raises on both."""
    assert is_json_object(answer.message("content")), f"`content` is {answer.message('content')!r}"


@check("structured.stream-bare", MUST, "json_schema", "json_object")
def stream_bare(stream: Stream) -> None:
    """The pieces of the content add up to the JSON object and nothing else."""
    assert is_json_object(stream.text()), f"the text is {stream.text()!r}"


@check("structured.parsed", MUST, "json_schema")
def parsed(reading: Reading) -> None:
    """Helpers guide: `chat.completions.parse()` and `.stream()` give the object that the schema describes."""
    if reading.parses and reading.comes_whole:
        told, content = reading.told.parsed, reading.expect.content
        wanted = (told or "any object") if content is None else json.loads(content or "null")

        assert wanted == told
