"""The README's tables that are made from the code."""

from __future__ import annotations

from cmappy.openai import fields as request_fields
from cmappy.settings import Settings


def fields() -> str:
    """Return the table of request fields."""
    return request_fields.markdown()


def settings() -> str:
    """Return the table of flags."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, False, "") or field.default in ({}, ()) else f"`{field.default}`"
        rows.append(f"| `--{name.replace('_', '-')}` | {default} | {field.description} |")
    return "\n".join(["| flag | default | meaning |", "|---|---|---|", *rows])
