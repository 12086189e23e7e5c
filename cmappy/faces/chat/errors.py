"""An error as OpenAI's API tells it (OpenAI error reference, "Error codes"; pure)."""

from __future__ import annotations

from typing import Any

from cmappy.errors import CmappyError
from cmappy.faces.face import Fault


def body(error: CmappyError) -> dict[str, Any]:
    """Return OpenAI's error object: `{"error": {"message", "type", "param", "code"}}`."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}


def fault(error: CmappyError, request_id: str) -> Fault:
    """Return an error as a response."""
    return Fault(error.status, body(error), error.headers())
