"""Stored completions: those that were asked for with `store: true` (OpenAI API reference, "Chat completions"; pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from cmappy.errors import InvalidRequest, NotStored
from cmappy.faces.face import Endpoint, Visit
from cmappy.faces.pages import page
from cmappy.faces.store import Record, Shelf
from cmappy.faces.wire import missing


@dataclass(frozen=True, slots=True)
class Kept:
    """One completion and the messages that it answers, as JSON texts."""

    completion: bytes
    messages: bytes


def keep(shelf: Shelf, completion: Mapping[str, Any], messages: Sequence[Any], metadata: Any) -> None:
    """Keep a completion under its id."""
    _keep(shelf, {**completion, "metadata": metadata or {}}, orjson.dumps(messages))


def _keep(shelf: Shelf, completion: Mapping[str, Any], messages: bytes) -> None:
    kept = Kept(orjson.dumps(completion), messages)
    shelf.keep(completion["id"], Record(kept, len(kept.completion) + len(messages)))


def metadata(value: Any) -> dict[str, str]:
    """Return metadata as it may be stored; raises InvalidRequest."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise InvalidRequest("`metadata` must be an object whose values are strings.", param="metadata")
    return value


def _find(visit: Visit) -> Kept:
    record = visit.caller.shelf.find(visit.args["id"])
    if record is None or not isinstance(record.value, Kept):
        raise NotStored(
            f"Chat completion with id '{visit.args['id'][:80]}' not found. Completions are kept in memory, for a time, "
            "if they were asked for with `store: true`."
        )
    return record.value


def listed(visit: Visit) -> dict[str, Any]:
    """Return a page of the stored completions, of one model or with certain metadata if that is asked for."""
    found = [orjson.loads(record.value.completion) for _, record in visit.caller.shelf.records(Kept)]
    wanted = {name[9:-1]: values[-1] for name, values in visit.query.items() if name.startswith("metadata[")}
    model = visit.query.get("model", [""])[-1]
    chosen = [
        completion
        for completion in sorted(found, key=lambda each: each["created"])
        if model in {"", completion["model"]} and wanted.items() <= completion["metadata"].items()
    ]
    return page(chosen, visit.query, order="asc")


def retrieve(visit: Visit) -> dict[str, Any]:
    """Return a completion."""
    completion: dict[str, Any] = orjson.loads(_find(visit).completion)
    return completion


def update(visit: Visit) -> dict[str, Any]:
    """Give a completion other metadata."""
    kept = _find(visit)
    if not isinstance(visit.body, dict) or "metadata" not in visit.body:
        raise missing("metadata")
    told: dict[str, Any] = orjson.loads(kept.completion)
    completion = told | {"metadata": metadata(visit.body["metadata"] or {})}
    _keep(visit.caller.shelf, completion, kept.messages)
    return completion


def delete(visit: Visit) -> dict[str, Any]:
    """Forget a completion."""
    _find(visit)
    visit.caller.shelf.drop(visit.args["id"])
    return {"object": "chat.completion.deleted", "id": visit.args["id"], "deleted": True}


def messages(visit: Visit) -> dict[str, Any]:
    """Return a page of the messages that a completion answers."""
    told = orjson.loads(_find(visit).messages)
    return page(
        [_message(message, f"{visit.args['id']}-{at}") for at, message in enumerate(told)], visit.query, order="asc"
    )


def _message(message: Mapping[str, Any], id: str) -> dict[str, Any]:
    """Return a message as lists show it: with an id, and its content as a text or as parts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    return {**message, "id": id, "content": None if parts else content, "content_parts": parts}


_ONE = "/chat/completions/<id>"
ENDPOINTS = (
    Endpoint("GET", "/chat/completions", listed),
    Endpoint("GET", _ONE, retrieve),
    Endpoint("POST", _ONE, update),
    Endpoint("DELETE", _ONE, delete),
    Endpoint("GET", f"{_ONE}/messages", messages),
)
