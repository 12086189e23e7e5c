"""What the official SDK makes of a response, by each of the ways in which a program can ask for it."""

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
    """What a program gets to see: the text, how it ended, the calls as (id, name, arguments), the SDK's own objects.

    `pieces` is the text as the events of a stream told it, `whole` as the finished response holds it.
    """

    pieces: str
    whole: str
    ending: str | None
    calls: tuple[tuple[str, str, str], ...]
    request_id: str | None = None
    parsed: Any = None
    parsed_calls: tuple[Any, ...] = ()


FACES = Faces()


def arguments(request: Json) -> Json:
    """Return the arguments for `create`: fields that an older SDK does not know are sent all the same."""
    rest = {name: value for name, value in request.items() if name not in {"model", "input"}}
    return {"model": request.get("model"), "input": request.get("input"), "extra_body": rest}


class Anything(BaseModel):
    """What the SDK is told to parse answers into: whatever object they hold."""

    model_config = ConfigDict(extra="allow")


def _parsing(request: Json) -> Json:
    """Return the arguments for the helpers, so that they parse; what is sent stays the scenario's own request."""
    form = {"text_format": Anything} if pick(request, "text", "format", "type") == "json_schema" else {}
    # The helpers take strict tools alone.
    tools = [tool | {"strict": True} for tool in request.get("tools") or () if tool["type"] == "function"]
    return arguments(request) | form | ({"tools": tools} if tools else {})


@FACES.face("create", streams=False)
def _create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.responses.create(**arguments(request)))


@FACES.face("async-create", streams=False)
def _async_create(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return whole(await client.responses.create(**arguments(request)))

    return asyncio.run(run())


@FACES.face("raw-create", streams=False)
def _raw_create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.responses.with_raw_response.create(**arguments(request)).parse())


@FACES.face("parse", streams=False)
def _parse(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.responses.parse(**_parsing(request)))


@FACES.face("async-parse", streams=False)
def _async_parse(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return whole(await client.responses.parse(**_parsing(request)))

    return asyncio.run(run())


@FACES.face("stream", streams=True)
def _stream(door: Door, request: Json) -> Told:
    with door.open() as client, client.responses.create(**arguments(request), stream=True) as stream:
        return last(list(stream))


@FACES.face("async-stream", streams=True)
def _async_stream(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            stream = await client.responses.create(**arguments(request), stream=True)
            async with stream:
                return last([event async for event in stream])

    return asyncio.run(run())


@FACES.face("raw-stream", streams=True)
def _raw_stream(door: Door, request: Json) -> Told:
    with door.open() as client:
        response = client.responses.with_raw_response.create(**arguments(request), stream=True)
        with response.parse() as stream:
            return last(list(stream))


@FACES.face("helper", streams=True)
def _helper(door: Door, request: Json) -> Told:
    with door.open() as client, client.responses.stream(**_parsing(request)) as stream:
        events = list(stream)
        return whole(stream.get_final_response(), events)


@FACES.face("async-helper", streams=True)
def _async_helper(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client, client.responses.stream(**_parsing(request)) as stream:
            events = [event async for event in stream]
            return whole(await stream.get_final_response(), events)

    return asyncio.run(run())


def last(events: list[Any]) -> Told:
    """Return what a program gets that reads the events, and the response in the last of them."""
    ends = [event for event in events if event.type in {"response.completed", "response.incomplete"}]
    return whole(ends[-1].response, events)


def whole(response: Any, events: list[Any] | None = None) -> Told:
    """Return what a finished response tells, and the events that led to it, if there were any."""
    deltas = [event.delta for event in events or () if event.type == "response.output_text.delta"]
    calls = [item for item in response.output if item.type == "function_call"]
    details = response.incomplete_details
    parsed = getattr(response, "output_parsed", None)
    return Told(
        pieces=response.output_text if events is None else "".join(deltas),
        whole=response.output_text,
        ending=details.reason if details else response.status,
        calls=tuple((call.call_id, call.name, call.arguments) for call in calls),
        request_id=getattr(response, "_request_id", None),
        parsed=parsed.model_dump() if isinstance(parsed, BaseModel) else parsed,
        parsed_calls=tuple(getattr(call, "parsed_arguments", None) for call in calls),
    )
