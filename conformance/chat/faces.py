"""What the official SDK makes of a chat completion, by each of the ways in which a program can ask for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from conformance.common.door import Door
from conformance.common.exchange import Json, pick
from conformance.common.faces import Faces


@dataclass(frozen=True)
class Told:
    """What a program gets to see: the text, how it ended, the calls as (id, name, arguments), the SDK's own object.

    `pieces` is the text as the events of a stream told it, `whole` as the finished object holds it.
    """

    pieces: str
    whole: str
    finish_reason: str | None
    calls: tuple[tuple[str, str, str], ...]
    usage: Any = None
    request_id: str | None = None
    parsed: Any = None
    parsed_calls: tuple[Any, ...] = ()


FACES = Faces()


def arguments(request: Json) -> Json:
    """Return the arguments for `create`: fields that an older SDK does not know are sent all the same."""
    rest = {name: value for name, value in request.items() if name not in {"model", "messages"}}
    return {"model": request.get("model"), "messages": request.get("messages"), "extra_body": rest}


class Anything(BaseModel):
    """What the SDK is told to parse answers into: whatever object they hold."""

    model_config = ConfigDict(extra="allow")


def _parsing(request: Json) -> Json:
    """Return the arguments for the helpers, so that they parse; what is sent stays the scenario's own request."""
    form = {"response_format": Anything} if pick(request, "response_format", "type") == "json_schema" else {}
    # The helpers take strict tools alone.
    tools = [tool | {"function": tool["function"] | {"strict": True}} for tool in request.get("tools") or ()]
    return arguments(request) | form | ({"tools": tools} if tools else {})


@FACES.face("create", streams=False)
def _create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.chat.completions.create(**arguments(request)))


@FACES.face("async-create", streams=False)
def _async_create(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return whole(await client.chat.completions.create(**arguments(request)))

    return asyncio.run(run())


@FACES.face("raw-create", streams=False)
def _raw_create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.chat.completions.with_raw_response.create(**arguments(request)).parse())


@FACES.face("parse", streams=False)
def _parse(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.chat.completions.parse(**_parsing(request)))


@FACES.face("async-parse", streams=False)
def _async_parse(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return whole(await client.chat.completions.parse(**_parsing(request)))

    return asyncio.run(run())


@FACES.face("stream", streams=True)
def _stream(door: Door, request: Json) -> Told:
    with door.open() as client, client.chat.completions.create(**arguments(request), stream=True) as stream:
        return added_up(list(stream))


@FACES.face("async-stream", streams=True)
def _async_stream(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            stream = await client.chat.completions.create(**arguments(request), stream=True)
            async with stream:
                return added_up([chunk async for chunk in stream])

    return asyncio.run(run())


@FACES.face("raw-stream", streams=True)
def _raw_stream(door: Door, request: Json) -> Told:
    with door.open() as client:
        response = client.chat.completions.with_raw_response.create(**arguments(request), stream=True)
        with response.parse() as stream:
            return added_up(list(stream))


@FACES.face("helper", streams=True)
def _helper(door: Door, request: Json) -> Told:
    with door.open() as client, client.chat.completions.stream(**_parsing(request)) as stream:
        events = list(stream)
        return whole(stream.get_final_completion(), events)


@FACES.face("async-helper", streams=True)
def _async_helper(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client, client.chat.completions.stream(**_parsing(request)) as stream:
            events = [event async for event in stream]
            return whole(await stream.get_final_completion(), events)

    return asyncio.run(run())


def whole(completion: Any, events: list[Any] | None = None) -> Told:
    """Return what a finished completion tells, and the events that led to it, if there were any."""
    choice = completion.choices[0]
    message = choice.message
    text = message.content or ""
    deltas = [event.delta for event in events or () if event.type == "content.delta"]
    return Told(
        pieces=text if events is None else "".join(deltas),
        whole=text,
        finish_reason=choice.finish_reason,
        calls=tuple((call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()),
        usage=completion.usage,
        request_id=getattr(completion, "_request_id", None),
        parsed=parsed.model_dump() if isinstance(parsed := getattr(message, "parsed", None), BaseModel) else parsed,
        parsed_calls=tuple(getattr(call.function, "parsed_arguments", None) for call in message.tool_calls or ()),
    )


def added_up(chunks: list[Any]) -> Told:
    """Return what a program gets that adds up the chunks as the reference tells it to."""
    text, finish_reason, usage = "", None, None
    calls: dict[int, list[str]] = {}
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish_reason = choice.finish_reason or finish_reason
            for call in choice.delta.tool_calls or ():
                parts = calls.setdefault(call.index, ["", "", ""])
                parts[0] += call.id or ""
                parts[1] += (call.function and call.function.name) or ""
                parts[2] += (call.function and call.function.arguments) or ""
    told = tuple((parts[0], parts[1], parts[2]) for _, parts in sorted(calls.items()))
    return Told(text, text, finish_reason, told, usage)
