"""What becomes of the fields of a request, as programs and people read it; each face has a table of its own (pure)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from cmappy.faces.face import Field


def without_effect(sent: Iterable[str], fields: Iterable[Field], effective: Container[str] = ()) -> list[str]:
    """Return which of the names that were sent have no effect, sorted; unknown ones are among them.

    `effective` are those that the table calls ignored, and that are honoured all the same by an option.
    """
    honoured = {field.name for field in fields if field.treatment != "ignored"}
    return sorted(name for name in sent if name not in honoured and name not in effective)


def capabilities(fields: Iterable[Field]) -> dict[str, Any]:
    """Return a table as `GET /v1/capabilities` shows it: for each field its `treatment` and a `note`."""
    return {field.name: {"treatment": field.treatment, "note": field.note} for field in fields}


def markdown(fields: Iterable[Field]) -> str:
    """Return a table as the documents show it."""
    rows = [f"| `{field.name}` | {field.treatment} | {field.note} |" for field in fields]
    return "\n".join(["| field | treatment | note |", "|---|---|---|", *rows])
