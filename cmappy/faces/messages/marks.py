"""The marks by which a client says what the prompt cache shall keep (reference, "Prompt caching"; pure).

The API takes four in all. The CLI sets three of its own and does not count the client's, so it is either its marks or
the client's: as soon as one in a message arrives, the client's, to the letter. A mark on an image, a call or thinking
is lost in the CLI, and so are one on empty text, which is left out, and one on the system text; where there are no
others, the CLI's own marks keep tools and system anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cmappy.errors import InvalidRequest
from cmappy.faces.messages.request import MessagesRequest

MOST = 4
_LOST_ON = {"image", "tool_use", "thinking", "redacted_thinking"}


def check(request: MessagesRequest) -> bool:
    """Return whether the client's marks count, instead of the CLI's; raises InvalidRequest."""
    within = [block for message in request.messages for block in _marked(message.content)]
    marked = [*within, *_marked(request.system), *_marked(request.tools)]
    if len(marked) > MOST:
        raise InvalidRequest(
            f"At most {MOST} blocks can have a `cache_control`, and {len(marked)} have one. Leave out the oldest.",
            param="messages",
        )
    return any(map(_arrives, within))


def without(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block without marks, also inside of it."""
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    if isinstance(content := bare.get("content"), list):
        bare["content"] = [without(inner) if isinstance(inner, dict) else inner for inner in content]
    if isinstance(source := bare.get("source"), dict):
        bare["source"] = without(source)
    return bare


def _marked(blocks: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield the blocks that have a mark, also those inside of results and documents."""
    for block in blocks:
        if isinstance(block, dict):
            if block.get("cache_control") is not None:
                yield block
            source = block.get("source")
            for inner in (block.get("content"), source.get("content") if isinstance(source, dict) else None):
                if isinstance(inner, list):
                    yield from _marked(inner)


def _arrives(block: dict[str, Any]) -> bool:
    text = block.get("text")
    empty = block.get("type") == "text" and isinstance(text, str) and not text.strip()
    return block.get("type") not in _LOST_ON and not empty
