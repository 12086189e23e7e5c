"""The items of a request become the system text and a conversation, in which the outputs of calls come first (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.faces.responses.freeform import wrap
from cmappy.faces.responses.request import Item, Part
from cmappy.faces.responses.sealed import unseal
from cmappy.faces.responses.tools import Tools
from cmappy.faces.wire import missing
from cmappy.middle.dialogue import Dialogue
from cmappy.middle.media import Attachments
from cmappy.turn import Block, Media, Message, Text

Value = TypeVar("Value")

IGNORED = frozenset({"web_search_call", "image_generation_call"})  # what a hosted tool did; its result is in the text
_AUDIO = "Audio is not offered: send text, images or files."


class Reader:
    """Reads item after item; `shift` is how many come from the store, so that paths name the client's own.

    `model` is the one that is asked, `tools` know the API's names of what the client calls.
    """

    def __init__(self, model: str, attachments: Attachments, tools: Tools, shift: int = 0) -> None:
        self._model = model
        self._attachments = attachments
        self._tools = tools
        self._shift = shift
        self._dialogue = Dialogue("input")
        self._system: list[str] = []
        self._user: list[Block] = []  # said while calls wait for their outputs, which the API wants first

    def read(self, items: Sequence[Item], instructions: str = "") -> tuple[str, tuple[Message, ...]]:
        """Return the system text and the messages; raises InvalidRequest with `param`."""
        if instructions:
            self._system.append(instructions)
        for at, item in enumerate(items):
            self._item(item, f"input[{at - self._shift}]")
        self._flush()
        system = "\n".join(self._system)
        messages = self._dialogue.close(f"input[{len(items) - 1 - self._shift}]")
        return (system if system.strip() else ""), messages  # the API refuses a system prompt of white space only

    def _item(self, item: Item, path: str) -> None:
        match item.type:
            case "message":
                self._message(item, path)
            case "function_call":
                arguments = _required(item.arguments, path, "arguments")
                self._call(item, path, self._tools.input(arguments, item.name or "", item.namespace))
            case "custom_tool_call":
                self._call(item, path, wrap(_required(item.input, path, "input")))
            case "function_call_output" | "custom_tool_call_output":
                self._output(item, path)
            case "reasoning":
                if block := unseal(item.encrypted_content, self._model):
                    self._assistant([block])
            case "additional_tools":  # they are read with the other tools
                pass
            case "item_reference":  # one with an id has been resolved
                raise missing(f"{path}.id")
            case kind if kind not in IGNORED:
                raise Unsupported(
                    f"Items of type `{kind[:80]}` are not offered.", param=f"{path}.type", code="unsupported_value"
                )

    def _message(self, item: Item, path: str) -> None:
        parts = _required(item.content, path, "content")
        match _required(item.role, path, "role"):
            case "user":
                self._user += self._parts(parts, f"{path}.content", media=True)
                if not self._dialogue.waiting:
                    self._flush()
            case "assistant":
                self._assistant(self._parts(parts, f"{path}.content", media=False))
            case _:
                texts = self._parts(parts, f"{path}.content", media=False)
                self._system += [block.text for block in texts if isinstance(block, Text) and block.text]

    def _assistant(self, blocks: Sequence[Block]) -> None:
        self._flush()
        self._dialogue.assistant(blocks)

    def _call(self, item: Item, path: str, input: str) -> None:
        self._flush()
        name = _required(item.name or None, path, "name")
        id = _required(item.call_id or None, path, "call_id")
        self._dialogue.call(id, self._tools.api_name(name, item.namespace), input, f"{path}.call_id")

    def _output(self, item: Item, path: str) -> None:
        id = _required(item.call_id or None, path, "call_id")
        parts = _required(item.output, path, "output")
        self._dialogue.result(id, self._parts(parts, f"{path}.output", media=True), f"{path}.call_id")
        if not self._dialogue.waiting:
            self._flush()

    def _flush(self) -> None:
        if self._user:
            self._dialogue.user(self._user)
            self._user = []

    def _parts(self, parts: Sequence[Part], path: str, *, media: bool) -> list[Text | Media]:
        return [self._part(part, f"{path}[{at}]", media=media) for at, part in enumerate(parts)]

    def _part(self, part: Part, path: str, *, media: bool) -> Text | Media:
        match part.type:
            case "input_text" | "output_text" | "text":
                return Text(_required(part.text, path, "text"))
            case "refusal":
                return Text(_required(part.refusal, path, "refusal"))
            case "input_image" if media:
                return self._image(part, path)
            case "input_file" if media:
                return self._file(part, path)
            case "input_audio":
                raise Unsupported(_AUDIO, param=f"{path}.type", code="unsupported_value")
        raise InvalidRequest(f"A part of type `{part.type[:80]}` is not possible here.", param=f"{path}.type")

    def _image(self, part: Part, path: str) -> Media:
        if part.image_url is None and part.file_id is not None:
            raise _no_files(f"{path}.file_id")
        return self._attachments.image(_required(part.image_url, path, "image_url"), f"{path}.image_url")

    def _file(self, part: Part, path: str) -> Media:
        if part.file_data is None and part.file_id is not None:
            raise _no_files(f"{path}.file_id")
        if part.file_data is None and part.file_url is not None:
            raise Unsupported(
                "Files are taken as `file_data` only; nothing is fetched from the network.", param=f"{path}.file_url"
            )
        data = _required(part.file_data, path, "file_data")
        return self._attachments.file(data, part.filename, f"{path}.file_data")


def _required(value: Value | None, path: str, name: str) -> Value:
    if value is None:
        raise missing(f"{path}.{name}")
    return value


def _no_files(path: str) -> Unsupported:
    return Unsupported("There is no file store here: send the content itself as a `data:` URL.", param=path)
