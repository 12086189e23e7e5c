"""Characters that were cut in two: JSON can escape half of one, but no text can hold it (pure)."""

from __future__ import annotations


def whole(text: str) -> str:
    """Return a text with its halves joined where they meet, and replaced where the other one is missing."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Joiner:
    """Joins the halves of a character that two pieces of a text share."""

    def __init__(self) -> None:
        self._half = ""

    @property
    def holds(self) -> bool:
        """Whether the other half of a character is waited for."""
        return bool(self._half)

    def feed(self, text: str) -> str:
        """Return what of the text so far can be shown."""
        if not self._half:
            try:
                text.encode()
            except UnicodeEncodeError:
                pass
            else:
                return text
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return whole(text)

    def flush(self) -> str:
        """Return what stands for a half that was waited for, once no more text can come."""
        half, self._half = self._half, ""
        return whole(half)
