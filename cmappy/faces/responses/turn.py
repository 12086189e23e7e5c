"""A request becomes a turn and the reply to it, or the error that says why it cannot (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

import orjson

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces import wire
from cmappy.faces.face import Caller, Options
from cmappy.faces.fields import without_effect
from cmappy.faces.responses import kept, response
from cmappy.faces.responses.fields import FIELDS
from cmappy.faces.responses.items import Reader
from cmappy.faces.responses.kept import SEALED
from cmappy.faces.responses.reply import Reply
from cmappy.faces.responses.request import Item, ResponseRequest
from cmappy.faces.responses.tools import Tools, left_out
from cmappy.faces.store import Record
from cmappy.middle.media import Attachments
from cmappy.middle.properties import rename
from cmappy.middle.schema import output_schema
from cmappy.turn import Effort, Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `items` are all of the conversation's, the first `shift` of them from the store.

    `body` is what the client sent, `given` its own items as JSON, with references resolved; `previous` is the stored
    response that it continues. `schema` is the JSON Schema of the answer, `keys` the client's names of its properties,
    where the API's are others.
    """

    request: ResponseRequest
    body: Mapping[str, Any]
    given: Sequence[dict[str, Any]]
    items: tuple[Item, ...]
    shift: int
    previous: Record | None
    tools: Tools
    schema: str
    keys: Mapping[str, str]
    options: Options
    caller: Caller

    def turn(self, model: str) -> Turn:
        """Return the turn, with `model` as the backend knows it; raises InvalidRequest with `param`."""
        reader = Reader(model, Attachments(url_images=self.options.url_images), self.tools, self.shift)
        system, messages = reader.read(self.items, self.request.instructions)
        limit = self.request.max_output_tokens or 0
        return Turn(
            model=model,
            system=system,
            messages=messages,
            tools=self.tools.offered,
            tool_choice=self.tools.choice,
            tool_name=self.tools.name,
            parallel_tools=self.request.parallel_tool_calls or not self.tools.offered,
            schema=self.schema,
            max_tokens=limit if limit > 0 else None,
            effort=_effort(self.request.reasoning.effort),
            sampling=self._sampling() if self.options.forward_sampling else (),
        )

    def ignored(self) -> list[str]:
        """Return the names of the fields that were sent and have no effect, sorted, and the paths of such tools."""
        sent = self.request.model_fields_set | set(self.request.model_extra or ())
        effective = {"temperature", "top_p"} if self.options.forward_sampling else ()
        return [*without_effect(sent, FIELDS, effective), *left_out(self.request.tools)]

    def reply(self, turn: Turn, *, token: str, created: int) -> Reply:
        """Return the answer in the making."""
        return Reply(
            response.base(self.body, id=f"resp_{token}", created=created, model=self.request.model),
            token=token,
            clock=self.caller.clock,
            names=self.tools.names,
            properties=self.tools.properties,
            keys=self.keys,
            model=turn.model,
            show_thinking=self.options.reasoning != "off",
            seal_thinking=SEALED in self.request.include,
            keep=self._keep,
        )

    def _keep(self, told: dict[str, Any], output: list[dict[str, Any]]) -> None:
        if self.request.store:
            kept.keep(self.caller.shelf, told, self.given, output, self.previous)

    def _sampling(self) -> tuple[tuple[str, float], ...]:
        """Return what the API knows of sampling; its temperature ends at 1."""
        known = {"temperature": self.request.temperature, "top_p": self.request.top_p}
        return tuple((name, min(value, 1.0)) for name, value in known.items() if value is not None)


def read(body: Any, options: Options, caller: Caller) -> Asked:
    """Return the request that a parsed JSON body is; raises InvalidRequest with `param`."""
    if not isinstance(body, dict):
        raise InvalidRequest("The request body must be a JSON object. Send one with `model` and `input`.")
    if body.get("input") is None and "messages" in body:
        raise InvalidRequest(
            "This looks like a chat completion. Send `input` instead of `messages`, or switch the client to "
            "`/v1/chat/completions`.",
            param="messages",
        )
    given = body.get("input")
    if isinstance(given, list):
        body = body | {"input": kept.resolve(given, caller.shelf)}
    request = wire.read(ResponseRequest, body)
    _refuse(request)
    previous = kept.previous(caller.shelf, request.previous_response_id) if request.previous_response_id else None
    earlier = tuple(Item.model_validate(item) for item in kept.conversation(previous))
    items = earlier + request.input
    schema, keys = _schema(request)
    return Asked(
        request=request,
        body=body,
        given=_as_items(body["input"]),
        items=items,
        shift=len(earlier),
        previous=previous,
        tools=Tools(request.tools, request.tool_choice, items, len(earlier), structured=bool(schema)),
        schema=schema,
        keys=keys,
        options=options,
        caller=caller,
    )


def _as_items(given: Any) -> list[dict[str, Any]]:
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


def _refuse(request: ResponseRequest) -> None:
    """Raise Unsupported for what would change the answer and cannot be had."""
    if request.conversation is not None:
        raise Unsupported(
            "Conversations are not kept here: send `previous_response_id`, or the whole conversation as `input`.",
            param="conversation",
        )
    if request.prompt is not None:
        raise Unsupported("Prompt templates are kept at OpenAI: send the text itself as `input`.", param="prompt")
    if request.background:
        raise Unsupported(
            "Responses in the background are not offered: wait for the answer, or stream it.",
            param="background",
            code="unsupported_value",
        )


def _schema(request: ResponseRequest) -> tuple[str, dict[str, str]]:
    wanted = request.text.format
    if wanted.type == "text":
        return "", {}
    given = wanted.schema_ if wanted.type == "json_schema" else None
    schema, names = rename(output_schema(given, "text.format.schema"))
    return orjson.dumps(schema).decode(), names


def _effort(asked: str | None) -> Effort | None:
    if asked is None:
        return None
    effort = "low" if asked == "minimal" else asked
    if effort not in get_args(Effort):
        raise InvalidRequest(
            f"Unknown `reasoning.effort` `{asked[:80]}`. Use none, minimal, low, medium, high, xhigh or max.",
            param="reasoning.effort",
        )
    return cast(Effort, effort)
