"""What the official SDK makes of an answer, by each of the ways a program can ask it.

A face is one such way: `create`, its stream, the `.stream()` helper, raw responses, `parse`; sync and async. It works
on a live server and on captured bytes alike, so that one expensive call feeds all faces.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from conformance.common.door import Canned, Door
from conformance.common.exchange import Exchange, Json, pick


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


@dataclass(frozen=True)
class Outcome:
    """How one face fared. `attempts` counts the requests that the SDK made."""

    told: Told | None
    error: Exception | None
    attempts: int = 1

    @property
    def failed_with(self) -> str | None:
        """The name of the error's class."""
        return None if self.error is None else type(self.error).__name__

    @property
    def why(self) -> str:
        """What the SDK complains of, and what its models complain of underneath."""
        return f"{self.error!r} {self.error.__cause__ or ''}" if self.error else "no error"


@dataclass(frozen=True)
class Face:
    """One way to ask. `streams` tells which of the two answers it reads."""

    name: str
    streams: bool
    ask: Callable[[Door, Json], Told]


FACES: dict[str, Face] = {}


def _face(name: str, *, streams: bool) -> Callable[[Callable[[Door, Json], Told]], Callable[[Door, Json], Told]]:
    def register(ask: Callable[[Door, Json], Told]) -> Callable[[Door, Json], Told]:
        FACES[name] = Face(name, streams, ask)
        return ask

    return register


def read(exchange: Exchange, face: str, *, strict: bool = False, retries: int = 0) -> Outcome:
    """Let the SDK read captured bytes through one face."""
    transport = Canned(exchange)
    door = Door(strict=strict, retries=retries, transport=transport)
    outcome = ask(door, face, exchange.request)
    return Outcome(outcome.told, outcome.error, transport.requests)


def ask(door: Door, face: str, request: Json) -> Outcome:
    """Ask through one face; whatever the SDK raises is part of the outcome."""
    try:
        return Outcome(FACES[face].ask(door, request), None)
    except Exception as error:  # a broken answer makes the SDK raise nearly anything
        return Outcome(None, error)


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


@_face("create", streams=False)
def _create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.chat.completions.create(**arguments(request)))


@_face("async-create", streams=False)
def _async_create(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return whole(await client.chat.completions.create(**arguments(request)))

    return asyncio.run(run())


@_face("raw-create", streams=False)
def _raw_create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.chat.completions.with_raw_response.create(**arguments(request)).parse())


@_face("parse", streams=False)
def _parse(door: Door, request: Json) -> Told:
    with door.open() as client:
        return whole(client.chat.completions.parse(**_parsing(request)))


@_face("async-parse", streams=False)
def _async_parse(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return whole(await client.chat.completions.parse(**_parsing(request)))

    return asyncio.run(run())


@_face("stream", streams=True)
def _stream(door: Door, request: Json) -> Told:
    with door.open() as client, client.chat.completions.create(**arguments(request), stream=True) as stream:
        return added_up(list(stream))


@_face("async-stream", streams=True)
def _async_stream(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            stream = await client.chat.completions.create(**arguments(request), stream=True)
            async with stream:
                return added_up([chunk async for chunk in stream])

    return asyncio.run(run())


@_face("raw-stream", streams=True)
def _raw_stream(door: Door, request: Json) -> Told:
    with door.open() as client:
        response = client.chat.completions.with_raw_response.create(**arguments(request), stream=True)
        with response.parse() as stream:
            return added_up(list(stream))


@_face("helper", streams=True)
def _helper(door: Door, request: Json) -> Told:
    with door.open() as client, client.chat.completions.stream(**_parsing(request)) as stream:
        events = list(stream)
        return whole(stream.get_final_completion(), events)


@_face("async-helper", streams=True)
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
