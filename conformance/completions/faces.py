"""What the official SDK makes of a completion, by each of the ways in which a program can ask for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from conformance.common.door import Door
from conformance.common.exchange import Json
from conformance.common.faces import Faces


@dataclass(frozen=True)
class Told:
    """What a program gets to see."""

    text: str
    finish_reason: str | None
    request_id: str | None = None


FACES = Faces()


def arguments(request: Json) -> Json:
    """Return the arguments for `create`: fields that an SDK does not know are sent all the same."""
    rest = {name: value for name, value in request.items() if name not in {"model", "prompt"}}
    return {"model": request.get("model"), "prompt": request.get("prompt"), "extra_body": rest}


@FACES.face("create", streams=False)
def _create(door: Door, request: Json) -> Told:
    with door.open() as client:
        return _whole(client.completions.create(**arguments(request)))


@FACES.face("async-create", streams=False)
def _async_create(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            return _whole(await client.completions.create(**arguments(request)))

    return asyncio.run(run())


@FACES.face("stream", streams=True)
def _stream(door: Door, request: Json) -> Told:
    with door.open() as client, client.completions.create(**arguments(request), stream=True) as stream:
        return _added_up(list(stream))


@FACES.face("async-stream", streams=True)
def _async_stream(door: Door, request: Json) -> Told:
    async def run() -> Told:
        async with door.open_async() as client:
            stream = await client.completions.create(**arguments(request), stream=True)
            async with stream:
                return _added_up([chunk async for chunk in stream])

    return asyncio.run(run())


def _whole(completion: Any) -> Told:
    choice = completion.choices[0]
    return Told(choice.text, choice.finish_reason, getattr(completion, "_request_id", None))


def _added_up(chunks: list[Any]) -> Told:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    return Told(
        "".join(choice.text for choice in choices), next((c.finish_reason for c in choices if c.finish_reason), None)
    )
