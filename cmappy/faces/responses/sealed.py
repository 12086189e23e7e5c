"""Signed thinking on its way through the client: `encrypted_content` is the block itself, as text (pure).

Nothing of it is secret, since the client may read the thinking anyway; the API checks the signature. It knows its own
model's signatures only, so the names of the model that thought go with them, and for another one the block is dropped.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import orjson

from cmappy.turn import Opaque, Thinking

_MARK = "cmappy1."


def seal(block: Thinking | Opaque, models: Sequence[str]) -> str:
    """Return a block of thinking as opaque text; `models` are the names of the model, as asked for and as resolved."""
    sealed = {"models": list(dict.fromkeys(models)), "block": block.api()}
    return _MARK + base64.urlsafe_b64encode(orjson.dumps(sealed)).decode()


def unseal(text: str, model: str) -> Thinking | Opaque | None:
    """Return the block for a turn that asks `model`; None for another model's, and for what is not from here."""
    if not text.startswith(_MARK):
        return None
    try:
        sealed = orjson.loads(base64.urlsafe_b64decode(text.removeprefix(_MARK)))
        if model not in sealed["models"]:
            return None
        match sealed["block"]:
            case {"type": "thinking", "thinking": str(thinking), "signature": str(signature)} if signature:
                return Thinking(thinking, signature)
            case {"type": "redacted_thinking", "data": str(data)} if data:
                return Opaque(orjson.dumps({"type": "redacted_thinking", "data": data}).decode())
    except (ValueError, TypeError, KeyError, binascii.Error, orjson.JSONEncodeError):
        pass  # cut off or changed on its way
    return None
