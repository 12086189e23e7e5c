"""The README's tables that are made from the code."""

from __future__ import annotations

from cmappy.commands import options
from cmappy.faces import responses
from cmappy.faces.chat.fields import FIELDS
from cmappy.faces.fields import markdown


def fields() -> str:
    """Return the table of request fields."""
    return markdown(FIELDS)


def response_fields() -> str:
    """Return the table of request fields of the Responses API."""
    return markdown(responses.FACE.fields)


def settings() -> str:
    """Return the table of flags."""
    rows = []
    for name, field in options.FIELDS.items():
        default = f"`{shown}`" if (shown := options.default(name)) else ""
        notes = ", repeatable" if options.is_repeatable(name) else ""
        rows.append(f"| `{options.flag(name)}` | {default} | {field.description}{notes} |")
    return "\n".join(["| flag | default | meaning |", "|---|---|---|", *rows])
