"""What a program sees that uses Anthropic's SDK: each face reads the same bytes, and some talk to the server."""

from __future__ import annotations

import json

from conformance.common.registry import MUST, SHOULD, check
from conformance.messages.scenarios import Wanted
from conformance.messages.subjects.sdk import Live, Reading


@check("messages.sdk.accepts", MUST)
def accepts(reading: Reading) -> None:
    """anthropic-python gives the message, by every way to ask for it, sync and async, beta or not."""
    assert reading.loose.failed_with is None, reading.loose.why


@check("messages.sdk.validates", MUST)
def validates(reading: Reading) -> None:
    """anthropic-python with `_strict_response_validation=True`: every object is valid by the SDK's own models."""
    assert reading.strict.failed_with is None, reading.strict.why


@check("messages.sdk.content", MUST, "has-blocks")
def content(reading: Reading) -> None:
    """`message.content` is the model's answer, block for block, however it was asked for."""
    assert _bare(_blocks(reading)) == _bare(reading.told.content)


@check("messages.sdk.stop-reason", MUST)
def stop_reason(reading: Reading) -> None:
    """`message.stop_reason` is what the model's end calls for."""
    assert reading.expect.finish_reason in (None, reading.told.stop_reason)


@check("messages.sdk.pieces", MUST, "has-blocks")
def pieces(reading: Reading) -> None:
    """Helpers guide: the `text` events of `.stream()` add up to the text of the finished message."""
    assert reading.told.pieces in (None, reading.expect.content)


@check("messages.sdk.parsed", MUST, "json_schema")
def parsed(reading: Reading) -> None:
    """Helpers guide: `messages.parse()` gives the object that the schema describes."""
    content = reading.expect.content
    wanted = json.loads(content) if content else reading.told.parsed

    assert reading.face != "parse" or (wanted and wanted == reading.told.parsed), f"parsed {reading.told.parsed!r}"


@check("messages.sdk.live", MUST)
def live(reading: Live) -> None:
    """anthropic-python against the server itself, sync and async, validating: the message comes without an error."""
    assert reading.strict.failed_with is None, reading.strict.why


@check("messages.sdk.live-content", MUST, "has-blocks")
def live_content(reading: Live) -> None:
    """What arrives over the network is the model's answer."""
    assert _bare(_blocks(reading)) == _bare(reading.told.content)


@check("messages.sdk.live-request-id", SHOULD, "text")
def live_request_id(reading: Live) -> None:
    """anthropic-python README, "Request IDs": `_request_id` of a finished message is the `request-id` header."""
    assert reading.face not in ("create", "async-create") or reading.told.request_id, "`_request_id` is empty"


def _blocks(reading: Reading) -> list[dict[str, object]]:
    expect = reading.expect
    return list((expect.blocks if isinstance(expect, Wanted) else None) or ())


def _bare(blocks: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return blocks without fields that are null: some versions of the SDK add them, some leave them out."""
    return [{name: value for name, value in block.items() if value is not None} for block in blocks]
