"""Takes out of a CLI's lines what identifies a person, a machine or a session (pure)."""

from __future__ import annotations

import re
from typing import Any

import orjson

from cmappy.recording.suspects import HOME
from cmappy.sensitive import ADDRESS, KEY

# What was said by or to the model stays as it is, down to the last byte.
_SAID = {
    *("text", "thinking", "partial_json", "content", "content_block", "result"),
    *("input", "arguments", "structured_output"),
}
_LOGIN = {"tokenSource", "apiKeySource", "apiProvider", "subscriptionType"}  # the kind of login tells of nobody
_PERSONAL = re.compile(r"email(_?address)?|(organization|org|account|device|user)_?(id|uuid|name|role)?", re.IGNORECASE)
_CLOCK = re.compile(r".*_ms|.*_seconds|.*_at|timestamp|pid")
_ID = re.compile(r"(?:(msg|req)_\w+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_ID_KEY = re.compile(r".*(id|ids|Id)")
_PATH = re.compile(r"(?:/|~/|[A-Za-z]:[\\/]).*")
_HOME = re.compile(r"(?:/(?:home|Users|root|tmp|private|var)/|[A-Za-z]:\\)[^\s\"']*")
_PORT = re.compile(r"(127\.0\.0\.1|localhost):\d+")


class Scrub:
    """Replaces what identifies a person, a machine or a session by placeholders that are the same in every run.

    It goes by JSON keys, and leaves alone what was said. Only the CLI's own words, which tell of an error, are
    searched. What the CLI tells its own agents is left out: it is not ours to publish.
    """

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._given: set[str] = set()

    def line(self, line: bytes) -> bytes:
        """Return the scrubbed line; one that is not a JSON object is returned as it is."""
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            return line
        scrubbed = self._value(said)
        if _is_error(said):
            scrubbed = self._own_words(scrubbed)
        return line if scrubbed == said else orjson.dumps(scrubbed)

    def text(self, text: str) -> str:
        """Return a text of the CLI's own without ids, ports, addresses and paths."""
        text = _PORT.sub(r"\1:0", _ID.sub(self._placeholder, text))
        return KEY.sub("<private>", ADDRESS.sub("<private>", _HOME.sub("/scrubbed", text)))

    def _value(self, value: Any, key: str = "") -> Any:
        if key in _SAID:
            return value
        if isinstance(value, dict):
            return {name: self._member(item, name, key) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if isinstance(value, str):
            return self._string(value, key)
        if isinstance(value, int | float) and _CLOCK.fullmatch(key):
            return 0
        return value

    def _member(self, value: Any, name: str, parent: str) -> Any:
        if parent == "account" and name not in _LOGIN:
            return "<private>"
        if parent == "agents" and name == "description":
            return "<left out>"
        return self._value(value, name)

    def _string(self, text: str, key: str) -> str:
        if _PERSONAL.fullmatch(key):
            return "<private>"
        if _CLOCK.fullmatch(key):
            return "2026-01-01T00:00:00.000Z"
        if _PATH.fullmatch(text):
            return "/scrubbed"
        found = _ID.fullmatch(text)
        if found and (_ID_KEY.fullmatch(key) or not found[1]):  # a uuid is one anywhere, `msg_...` may be just a name
            return self._placeholder(found)
        return KEY.sub("<private>", ADDRESS.sub("<private>", HOME.sub("/scrubbed", text)))

    def _own_words(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._own_words(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._own_words(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def _placeholder(self, found: re.Match[str]) -> str:
        id = found[0]
        if id not in self._seen and id not in self._given:
            number = len(self._seen) + 1
            self._seen[id] = f"{found[1]}_{number:04}" if found[1] else f"00000000-0000-4000-8000-{number:012}"
            self._given.add(self._seen[id])
        return self._seen.get(id, id)


def _is_error(said: Any) -> bool:
    """Return whether a line tells of an error in the CLI's own words."""
    if not isinstance(said, dict):
        return False
    message = said.get("message")
    return said.get("is_error") is True or (isinstance(message, dict) and message.get("model") == "<synthetic>")
