"""An answer as the Messages API streams it: events with the pauses between them. Nothing here waits or sends."""

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from tools.upstream.answer import Answer, Block, Json


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; its name is the data's own type."""

    data: Json

    def encode(self) -> bytes:
        """Return the event's two lines and the empty one that ends it."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"event: {self.data['type']}\ndata: {data}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Pause:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the gate of that name is open."""

    gate: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Abort the connection."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing more until the client leaves."""


Step = Event | Pause | Wait | Cut | Hang


def steps(answer: Answer, model: str, message_id: str, tool_ids: Iterator[str]) -> Iterator[Step]:
    """Everything an answer does after the headers, in order."""
    yield from _opening(answer, model, message_id)
    yield from _until(answer.after, _blocks(answer.blocks, tool_ids))
    if answer.then_wait is not None:
        yield Wait(answer.then_wait)
    if answer.then_delay:
        yield Pause(answer.then_delay)
    match answer.then:
        case "error":
            yield Event({"type": "error", "error": answer.error})
        case "cut":
            yield Cut()
        case "hang":
            yield Hang()
        case None:
            yield from _closing(answer)


def _opening(answer: Answer, model: str, message_id: str) -> Iterator[Step]:
    message: Json = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": answer.model or model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": answer.usage,
    }
    yield Event({"type": "message_start", "message": message})
    yield Event({"type": "ping"})


def _blocks(blocks: Iterable[Block], tool_ids: Iterator[str]) -> Iterator[Step]:
    for index, block in enumerate(blocks):
        if block.wait is not None:
            yield Wait(block.wait)
        start = block.start
        if start["type"] == "tool_use" and start["id"] is None:
            start = start | {"id": next(tool_ids)}
        yield Event({"type": "content_block_start", "index": index, "content_block": start})
        for delta in block.deltas:
            if block.pause:
                yield Pause(block.pause)
            yield Event({"type": "content_block_delta", "index": index, "delta": delta})
        yield Event({"type": "content_block_stop", "index": index})


def _until(after: int | None, block_steps: Iterator[Step]) -> Iterator[Step]:
    """Yield the steps up to that delta, and not the end of its block; all of them if no number is given."""
    deltas = 0
    for step in block_steps:
        if deltas == after:
            return
        yield step
        deltas += isinstance(step, Event) and step.data["type"] == "content_block_delta"


def _closing(answer: Answer) -> Iterator[Step]:
    delta: Json = {"stop_reason": answer.stop_reason, "stop_sequence": answer.stop_sequence}
    if answer.stop_details is not None:
        delta["stop_details"] = answer.stop_details
    usage = answer.usage | {"output_tokens": answer.output_tokens}
    if answer.thinking_tokens:
        usage["output_tokens_details"] = {"thinking_tokens": answer.thinking_tokens}
    yield Event({"type": "message_delta", "delta": delta, "usage": usage})
    yield Event({"type": "message_stop"})


def fold(events: Iterable[Event]) -> Json:
    """Return the message that a whole stream of events adds up to: the answer to a request without `stream`."""
    message: Json = {}
    for data in (event.data for event in events):
        match data["type"]:
            case "message_start":
                message = deepcopy(data["message"])
            case "content_block_start":
                message["content"].append(dict(data["content_block"]))
            case "content_block_delta":
                _extend(message["content"][-1], data["delta"])
            case "content_block_stop":
                _complete(message["content"][-1])
            case "message_delta":
                message |= data["delta"]
                message["usage"] |= data["usage"]
    return message


def _extend(block: Json, delta: Json) -> None:
    if "citation" in delta:
        block["citations"] = [*block.get("citations", ()), delta["citation"]]
        return
    for key in delta.keys() - {"type"}:
        block[key] = block.get(key, "") + delta[key]


def _complete(block: Json) -> None:
    """Parse a tool's input, which is written as JSON text."""
    if "partial_json" in block:
        block["input"] = json.loads(block.pop("partial_json"))
