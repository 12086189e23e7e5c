"""The documents' tables that are made from the code."""

from __future__ import annotations

from importlib import import_module

from cmappy.commands import options
from cmappy.faces.fields import markdown


def fields(face: str) -> str:
    """Return the table of an API's request fields."""
    return markdown(import_module(f"cmappy.faces.{face}.fields").FIELDS)


def settings() -> str:
    """Return the table of flags."""
    rows = []
    for name, field in options.FIELDS.items():
        default = f"`{shown}`" if (shown := options.default(name)) else ""
        notes = ", repeatable" if options.is_repeatable(name) else ""
        rows.append(f"| `{options.flag(name)}` | {default} | {field.description}{notes} |")
    return "\n".join(["| flag | default | meaning |", "|---|---|---|", *rows])
