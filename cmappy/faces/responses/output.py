"""The items of an answer, each with the events of its life: added, its pieces, done (RESPONSES reference, "Streaming").

An item is told to begin, is fed pieces, and is told to end; what it returns is sent. `json` is the item as it is now,
`kept` the same with all that the store needs to rebuild the turn.
"""

from __future__ import annotations

from typing import Any, Literal

import orjson

from cmappy.faces.responses.events import Delta, Event, Wire, head
from cmappy.faces.responses.freeform import Freeform

ItemStatus = Literal["in_progress", "completed", "incomplete"]


class Item:
    """One item; `at` is its place in the output."""

    def __init__(self, at: int, id: str, kind: str) -> None:
        self.json: dict[str, Any] = {"id": id, "type": kind}
        self._at = at

    @property
    def kept(self) -> dict[str, Any]:
        """The item as the store keeps it."""
        return self.json

    def begin(self) -> list[Wire]:
        """Return the event that adds the item to the output."""
        return [Event("response.output_item.added", {"output_index": self._at, "item": dict(self.json)})]

    def end(self, status: ItemStatus = "completed") -> list[Wire]:
        """Return the events that complete the item."""
        return [Event("response.output_item.done", {"output_index": self._at, "item": dict(self.json)})]

    def _where(self, **more: Any) -> dict[str, Any]:
        return {"item_id": self.json["id"], "output_index": self._at, **more}


class Message(Item):
    """Text, or a refusal: a part for each block."""

    def __init__(self, at: int, id: str) -> None:
        super().__init__(at, id, "message")
        self.json |= {"status": "in_progress", "role": "assistant", "content": []}
        self._kind = "output_text"
        self._head = b""
        self._pieces: list[str] = []

    def open(self, kind: Literal["output_text", "refusal"] = "output_text") -> list[Wire]:
        """Begin a part."""
        self._kind, self._pieces = kind, []
        extra: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
        self._head = head(f"response.{kind}.delta", self._part_of() | extra)
        return [Event("response.content_part.added", self._part_of() | {"part": self._part("")})]

    def feed(self, text: str) -> list[Wire]:
        """Return the delta for a piece of the part."""
        self._pieces.append(text)
        return [Delta(self._head, text)]

    def close(self) -> list[Wire]:
        """End the part."""
        text = "".join(self._pieces)
        whole = {"text": text, "logprobs": []} if self._kind == "output_text" else {"refusal": text}
        events: list[Wire] = [
            Event(f"response.{self._kind}.done", self._part_of() | whole),
            Event("response.content_part.done", self._part_of() | {"part": self._part(text)}),
        ]
        self.json["content"] = [*self.json["content"], self._part(text)]
        return events

    def end(self, status: ItemStatus = "completed") -> list[Wire]:
        """Return the event that completes the item."""
        self.json["status"] = status
        return super().end()

    def _part_of(self) -> dict[str, Any]:
        return self._where(content_index=len(self.json["content"]))

    def _part(self, text: str) -> dict[str, Any]:
        if self._kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


class Reasoning(Item):
    """What the model thought, as a summary; `sealed` is the form in which the client may send it back.

    `shown` says whether the client gets the thinking to read, `sealing` whether it gets the sealed form.
    """

    def __init__(self, at: int, id: str, *, shown: bool, sealing: bool) -> None:
        super().__init__(at, id, "reasoning")
        self.json["summary"] = []
        self._shown, self._sealing = shown, sealing
        self._head = b""
        self.thinking = ""
        self._pieces: list[str] = []
        self.sealed = ""

    @property
    def kept(self) -> dict[str, Any]:
        """The item with its sealed form, whether the client has asked for that or not."""
        return self.json | ({"encrypted_content": self.sealed} if self.sealed else {})

    def feed(self, text: str) -> list[Wire]:
        """Return the delta for a piece of thinking, after the event that begins the summary."""
        self._pieces.append(text)
        if not self._shown:
            return []
        if self._head:
            return [Delta(self._head, text)]
        where = self._where(summary_index=0)
        self._head = head("response.reasoning_summary_text.delta", where)
        begun = Event("response.reasoning_summary_part.added", where | {"part": {"type": "summary_text", "text": ""}})
        return [begun, Delta(self._head, text)]

    def text(self) -> str:
        """Return all of the thinking so far."""
        return "".join(self._pieces)

    def end(self, status: ItemStatus = "completed") -> list[Wire]:
        """Return the events that complete the summary and the item."""
        events: list[Wire] = []
        if self._head:
            part = {"type": "summary_text", "text": self.text()}
            self.json["summary"] = [part]
            where = self._where(summary_index=0)
            events += [
                Event("response.reasoning_summary_text.done", where | {"text": part["text"]}),
                Event("response.reasoning_summary_part.done", where | {"part": part}),
            ]
        if self._sealing and self.sealed:
            self.json["encrypted_content"] = self.sealed
        return events + super().end()


class Call(Item):
    """A call of a function; `name` is the client's, and so is the `namespace` if it stands in one."""

    def __init__(self, at: int, id: str, call_id: str, name: str, namespace: str = "") -> None:
        super().__init__(at, id, "function_call")
        self.json |= {"status": "in_progress", "call_id": call_id, "name": name}
        if namespace:
            self.json["namespace"] = namespace
        self.json["arguments"] = ""
        self._head = head("response.function_call_arguments.delta", self._where())
        self._pieces: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether the pieces so far are a whole JSON text."""
        try:
            orjson.loads("".join(self._pieces))
        except orjson.JSONDecodeError:
            return False
        return True

    def feed(self, text: str) -> list[Wire]:
        """Return the delta for a piece of the arguments."""
        self._pieces.append(text)
        return [Delta(self._head, text)]

    def end(self, status: ItemStatus = "completed") -> list[Wire]:
        """Return the events that complete the call."""
        arguments = "".join(self._pieces)
        self.json |= {"status": "completed", "arguments": arguments}
        done = self._where(name=self.json["name"], arguments=arguments)
        return [Event("response.function_call_arguments.done", done), *super().end()]


class CustomCall(Call):
    """A call of a tool that takes a plain text: the model gave it as the one string of a JSON object."""

    def __init__(self, at: int, id: str, call_id: str, name: str, namespace: str = "") -> None:
        super().__init__(at, id, call_id, name, namespace)
        self.json["type"] = "custom_tool_call"
        del self.json["arguments"]
        self.json["input"] = ""
        self._head = head("response.custom_tool_call_input.delta", self._where())
        self._freeform = Freeform()

    def feed(self, text: str) -> list[Wire]:
        """Return the delta for what a piece of the JSON text adds to the plain one."""
        self._pieces.append(text)
        return self._delta(self._freeform.feed(text))

    def end(self, status: ItemStatus = "completed") -> list[Wire]:
        """Return the events that complete the call."""
        last = self._delta(self._freeform.close())
        self.json |= {"status": "completed", "input": self._freeform.text}
        done = self._where(input=self._freeform.text)
        return [*last, Event("response.custom_tool_call_input.done", done), *Item.end(self)]

    def _delta(self, text: str) -> list[Wire]:
        return [Delta(self._head, text)] if text else []
