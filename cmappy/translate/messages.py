"""The messages of a request become the system text and a conversation with real roles, block for block.

Rules of the Messages API that OpenAI's does not have: no empty text, roles alternate, a call's id is unique in the
conversation and made of letters, digits, `_` and `-`, and every call is answered in the next message. The CLI has one
more: it takes `call_2` for a copy of `call` in the same conversation, and loses the result of one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import orjson

from cmappy.errors import InvalidRequest, TooLarge, Unsupported
from cmappy.openai.chat import ChatMessage, FunctionCall, Part
from cmappy.translate import media
from cmappy.translate.tools import api_name
from cmappy.turn import Block, Media, Message, Role, Text, ToolResult, ToolUse

Kind = TypeVar("Kind", bound=Block)


def system(messages: tuple[ChatMessage, ...]) -> str:
    """Return the text of all system and developer messages, in order, one to a line."""
    texts: list[str] = []
    for at, message in enumerate(messages):
        if message.role in {"system", "developer"}:
            blocks = _Parts(message, f"messages[{at}]", allowed="text").blocks()
            texts += [block.text for block in blocks if isinstance(block, Text) and block.text]
    joined = "\n".join(texts)
    return joined if joined.strip() else ""  # the API refuses a system prompt of white space only


def conversation(messages: tuple[ChatMessage, ...], *, url_images: bool = False) -> tuple[Message, ...]:
    """Return the other messages as the API takes them; raises InvalidRequest with `param`.

    Neighbours of one role become one message of several blocks, and messages without content disappear.
    """
    reader = _Reader(url_images)
    for at, message in enumerate(messages):
        reader.read(message, f"messages[{at}]")
    return reader.close(len(messages) - 1)


class _Reader:
    """Reads message after message, and remembers which calls are still to be answered."""

    def __init__(self, url_images: bool) -> None:
        self._url_images = url_images
        self._merged: list[Message] = []
        self._open: dict[str, str] = {}  # the client's id of each unanswered call, and the API's
        self._used: set[str] = set()
        self._stems: set[str] = set()
        self._media = 0

    def read(self, message: ChatMessage, path: str) -> None:
        match message.role:
            case "user":
                self._all_answered()
                self._add("user", self._parts(message, path, "text image file"))
            case "assistant":
                self._all_answered()
                self._add("assistant", [*self._parts(message, path, "text"), *self._calls(message, path)])
            case "tool" | "function":
                self._add("user", [self._result(message, path)])

    def close(self, last: int) -> tuple[Message, ...]:
        self._all_answered()
        if not self._merged:
            raise InvalidRequest(
                "The conversation has no content. Send a user message with some text.", param="messages"
            )
        if self._merged[-1].role == "assistant":
            raise Unsupported(
                "The last message must come from the user or a tool: the model cannot continue a given answer.",
                param=f"messages[{last}]",
            )
        return tuple(self._merged)

    def _add(self, role: Role, blocks: Sequence[Block]) -> None:
        if self._merged and self._merged[-1].role == role:
            blocks = [*self._merged.pop().content, *blocks]
        blocks = _without_blank_texts(blocks)
        if blocks:
            self._merged.append(Message(role, tuple(blocks)))

    def _parts(self, message: ChatMessage, path: str, allowed: str) -> list[Text | Media]:
        blocks = list(_Parts(message, path, allowed, self._url_images).blocks())
        self._media += sum(isinstance(block, Media) for block in blocks)
        if self._media > media.MOST_MEDIA:
            raise TooLarge(f"At most {media.MOST_MEDIA} images and files are taken.", param=f"{path}.content")
        return blocks

    def _calls(self, message: ChatMessage, path: str) -> Iterator[ToolUse]:
        for at, call in enumerate(message.tool_calls):
            yield self._call(call.id, call.function, f"{path}.tool_calls[{at}]", ".function")
        if message.function_call:
            name = f"function_{message.function_call.name}"
            yield self._call(name, message.function_call, f"{path}.function_call")

    def _call(self, id: str, function: FunctionCall, path: str, within: str = "") -> ToolUse:
        if id in self._open:
            raise InvalidRequest(f"Two calls of one message have the id `{id}`.", param=f"{path}.id")
        self._open[id] = unique = self._unique(id)
        arguments = _object(function.arguments or "{}", f"{path}{within}.arguments")
        return ToolUse(unique, api_name(function.name), arguments)

    def _unique(self, id: str) -> str:
        """Return an id that the API takes, and that stands for no earlier call of the conversation."""
        safe = unique = api_name(id)
        again = 2
        while unique in self._used or _stem(unique) in self._used or unique in self._stems:
            unique, again = f"{safe}-{again}", again + 1
        self._used.add(unique)
        self._stems.add(_stem(unique))
        return unique

    def _result(self, message: ChatMessage, path: str) -> ToolResult:
        id = message.tool_call_id
        if message.role == "function":
            id = next(iter(self._open), "")
        elif not id:
            raise InvalidRequest(
                f"Missing required parameter: `{path}.tool_call_id`.",
                param=f"{path}.tool_call_id",
                code="missing_required_parameter",
            )
        if id not in self._open:
            raise InvalidRequest(
                f"Messages with role `{message.role}` must answer a call of the message before them"
                f"{f'; there is no call `{id}` to answer' if id else ''}.",
                param=f"{path}.{'tool_call_id' if id else 'role'}",
            )
        blocks = self._parts(message, path, "text image")
        return ToolResult(self._open.pop(id), tuple(_without_blank_texts(blocks)))

    def _all_answered(self) -> None:
        if self._open:
            raise InvalidRequest(
                "An assistant message with `tool_calls` must be followed by a tool message for each `tool_call_id`. "
                f"These have none: {', '.join(self._open)}.",
                param="messages",
            )


def _object(arguments: str, path: str) -> str:
    """Return a JSON object, as text without surplus; raises InvalidRequest for anything else."""
    try:
        read = orjson.loads(arguments)
        if isinstance(read, dict):
            return orjson.dumps(read).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter for what is nested too deeply
        pass
    raise InvalidRequest("The arguments of a call must be a JSON object, as text.", param=path)


def _stem(id: str) -> str:
    """Return what the CLI takes an id for a copy of."""
    return re.sub(r"_[0-9]+$", "", id)


def _without_blank_texts(blocks: Sequence[Kind]) -> list[Kind]:
    """Join text of white space only, which the API refuses, with the text beside it; drop it where there is none."""
    joined: list[Any] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if isinstance(block, Text) and isinstance(last, Text) and (_blank(block) or _blank(last)):
            joined[-1] = Text(last.text + block.text)
        else:
            joined.append(block)
    return [block for block in joined if not isinstance(block, Text) or not _blank(block)]


def _blank(text: Text) -> bool:
    return not text.text.replace("\ufeff", " ").strip()  # a space as well, for the CLI


class _Parts:
    """The parts of one message's content; `allowed` are the kinds that its role may have."""

    def __init__(self, message: ChatMessage, path: str, allowed: str, url_images: bool = False) -> None:
        if message.content is None and message.role != "assistant":
            raise InvalidRequest(
                f"Missing required parameter: `{path}.content`.",
                param=f"{path}.content",
                code="missing_required_parameter",
            )
        self._parts = message.content or ()
        if message.refusal:
            self._parts += (Part(type="refusal", refusal=message.refusal),)
        self._path = path
        self._allowed = allowed.split()
        self._url_images = url_images

    def blocks(self) -> Iterator[Text | Media]:
        for at, part in enumerate(self._parts):
            yield self._block(part, f"{self._path}.content[{at}]")

    def _block(self, part: Part, path: str) -> Text | Media:
        match part.type:
            case "text" if part.text is not None:
                return Text(part.text)
            case "refusal" if part.refusal is not None:
                return Text(part.refusal)
            case "image_url" if part.image_url and "image" in self._allowed:
                return media.image(part.image_url, path, url_images=self._url_images)
            case "file" if part.file and "file" in self._allowed:
                return media.document(part.file, path)
            case "text" | "refusal" | "image_url" | "file" if getattr(part, part.type) is None:
                raise InvalidRequest(
                    f"Missing required parameter: `{path}.{part.type}`.",
                    param=f"{path}.{part.type}",
                    code="missing_required_parameter",
                )
            case "input_audio":
                raise Unsupported("Audio is not offered: send text, images or files.", param=f"{path}.type")
        raise InvalidRequest(f"A part of type `{part.type}` is not possible here.", param=f"{path}.type")
