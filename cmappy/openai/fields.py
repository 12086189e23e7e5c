"""The old address of chat's fields, until the server asks faces."""

from typing import Any

from cmappy.faces import fields
from cmappy.faces.chat.fields import FIELDS, NAMES, ignored

__all__ = ["FIELDS", "NAMES", "capabilities", "ignored", "markdown"]


def capabilities() -> dict[str, Any]:
    """Return the table as `GET /v1/capabilities` shows it."""
    return {"object": "capabilities", "chat.completions": fields.capabilities(FIELDS)}


def markdown() -> str:
    """Return the table as the README shows it."""
    return fields.markdown(FIELDS)
