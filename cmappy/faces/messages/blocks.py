"""The messages of a request become the system text and a conversation, block for block (pure).

Whatever the Messages API knows is written to the CLI as the client wrote it. What the CLI would drop, or answer with
words of its own, is refused here instead (measured on 2.1.330).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.messages import marks
from cmappy.faces.messages.request import MessagesRequest
from cmappy.faces.wire import missing
from cmappy.middle.dialogue import Dialogue
from cmappy.middle.media import Attachments
from cmappy.middle.tools import Toolbox
from cmappy.turn import Media, Message, Opaque, Text, Thinking

Json = dict[str, Any]

_THINKING = {"thinking", "redacted_thinking"}
_NO_FILES = "There is no file store: send the content itself instead of a `file_id`."


def system(request: MessagesRequest) -> str:
    """Return the system text: its blocks, and the system messages before all others, with an empty line between."""
    texts = list(_texts(request.system, "system"))
    for at, message in enumerate(_opening(request)):
        texts += _texts(message.content, f"messages[{at}].content")
    joined = "\n\n".join(text for text in texts if text)
    return joined if joined.strip() else ""  # the API refuses a system prompt of white space only


def conversation(
    request: MessagesRequest, toolbox: Toolbox, *, own_marks: bool, url_images: bool = False, newest: bool = False
) -> tuple[Message, ...]:
    """Return all other messages; raises InvalidRequest with `param`.

    `own_marks` keeps the client's marks for the cache, `url_images` lets the API fetch images and documents by their
    address. `newest` refuses what the API refuses from its version 2026-10-21 on.
    """
    reader = _Reader(toolbox, own_marks=own_marks, url_images=url_images, newest=newest)
    first = len(_opening(request))
    for at, message in enumerate(request.messages[first:], first):
        reader.read(message.role, message.content, f"messages[{at}]", last=message is request.messages[-1])
    return reader.close(f"messages[{len(request.messages) - 1}]")


class _Reader:
    """Reads message after message."""

    def __init__(self, toolbox: Toolbox, *, own_marks: bool, url_images: bool, newest: bool) -> None:
        self._toolbox = toolbox
        self._attachments = Attachments(url_images=url_images)
        self._own_marks = own_marks
        self._url_images = url_images
        self._newest = newest
        self._dialogue = Dialogue("messages")

    def read(self, role: str, content: Iterable[Json], path: str, *, last: bool) -> None:
        match role:
            case "user":
                for at, block in enumerate(content):
                    self._user(block, f"{path}.content[{at}]")
            case "assistant":
                # The CLI drops an answer of nothing but thinking; the last message can be no answer at all.
                if last or any(block["type"] not in _THINKING for block in content):
                    for at, block in enumerate(content):
                        self._assistant(block, f"{path}.content[{at}]")
            case _:
                raise Unsupported(
                    "A message with role `system` is possible before all others only. Use `system`, or say it as the "
                    "user.",
                    param=f"{path}.role",
                )

    def close(self, last: str) -> tuple[Message, ...]:
        return self._dialogue.close(last)

    def _user(self, block: Json, path: str) -> None:
        if block["type"] == "tool_result":
            id = _string(block, "tool_use_id", path)
            content = block.get("content") or ()
            if isinstance(content, str):
                content = [{"type": "text", "text": content}]
            is_error = block.get("is_error") or False
            if not isinstance(is_error, bool):
                raise InvalidRequest(f"`{path}.is_error` must be true or false.", param=f"{path}.is_error")
            self._dialogue.result(
                id,
                [self._block(item, at) for item, at in _items(content, f"{path}.content")],
                f"{path}.tool_use_id",
                is_error=is_error,
                cache_control=orjson.dumps(block["cache_control"]).decode() if self._marked(block, path) else "",
            )
        elif block["type"] in {"tool_use", *_THINKING}:
            raise InvalidRequest(f"A `{block['type']}` block is the model's, not the user's.", param=path)
        elif self._newest and block.get("citations") and block["type"] == "text":
            raise InvalidRequest("`citations` are the model's, not the user's.", param=f"{path}.citations")
        else:
            self._dialogue.user([self._block(block, path)])

    def _assistant(self, block: Json, path: str) -> None:
        match block["type"]:
            case "tool_use":
                id, name = _string(block, "id", path), _string(block, "name", path)
                if not isinstance(block.get("input"), dict):
                    raise InvalidRequest(f"`{path}.input` must be an object.", param=f"{path}.input")
                input = _dump(block["input"], f"{path}.input")
                self._dialogue.call(id, self._toolbox.api_name(name), self._toolbox.renamed(name, input), f"{path}.id")
            case "thinking":
                thinking, signature = _string(block, "thinking", path), _string(block, "signature", path)
                self._dialogue.assistant([Thinking(thinking, signature)])
            case "tool_result":
                raise InvalidRequest("A `tool_result` is the user's, not the model's.", param=path)
            case "document" if self._newest:
                raise InvalidRequest("A `document` is the user's, not the model's.", param=path)
            case "text":  # the CLI keeps no citations of earlier answers
                self._dialogue.assistant(
                    [self._block({name: value for name, value in block.items() if name != "citations"}, path)]
                )
            case _:
                self._dialogue.assistant([self._block(block, path)])

    def _block(self, block: Json, path: str) -> Text | Media | Opaque:
        """Return a block that is no call, result or thinking."""
        if not self._marked(block, path):
            block = block if self._own_marks else marks.without(block)
        match block:
            case {"type": "text"}:
                text = _string(block, "text", path)
                # The CLI makes a sentence of its own of empty text.
                return Text(text) if len(block) == 2 or not text.strip() else Opaque(_dump(block, path))
            case {"type": "image"}:
                return self._image(block, path)
            case {"type": "document", "source": dict(source)}:
                self._check_document(source, path)
            case {"type": "document"}:
                raise missing(f"{path}.source")
            case {"type": "container_upload"}:
                raise Unsupported(_NO_FILES, param=path)
            case {"type": "tool_reference"}:
                raise Unsupported("There is no search for tools: send their descriptions in `tools`.", param=path)
        return Opaque(_dump(block, path))

    def _image(self, block: Json, path: str) -> Media:
        source, at = block.get("source") or {}, f"{path}.source"
        if not isinstance(source, dict):
            raise InvalidRequest(f"`{at}` must be an object.", param=at)
        match source:
            case {"type": "base64"}:
                return self._attachments.image_base64(_string(source, "data", at), f"{at}.data")
            case {"type": "url"}:
                return self._attachments.image(_string(source, "url", at), f"{at}.url")
            case {"type": "file"}:
                raise Unsupported(_NO_FILES, param=at)
        raise InvalidRequest(f"`{at}` must be of type `base64` or `url`.", param=at)

    def _check_document(self, source: Json, path: str) -> None:
        at = f"{path}.source"
        match source.get("type"):
            case "base64":
                self._attachments.file(_string(source, "data", at), "", f"{at}.data")
            case "text":
                _string(source, "data", at)
            case "content":
                content = source.get("content")
                for item, place in [] if isinstance(content, str) else _items(content, f"{at}.content"):
                    self._block(item, place)
            case "url" if self._url_images:
                _string(source, "url", at)
            case "url":
                raise Unsupported(
                    "Nothing is fetched from the network. Send the document itself, or start cmappy with "
                    "`--allow-url-images` to let the API fetch it.",
                    param=f"{at}.url",
                )
            case "file":
                raise Unsupported(_NO_FILES, param=at)
            case _:
                raise InvalidRequest(f"`{at}` must be of type `base64`, `text`, `content` or `url`.", param=at)

    def _marked(self, block: Json, path: str) -> bool:
        """Return whether the block has a mark for the cache that counts."""
        mark = block.get("cache_control")
        if mark is not None and not (isinstance(mark, dict) and mark.get("type") == "ephemeral"):
            raise InvalidRequest(
                f"`{path}.cache_control` must be an object of type `ephemeral`.", param=f"{path}.cache_control"
            )
        return self._own_marks and mark is not None


def _opening(request: MessagesRequest) -> list[Any]:
    opening = []
    for message in request.messages:
        if message.role != "system":
            break
        opening.append(message)
    return opening


def _texts(blocks: Iterable[Json], path: str) -> Iterator[str]:
    for at, block in enumerate(blocks):
        if block["type"] != "text":
            raise InvalidRequest("The system prompt is text only.", param=f"{path}[{at}].type")
        yield _string(block, "text", f"{path}[{at}]")


def _items(content: Any, path: str) -> Iterator[tuple[Json, str]]:
    """Yield the blocks inside of a block, each with its path."""
    if not isinstance(content, list | tuple):
        raise InvalidRequest(f"`{path}` must be an array of blocks.", param=path)
    for at, block in enumerate(content):
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            raise InvalidRequest(f"`{path}[{at}]` must be a block with a `type`.", param=f"{path}[{at}]")
        yield {name: value for name, value in block.items() if value is not None}, f"{path}[{at}]"


def _string(block: Json, name: str, path: str) -> str:
    value = block.get(name)
    if value is None:
        raise missing(f"{path}.{name}")
    if not isinstance(value, str):
        raise InvalidRequest(f"Invalid type for `{path}.{name}`: it must be a string.", param=f"{path}.{name}")
    return value


def _dump(value: Json, path: str) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:  # nested too deeply
        raise InvalidRequest("This is nested too deeply.", param=path) from error
