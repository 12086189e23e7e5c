"""The ways to break a good message, and to serve what is left of it."""

from conformance.messages.subjects.answer import Plain
from conformance.messages.subjects.stream import Stream
from tests.conformance_checks.defects import Broken
from tests.conformance_checks.defects.messages_flavours import (
    JSON,
    SSE,
    TEXT,
    reply,
    sse,
)


def ids(caught_by):
    """Return the check ids for keywords: `usage_stream__end` stands for `messages.usage-stream.end`."""
    return {f"messages.{name.replace('__', '.').replace('_', '-')}": says for name, says in caught_by.items()}


def nothing(good):
    """Leave it as it is."""
    return good


def text(words):
    """Say something else instead."""
    return lambda _: words


def plain(name, edit, flavour=TEXT, *, headers=JSON, status=200, **caught_by):
    """Return a server whose plain message has one edit."""
    return Broken(
        name, Plain, flavour.case(), reply(edit(flavour.body), status=status, headers=headers), ids(caught_by)
    )


def stream(name, edit, flavour=TEXT, *, headers=SSE, **caught_by):
    """Return a server whose stream has one edit."""
    events = edit(flavour.events)
    content = sse(events) if isinstance(events, list) else events
    server = reply(flavour.body, content, stream_headers=headers)
    return Broken(name, Stream, flavour.case(), server, ids(caught_by))


def raw(edit):
    """Return an edit of the stream's text."""
    return lambda events: edit(sse(events))


def without(kind):
    """Return an edit that leaves out the events of a type."""
    return lambda events: [event for event in events if event["type"] != kind]


def change(kind, edit):
    """Return an edit of the events of a type."""
    return lambda events: [edit(event) if event["type"] == kind else event for event in events]


def insert(at, event):
    """Return an edit that puts one more event into a stream."""
    return lambda events: [*events[:at], event, *events[at:]]


FIRST = ("content", 0)
START, DELTA, STOP = "message_start", "content_block_delta", "content_block_stop"
