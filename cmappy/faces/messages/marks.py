"""The marks by which a client says what the prompt cache shall keep (reference, "Prompt caching"; pure).

The API takes four in all. The CLI sets three of its own and does not count the client's, so it is either its marks or
the client's: as soon as there is one in a message, the client's, to the letter. A mark on an image or a call is lost in
the CLI, and so is one on the system text; where there are no others, the CLI's own marks keep tools and system anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cmappy.errors import InvalidRequest
from cmappy.faces.messages.request import MessagesRequest

MOST = 4
_LOST_ON = {"image", "tool_use"}


def check(request: MessagesRequest) -> bool:
    """Return whether the client's marks count, instead of the CLI's; raises InvalidRequest."""
    within = sum(_count(message.content) for message in request.messages)
    marked = within + _count(request.system) + _count(request.tools)
    if marked > MOST:
        raise InvalidRequest(
            f"At most {MOST} blocks can have a `cache_control`, and {marked} have one. Leave out the oldest.",
            param="messages",
        )
    return any(_counts(block) for message in request.messages for block in message.content)


def _counts(block: dict[str, Any]) -> bool:
    return bool(_count([block])) and block["type"] not in _LOST_ON


def _count(blocks: Iterable[dict[str, Any]]) -> int:
    marked = 0
    for block in blocks:
        marked += "cache_control" in block
        if isinstance(content := block.get("content"), list):
            marked += _count(item for item in content if isinstance(item, dict))
    return marked
