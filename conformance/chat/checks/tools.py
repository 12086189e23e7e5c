"""Function calling (API reference, "Function calling"; SDK: ChatCompletionMessageToolCall, ChoiceDeltaToolCall)."""

from __future__ import annotations

import json
from typing import Any

from conformance.chat.subjects.answer import Plain
from conformance.chat.subjects.stream import Stream
from conformance.common.exchange import Json, is_json_object, is_text, pick, without
from conformance.common.registry import MUST, SHOULD, check


@check("tools.called", MUST, "has-calls")
def called(answer: Plain) -> None:
    """The calls that the model made arrive, all of them, in order, under the client's own names."""
    assert [call.name for call in answer.expect.calls] == [pick(call, "function", "name") for call in answer.calls]


@check("tools.id", MUST, "has-calls")
def identifiers(answer: Plain) -> None:
    """SDK: a tool call's id is a required str; the tool's result is sent back under it."""
    assert [] == [call for call in answer.calls if not is_text(pick(call, "id"))]


@check("tools.ids-differ", MUST, "has-calls")
def ids_differ(answer: Plain) -> None:
    """Results are told apart by the id of their call alone."""
    ids = [repr(pick(call, "id")) for call in answer.calls]

    assert sorted(set(ids)) == sorted(ids)


@check("tools.type", MUST, "has-calls")
def kind(answer: Plain) -> None:
    """SDK: a call of a function has the type "function", by which the SDK chooses its class."""
    assert [] == without((pick(call, "type") for call in answer.calls), ["function"])


@check("tools.arguments-text", MUST, "has-calls")
def arguments_are_text(answer: Plain) -> None:
    """API reference: `arguments` is JSON as a string, never an object; without arguments it is "{}"."""
    assert [] == [call for call in answer.calls if not is_json_object(pick(call, "function", "arguments"))]


@check("tools.arguments", MUST, "has-calls")
def arguments(answer: Plain) -> None:
    """The arguments are the model's own."""
    wanted = [call.arguments for call in answer.expect.calls]

    assert wanted == [_parsed(pick(call, "function", "arguments")) for call in answer.calls]


@check("tools.no-text", SHOULD, "has-calls")
def no_text(answer: Plain) -> None:
    """API reference, example: `content` is null where the model only called tools."""
    assert answer.message("content") == (answer.expect.content or None) or answer.expect.content is None


@check("tools.stream-called", MUST, "has-calls")
def stream_called(stream: Stream) -> None:
    """The calls arrive in a stream too, all of them, in order."""
    wanted = [call.name for call in stream.expect.calls]

    assert wanted == ["".join(names) for names in stream.each_call("function", "name")]


@check("tools.stream-index", MUST, "has-calls")
def stream_index(stream: Stream) -> None:
    """SDK: ChoiceDeltaToolCall.index is a required int, counted from 0: `.stream()` raises IndexError otherwise."""
    wanted = list(range(len(stream.call_pieces)))

    assert wanted == [pick(pieces, 0, "index") for pieces in stream.call_pieces]


@check("tools.stream-id-once", MUST, "has-calls")
def stream_id_once(stream: Stream) -> None:
    """`.stream()` adds up every string in the deltas: an id that is repeated becomes `call_1call_1`."""
    assert [1] * len(stream.call_pieces) == [len([id for id in ids if id]) for ids in stream.each_call("id")]


@check("tools.stream-ids-differ", MUST, "has-calls")
def stream_ids_differ(stream: Stream) -> None:
    """Results are told apart by the id of their call alone."""
    ids = [repr(ids[:1]) for ids in stream.each_call("id")]

    assert sorted(set(ids)) == sorted(ids)


@check("tools.stream-name-once", MUST, "has-calls")
def stream_name_once(stream: Stream) -> None:
    """The name is told once for each call, like the id."""
    names = stream.each_call("function", "name")

    assert [1] * len(stream.call_pieces) == [len([name for name in told if name]) for told in names]


@check("tools.stream-first-piece", MUST, "has-calls")
def stream_first_piece(stream: Stream) -> None:
    """API reference, example: the first piece of a call has its id, type and name; programs create the call from it."""
    first = [pieces[0] for pieces in stream.call_pieces]

    assert [] == [piece for piece in first if not _introduces(piece)]


@check("tools.stream-arguments-text", MUST, "has-calls")
def stream_arguments_are_text(stream: Stream) -> None:
    """SDK: the pieces of `arguments` are strings."""
    told = [piece for pieces in stream.each_call("function", "arguments") for piece in pieces]

    assert [] == [piece for piece in told if not isinstance(piece, str)]


@check("tools.stream-arguments", MUST, "has-calls")
def stream_arguments(stream: Stream) -> None:
    """The pieces of the arguments add up to one JSON object, the model's own; without arguments it is "{}"."""
    wanted = [call.arguments for call in stream.expect.calls]

    assert wanted == [_parsed("".join(map(str, told))) for told in stream.each_call("function", "arguments")]


@check("tools.stream-one-after-the-other", SHOULD, "has-calls")
def stream_in_order(stream: Stream) -> None:
    """`.stream()` says that a call is complete when the next one begins: pieces of two calls do not mix."""
    indices = [pick(piece, "index") for piece in stream.call_deltas]

    assert sorted(indices, key=repr) == indices


def _parsed(arguments: Any) -> Json | str:
    """Return the arguments, or what stands in their place."""
    parsed: Json | str = json.loads(arguments) if is_json_object(arguments) else repr(arguments)
    return parsed


def _introduces(piece: Any) -> bool:
    return is_text(pick(piece, "id")) and pick(piece, "type") == "function" and is_text(pick(piece, "function", "name"))
