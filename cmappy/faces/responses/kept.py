"""Responses in the store, and what clients may ask of them (OpenAI API reference, "Get / Delete a model response").

What is kept of a response is what its client sent and got. A turn that continues it is read from the same items as if
the client had sent them all, so it is the same turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from cmappy.errors import InvalidRequest, MethodNotAllowed, NotStored, Unsupported, WebSocketRefused
from cmappy.faces.face import Endpoint, Visit
from cmappy.faces.pages import page
from cmappy.faces.responses.request import item_type
from cmappy.faces.store import Record, Shelf

SEALED = "reasoning.encrypted_content"  # the value of `include` that asks for it
_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One response as JSON texts: without its output, the items that its client sent, and the items of its output."""

    response: bytes
    input: bytes
    output: bytes


def keep(
    shelf: Shelf,
    response: Mapping[str, Any],
    input: Sequence[Mapping[str, Any]],
    output: Sequence[Mapping[str, Any]],
    previous: Record | None,
) -> None:
    """Keep a response under its id, to which the ids of its output lead as well."""
    kept = Kept(orjson.dumps({**response, "output": []}), orjson.dumps(input), orjson.dumps(output))
    size = len(kept.response) + len(kept.input) + len(kept.output)
    shelf.keep(response["id"], Record(kept, size, previous), [item["id"] for item in output])


def previous(shelf: Shelf, id: str) -> Record:
    """Return the response that a request continues; raises InvalidRequest."""
    record = shelf.find(id)
    if record is None or not isinstance(record.value, Kept):
        raise InvalidRequest(
            f"Previous response with id '{id[:80]}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return record


def conversation(record: Record | None) -> list[dict[str, Any]]:
    """Return all items of a conversation that ends with a response: what its client would send again."""
    items: list[dict[str, Any]] = []
    for link in record.chain() if record else ():
        items += orjson.loads(link.value.input)
        items += orjson.loads(link.value.output)
    return items


def resolve(items: Sequence[Any], shelf: Shelf) -> list[Any]:
    """Return the items with the one that it refers to in the place of each reference.

    Raises NotStored, and InvalidRequest where two refer to the same item: few bytes must not become very many.
    """
    resolved: list[Any] = []
    known: dict[str, dict[str, Any]] = {}  # the output of the responses that were looked at
    taken: set[str] = set()
    for item in items:
        if not _is_reference(item):
            resolved.append(item)
            continue
        id: str = item["id"]
        if id in taken:
            raise InvalidRequest(
                f"Duplicate item found with id '{id[:80]}'. Remove duplicate items from your input and try again.",
                param="input",
            )
        taken.add(id)
        if id not in known:
            known |= _output(shelf.find(id))
        resolved.append(known[id] if id in known else _forgotten(id))
    return resolved


def _is_reference(item: Any) -> bool:
    return isinstance(item, dict) and item_type(item) == "item_reference" and isinstance(item.get("id"), str)


def _output(record: Record | None) -> dict[str, dict[str, Any]]:
    """Return the items of a response's output by their ids."""
    kept = orjson.loads(record.value.output) if record and isinstance(record.value, Kept) else []
    return {item["id"]: item for item in kept}


def _forgotten(id: str) -> dict[str, Any]:
    """Return what stands for an item that is not kept; raises NotStored if the answer depends on it."""
    if id.startswith("rs_"):
        return {"type": "reasoning", "summary": []}
    raise NotStored(
        f"Item with id '{id[:80]}' not found. Items are kept in memory, for a time, and not at all when `store` is "
        "false. Send the item itself instead of a reference to it.",
        param="input",
    )


def _find(visit: Visit) -> Record:
    id = visit.args["id"]
    record = visit.caller.shelf.find(id) if id.startswith("resp_") else None
    if record is None or not isinstance(record.value, Kept):
        raise NotStored(f"Response with id '{id[:80]}' not found.")
    return record


def _asks(visit: Visit, value: str) -> bool:
    return value in [*visit.query.get("include", []), *visit.query.get("include[]", [])]


def retrieve(visit: Visit) -> dict[str, Any]:
    """Return a response."""
    record = _find(visit)
    if visit.query.get("stream", ["false"])[-1] == "true":
        raise Unsupported("A stored response is not streamed: retrieve it without `stream`.", param="stream")
    response: dict[str, Any] = orjson.loads(record.value.response)
    response["output"] = _shown(orjson.loads(record.value.output), sealed=_asks(visit, SEALED))
    return response


def delete(visit: Visit) -> dict[str, Any]:
    """Forget a response."""
    _find(visit)
    id = visit.args["id"]
    visit.caller.shelf.drop(id)
    return {"id": id, "object": "response", "deleted": True}


def cancel(visit: Visit) -> dict[str, Any]:
    """Refuse to cancel a response, which is complete."""
    _find(visit)
    raise InvalidRequest("Only background responses can be cancelled.", param="background")


def input_items(visit: Visit) -> dict[str, Any]:
    """Return a page of the items that a response answers, those of the responses that it continues included."""
    record = _find(visit)
    items = conversation(record.previous) + orjson.loads(record.value.input)
    ordered = _shown([_item(item, visit.args["id"], at) for at, item in enumerate(items)], sealed=_asks(visit, SEALED))
    return page(ordered, visit.query, order="desc")


def no_websocket(visit: Visit) -> dict[str, Any]:
    """Refuse a WebSocket in the way that makes clients go on with HTTP at once, and every other GET."""
    if "websocket" in visit.caller.headers.get("upgrade", "").lower():
        raise WebSocketRefused("WebSockets are not offered: send `POST /v1/responses`.")
    raise MethodNotAllowed("Use POST for this URL.")


def _shown(items: list[dict[str, Any]], *, sealed: bool) -> list[dict[str, Any]]:
    """Return items without sealed thinking, unless that is asked for."""
    if sealed:
        return items
    return [{name: value for name, value in item.items() if name != "encrypted_content"} for item in items]


def _item(item: Mapping[str, Any], response: str, at: int) -> dict[str, Any]:
    """Return an item as lists show it: with a type, an id and a status, and its content as parts."""
    kind = item_type(dict(item))
    prefix = _PREFIXES.get(kind, "item")
    shown = {"id": f"{prefix}_{response.removeprefix('resp_')}i{at:x}", "type": kind, "status": "completed"}
    shown |= {name: value for name, value in item.items() if value is not None}
    if kind == "message":
        shown["content"] = _parts(shown.get("content"), model=shown.get("role") == "assistant")
    if kind == "reasoning":
        shown.setdefault("summary", [])
    return shown


def _parts(content: Any, *, model: bool) -> list[dict[str, Any]]:
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content or []
    return [_output_text(part) if model and "text" in part else part for part in parts]


def _output_text(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"annotations": [], "logprobs": [], **part, "type": "output_text"}


ENDPOINTS = (
    Endpoint("GET", "/responses", no_websocket),
    Endpoint("GET", "/responses/<id>", retrieve),
    Endpoint("DELETE", "/responses/<id>", delete),
    Endpoint("GET", "/responses/<id>/input_items", input_items),
    Endpoint("POST", "/responses/<id>/cancel", cancel),
)
