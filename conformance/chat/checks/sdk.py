"""What a program sees that uses the official SDK: each face reads the same bytes, and some talk to the server."""

from __future__ import annotations

import json

from conformance.chat.subjects.sdk import Live, Reading
from conformance.common.exchange import is_json_object
from conformance.common.registry import MUST, SHOULD, check


@check("sdk.accepts", MUST)
def accepts(reading: Reading) -> None:
    """openai-python gives the answer; its helpers raise exactly where an answer ended early."""
    assert reading.due_error == reading.loose.failed_with, reading.loose.why


@check("sdk.validates", MUST)
def validates(reading: Reading) -> None:
    """openai-python with `_strict_response_validation=True`: every object is valid by the SDK's own models."""
    assert reading.due_error == reading.strict.failed_with, reading.strict.why


@check("sdk.content", MUST, "has-content")
def content(reading: Reading) -> None:
    """`choices[0].message.content`, or the sum of `delta.content`, is the text of the answer."""
    assert not reading.comes_whole or reading.expect.content == reading.told.whole


@check("sdk.pieces", MUST, "has-content")
def pieces(reading: Reading) -> None:
    """Helpers guide: the `content.delta` events add up to the finished message."""
    assert not reading.comes_whole or reading.expect.content == reading.told.pieces


@check("sdk.finish-reason", MUST)
def finish_reason(reading: Reading) -> None:
    """`finish_reason` is what the model's end calls for."""
    assert not reading.comes_whole or reading.expect.finish_reason in (None, reading.told.finish_reason)


@check("sdk.calls", MUST, "has-calls")
def calls(reading: Reading) -> None:
    """The tool calls that a program gets are the model's: names and parsed arguments, each with an id of its own."""
    wanted = [(call.name, call.arguments) for call in reading.expect.calls]

    assert wanted == [(name, _arguments(text)) for _, name, text in reading.told.calls]


@check("sdk.parsed-arguments", MUST, "has-calls")
def parsed_arguments(reading: Reading) -> None:
    """Helpers guide: `.stream()` parses the arguments of strict tools when a call is complete."""
    wanted = tuple(call.arguments if call.name in reading.offered else None for call in reading.expect.calls)

    assert not reading.parses or wanted == reading.told.parsed_calls


@check("sdk.live", MUST)
def live(reading: Live) -> None:
    """openai-python against the server itself, sync and async, validating: the answer comes without an error."""
    assert reading.due_error == reading.strict.failed_with, reading.strict.why


@check("sdk.live-content", MUST, "has-content")
def live_content(reading: Live) -> None:
    """The text that arrives over the network is the text of the answer."""
    assert not reading.comes_whole or reading.expect.content == reading.told.whole


@check("sdk.live-finish-reason", MUST)
def live_finish_reason(reading: Live) -> None:
    """The reason that arrives over the network is the answer's."""
    assert not reading.comes_whole or reading.expect.finish_reason in (None, reading.told.finish_reason)


@check("sdk.live-request-id", SHOULD, "text")
def live_request_id(reading: Live) -> None:
    """openai-python README, "Request IDs": `_request_id` of a finished answer is the `x-request-id` header."""
    assert reading.face not in ("create", "async-create") or reading.told.request_id, "`_request_id` is empty"


def _arguments(text: str) -> object:
    return json.loads(text) if is_json_object(text) else text
