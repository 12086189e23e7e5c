"""A client of a few lines, so that what is measured is the server: HTTP/1.1 over one connection, times to the byte."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_FIRST = re.compile(rb'"(content|arguments)": ?"[^"]')  # a piece of text that is not empty


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `first` and `total` are seconds from sending the request to the first text and to the end."""

    status: int
    headers: dict[str, str]
    body: bytes
    first: float
    total: float

    @property
    def route(self) -> str:
        """How cmappy says that it answered; empty for other servers."""
        return self.headers.get("x-cmappy-route", "")

    def events(self) -> list[dict[str, Any]]:
        """Return the chunks of a stream."""
        lines = self.body.split(b"\n")
        return [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]


class Client:
    """One connection to a server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes, path: str = "/chat/completions") -> Answer:
        """Send a request and read the whole answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 26)
        head = (
            f"POST {self._path}{path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        self._writer.write(head.encode() + body)
        await self._writer.drain()
        status, headers = await self._head(self._reader)
        parts: list[bytes] = []
        first = 0.0
        async for part in self._body(self._reader, headers):
            parts.append(part)
            if not first and _FIRST.search(part):
                first = time.perf_counter() - started
        total = time.perf_counter() - started
        return Answer(status, headers, b"".join(parts), first or total, total)

    async def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}

    @staticmethod
    async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> Any:
        if "content-length" in headers:
            yield await reader.readexactly(int(headers["content-length"]))
            return
        while size := int(await reader.readline(), 16):
            yield (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)


def chat(messages: list[dict[str, Any]], **fields: Any) -> bytes:
    """Return the body of a chat request."""
    return json.dumps({"model": "claude-sonnet-4", "messages": messages, **fields}).encode()


def user(text: str) -> dict[str, Any]:
    """Return a user message."""
    return {"role": "user", "content": text}
