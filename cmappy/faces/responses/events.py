"""What a stream consists of: events with a type and a body, and the many deltas, which share a beginning (pure).

Events are not numbered here: a `sequence_number` belongs to the stream, and is given when the bytes are made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

DONE = b"data: [DONE]\n\n"


class Event(NamedTuple):
    """One event; `body` is all of it but its type and its number."""

    type: str
    body: dict[str, Any]

    def encode(self, number: int) -> bytes:
        """Return the server-sent event with its `sequence_number`."""
        data = orjson.dumps({"type": self.type, "sequence_number": number, **self.body})
        return b"event: %b\ndata: %b\n\n" % (self.type.encode(), data)


class Delta(NamedTuple):
    """A piece of text; `head` is all of the event up to it, made once for an item and not once for a token."""

    head: bytes
    text: str

    def encode(self, number: int) -> bytes:
        """Return the server-sent event with its `sequence_number`."""
        return b'%b%b,"sequence_number":%d}\n\n' % (self.head, orjson.dumps(self.text), number)


Wire = Event | Delta


def head(type: str, body: dict[str, Any]) -> bytes:
    """Return what the deltas of one part have in common."""
    return b"event: %b\ndata: %b" % (type.encode(), orjson.dumps({"type": type, **body})[:-1] + b',"delta":')
