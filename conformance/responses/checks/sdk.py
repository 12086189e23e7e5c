"""What a program sees that uses the official SDK: each face reads the same bytes, and some talk to the server."""

from __future__ import annotations

import json

from conformance.common.exchange import is_json_object
from conformance.common.registry import MUST, SHOULD, check
from conformance.responses.subjects.sdk import Live, Reading


@check("responses.sdk.accepts", MUST)
def accepts(reading: Reading) -> None:
    """openai-python gives the answer; its helpers raise only where an answer is not complete."""
    assert reading.complains(reading.loose) is None


@check("responses.sdk.validates", MUST)
def validates(reading: Reading) -> None:
    """openai-python with `_strict_response_validation=True`: every object is valid by the SDK's own models."""
    assert reading.complains(reading.strict) is None


@check("responses.sdk.content", MUST, "has-content")
def content(reading: Reading) -> None:
    """`response.output_text` is the text of the answer."""
    assert not reading.comes or reading.expect.content == reading.told.whole


@check("responses.sdk.pieces", MUST, "has-content")
def pieces(reading: Reading) -> None:
    """The `response.output_text.delta` events add up to the finished text."""
    assert not reading.comes or reading.expect.content == reading.told.pieces


@check("responses.sdk.ending", MUST, "ends-completed", "ends-max_output_tokens")
def ending(reading: Reading) -> None:
    """`status` and `incomplete_details` are what the model's end calls for."""
    assert not reading.comes or reading.expect.finish_reason in (None, reading.told.ending)


@check("responses.sdk.calls", MUST, "has-calls")
def calls(reading: Reading) -> None:
    """The calls that a program gets are the model's: names and parsed arguments."""
    wanted = [(call.name, call.arguments) for call in reading.expect.calls if call.name in reading.offered]

    assert wanted == [(name, _arguments(text)) for _, name, text in reading.told.calls if name in reading.offered]


@check("responses.sdk.parsed-arguments", MUST, "has-calls")
def parsed_arguments(reading: Reading) -> None:
    """Helpers guide: `.stream()` parses the arguments of strict functions."""
    wanted = [call.arguments for call in reading.expect.calls if call.name in reading.offered]

    assert not reading.parses or wanted == [each for each in reading.told.parsed_calls if each is not None]


@check("responses.sdk.live", MUST)
def live(reading: Live) -> None:
    """openai-python against the server itself, sync and async, validating: the answer comes without an error."""
    assert reading.complains(reading.strict) is None


@check("responses.sdk.live-content", MUST, "has-content")
def live_content(reading: Live) -> None:
    """The text that arrives over the network is the text of the answer."""
    assert not reading.comes or reading.expect.content == reading.told.whole


@check("responses.sdk.live-request-id", SHOULD, "text")
def live_request_id(reading: Live) -> None:
    """openai-python README, "Request IDs": `_request_id` of a finished answer is the `x-request-id` header."""
    assert reading.face not in ("create", "async-create") or reading.told.request_id, "`_request_id` is empty"


def _arguments(text: str) -> object:
    return json.loads(text) if is_json_object(text) else text
