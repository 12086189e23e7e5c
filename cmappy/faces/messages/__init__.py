"""Anthropic's Messages API."""

from cmappy.faces.face import Face
from cmappy.faces.messages.asked import read
from cmappy.faces.messages.errors import fault
from cmappy.faces.messages.fields import FIELDS
from cmappy.faces.messages.plan import headers
from cmappy.faces.messages.reply import Wire

FACE: Face[Wire] = Face(
    name="messages",
    path="/messages",
    read=read,
    fault=fault,
    fields=FIELDS,
    ping=b'event: ping\ndata: {"type": "ping"}\n\n',
    headers=headers,
    marker="anthropic-version",
)

__all__ = ["FACE"]
