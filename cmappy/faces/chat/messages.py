"""The messages of a request become the system text and a conversation with real roles, block for block (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.chat.request import ChatMessage, FunctionCall, Part
from cmappy.faces.wire import missing
from cmappy.middle.dialogue import Dialogue
from cmappy.middle.media import Attachments
from cmappy.middle.tools import Toolbox
from cmappy.turn import Media, Message, Text

_SYSTEM = {"system", "developer"}


def conversation(
    messages: tuple[ChatMessage, ...], toolbox: Toolbox, *, url_images: bool = False
) -> tuple[str, tuple[Message, ...]]:
    """Return the system text, one message of it to a line, and all other messages; raises InvalidRequest with `param`.

    Where nobody says anything else, the system messages are the question.
    """
    reader = _Reader(toolbox, Attachments(url_images=url_images))
    for at, message in enumerate(messages):
        reader.read(message, f"messages[{at}]")
    return reader.close(f"messages[{len(messages) - 1}]")


class _Reader:
    """Reads message after message."""

    def __init__(self, toolbox: Toolbox, attachments: Attachments) -> None:
        self._toolbox = toolbox
        self._attachments = attachments
        self._dialogue = Dialogue("messages")
        self._system: list[Text] = []

    def read(self, message: ChatMessage, path: str) -> None:
        if message.role in _SYSTEM:
            self._system += [block for block in self._parts(message, path, "text") if isinstance(block, Text)]
            return
        match message.role:
            case "user":
                self._dialogue.user(self._parts(message, path, "text image_url file"))
            case "assistant":
                self._dialogue.assistant(self._parts(message, path, "text refusal"))
                self._calls(message, path)
            case _:
                self._result(message, path)

    def close(self, last: str) -> tuple[str, tuple[Message, ...]]:
        if self._dialogue.ends_with is None:
            self._dialogue.user(self._system)
            self._system = []
        system = "\n".join(block.text for block in self._system if block.text)
        return system if system.strip() else "", self._dialogue.close(last)

    def _calls(self, message: ChatMessage, path: str) -> None:
        for at, call in enumerate(message.tool_calls):
            self._call(call.id, call.function, f"{path}.tool_calls[{at}].id")
        if older := message.function_call:
            self._call(f"function_{older.name}", older, f"{path}.function_call")

    def _call(self, id: str, function: FunctionCall, at: str) -> None:
        input = self._toolbox.input(function.name, function.arguments)
        self._dialogue.call(id, self._toolbox.api_name(function.name), input, at)

    def _result(self, message: ChatMessage, path: str) -> None:
        blocks = self._parts(message, path, "text image_url file")
        if message.role == "function":
            if not self._dialogue.waiting:
                raise InvalidRequest(
                    "A message with role `function` must answer the call of the message before it.",
                    param=f"{path}.role",
                )
            self._dialogue.result(self._dialogue.waiting[0], blocks, f"{path}.role")
        elif message.tool_call_id:
            self._dialogue.result(message.tool_call_id, blocks, f"{path}.tool_call_id")
        else:
            raise missing(f"{path}.tool_call_id")

    def _parts(self, message: ChatMessage, path: str, allowed: str) -> list[Text | Media]:
        if message.content is None and message.role in {"user", *_SYSTEM}:
            raise missing(f"{path}.content")
        return list(self._blocks(message, path, allowed.split()))

    def _blocks(self, message: ChatMessage, path: str, allowed: list[str]) -> Iterator[Text | Media]:
        for at, part in enumerate(message.content or ()):
            yield self._block(part, f"{path}.content[{at}]", allowed)
        if message.refusal:
            yield Text(message.refusal)

    def _block(self, part: Part, path: str, allowed: list[str]) -> Text | Media:
        match part.type:
            case "text" | "refusal" | "image_url" | "file" if part.type not in part.model_fields_set:
                raise missing(f"{path}.{part.type}")
            case "text" if part.text is not None:
                return Text(part.text)
            case "refusal" if part.refusal is not None and "refusal" in allowed:
                return Text(part.refusal)
            case "image_url" if part.image_url and "image_url" in allowed:
                return self._attachments.image(part.image_url.url, f"{path}.image_url.url")
            case "file" if part.file and "file" in allowed:
                if part.file.file_data is None:
                    raise Unsupported(
                        "Only files with `file_data` are taken; there is no file store.", param=f"{path}.file"
                    )
                return self._attachments.file(part.file.file_data, part.file.filename, f"{path}.file.file_data")
            case "input_audio":
                raise Unsupported("Audio is not offered: send text, images or files.", param=f"{path}.type")
        raise InvalidRequest(f"A part of type `{part.type[:80]}` is not possible here.", param=f"{path}.type")
