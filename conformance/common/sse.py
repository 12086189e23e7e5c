"""Server-sent events as the HTML standard frames them, and nothing repaired: what is wrong stays visible."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """What stands between two blank lines. `whole` says that a blank line follows."""

    lines: tuple[str, ...]
    whole: bool = True

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields in order, without comments; one space after the colon belongs to the syntax."""
        pairs = (line.partition(":") for line in self.lines if not line.startswith(":"))
        return tuple((name, value.removeprefix(" ")) for name, _, value in pairs)

    @property
    def data(self) -> str | None:
        """The data lines, joined; None if the block has none."""
        values = [value for name, value in self.fields if name == "data"]
        return "\n".join(values) if values else None

    @property
    def is_comment(self) -> bool:
        """Whether the block says nothing: comments only, which keep a connection alive."""
        return not self.fields


def blocks(body: bytes) -> list[Block]:
    """Return the blocks of an event stream. The end of the body does not end a block."""
    text = re.sub(r"\r\n|\r", "\n", body.decode("utf-8", "replace"))
    *whole, rest = text.split("\n\n")
    found = [Block(tuple(part.strip("\n").split("\n"))) for part in whole if part.strip("\n")]
    if rest.strip("\n"):
        found.append(Block(tuple(rest.strip("\n").split("\n")), whole=False))
    return found
