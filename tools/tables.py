"""The README's tables that are made from the code."""

from __future__ import annotations

from cmappy.commands import options
from cmappy.commands.options import FIELDS
from cmappy.openai import fields as request_fields


def fields() -> str:
    """Return the table of request fields."""
    return request_fields.markdown()


def settings() -> str:
    """Return the table of flags."""
    rows = []
    for name in FIELDS:
        default = f"`{shown}`" if (shown := options.default(name)) else ""
        notes = ", repeatable" if options.is_repeatable(name) else ""
        rows.append(f"| `{options.flag(name)}` | {default} | {FIELDS[name].description}{notes} |")
    return "\n".join(["| flag | default | meaning |", "|---|---|---|", *rows])
