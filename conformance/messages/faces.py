"""What Anthropic's SDK makes of a message, by each of the ways in which a program can ask for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from conformance.common.door import Door
from conformance.common.exchange import Json
from conformance.common.faces import Faces
from conformance.messages.client import opened, opened_async
from conformance.messages.fold import Message, fold

_NAMED = {"model", "max_tokens", "messages", "stream"}


@dataclass(frozen=True)
class Told:
    """What a program gets to see: the content blocks, how the message ended, and the SDK's own object for its usage.

    `pieces` is the text as a helper's events told it; None where there are no such events.
    """

    content: list[Json]
    stop_reason: str | None
    stop_sequence: str | None = None
    usage: Any = None
    request_id: str | None = None
    pieces: str | None = None
    parsed: Any = None

    @property
    def text(self) -> str:
        """The texts of all blocks, joined."""
        return "".join(block["text"] for block in self.content if block["type"] == "text")


FACES = Faces()


def arguments(request: Json) -> Json:
    """Return the arguments for `create`: fields that an older SDK does not know are sent all the same."""
    rest = {name: value for name, value in request.items() if name not in _NAMED}
    named = {name: request.get(name) for name in ("model", "max_tokens", "messages")}
    # From version 2026-10-21 on the API refuses what older clients send.
    older = {"anthropic-version": "2023-06-01"} if {"temperature", "top_p", "top_k"} & rest.keys() else {}
    return {**named, "extra_body": rest, "extra_headers": older}


class Anything(BaseModel):
    """What the SDK is told to parse answers into: whatever object they hold."""

    model_config = ConfigDict(extra="allow")


@FACES.face("create", streams=False)
def _create(door: Door, request: Json) -> Told:
    with opened(door) as client:
        return whole(client.messages.create(**arguments(request)))


@FACES.face("async-create", streams=False)
def _async_create(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with opened_async(door) as client:
            return whole(await client.messages.create(**arguments(request)))

    return asyncio.run(run())


@FACES.face("raw-create", streams=False)
def _raw_create(door: Door, request: Json) -> Told:
    with opened(door) as client:
        return whole(client.messages.with_raw_response.create(**arguments(request)).parse())


@FACES.face("beta-create", streams=False)
def _beta_create(door: Door, request: Json) -> Told:
    with opened(door) as client:
        return whole(client.beta.messages.create(**arguments(request)))


@FACES.face("parse", streams=False)
def _parse(door: Door, request: Json) -> Told:
    with opened(door) as client:
        return whole(client.messages.parse(**arguments(request), output_format=Anything))


@FACES.face("stream", streams=True)
def _stream(door: Door, request: Json) -> Told:
    with opened(door) as client, client.messages.create(**arguments(request), stream=True) as stream:
        return added_up(list(stream))


@FACES.face("async-stream", streams=True)
def _async_stream(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with opened_async(door) as client:
            stream = await client.messages.create(**arguments(request), stream=True)
            async with stream:
                return added_up([event async for event in stream])

    return asyncio.run(run())


@FACES.face("helper", streams=True)
def _helper(door: Door, request: Json) -> Told:
    with opened(door) as client, client.messages.stream(**arguments(request)) as stream:
        events = list(stream)
        return whole(stream.get_final_message(), events)


@FACES.face("async-helper", streams=True)
def _async_helper(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with opened_async(door) as client, client.messages.stream(**arguments(request)) as stream:
            events = [event async for event in stream]
            return whole(await stream.get_final_message(), events)

    return asyncio.run(run())


@FACES.face("beta-helper", streams=True)
def _beta_helper(door: Door, request: Json) -> Told:
    with opened(door) as client, client.beta.messages.stream(**arguments(request)) as stream:
        events = list(stream)
        return whole(stream.get_final_message(), events)


def whole(message: Any, events: list[Any] | None = None) -> Told:
    """Return what a finished message tells, and the events that led to it, if there were any."""
    parsed = getattr(message, "parsed_output", None)
    return Told(
        content=[_block(block) for block in message.content],
        stop_reason=message.stop_reason,
        stop_sequence=message.stop_sequence,
        usage=message.usage,
        request_id=getattr(message, "_request_id", None),
        pieces=None if events is None else "".join(event.text for event in events if event.type == "text"),
        parsed=parsed.model_dump() if isinstance(parsed, BaseModel) else parsed,
    )


def added_up(events: list[Any]) -> Told:
    """Return what a program gets that adds up the events as the reference tells it to."""
    message: Message = fold([event.model_dump(mode="json", exclude_unset=True) for event in events])
    return Told(message.content, message.stop_reason, message.stop_sequence)


def _block(block: Any) -> Json:
    """Return a block as it came: without what the SDK adds to it."""
    told: Json = block.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in told.items() if name not in {"parsed_output"}}
