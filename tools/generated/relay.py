"""Puts real ids in the place of those in OpenAI's generated tests, which name objects that are on no server."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
from sanic import Request

from tools.upstream.listener import Listener

_HELLO = "Say this is a test."
# What stands for the id of an object in a path, what makes such an object, and how it is asked for.
_MADE: dict[str, tuple[str, dict[str, Any]]] = {
    r"/chat/completions/(completion_id)": (
        "/chat/completions",
        {"model": "sonnet", "store": True, "messages": [{"role": "user", "content": _HELLO}]},
    ),
    r"/responses/(resp_\w+|response_id)": ("/responses", {"model": "sonnet", "store": True, "input": _HELLO}),
}
_HOP = {"connection", "content-length", "host", "transfer-encoding", "content-encoding", "keep-alive"}


class Relay:
    """Passes each request on to a server, and remembers how every one was refused."""

    def __init__(self, server: str) -> None:
        self._client = httpx.AsyncClient(base_url=server, timeout=300, trust_env=False)
        self.refusals: dict[str, str] = {}  # what was asked for, and the last words in which it was refused
        self.listener: Listener | None = None

    async def __aenter__(self) -> str:
        """Listen; the value is the URL that stands for the server's."""
        self.listener = await Listener.start(self._pass_on, 0)
        return self.listener.url

    async def __aexit__(self, *exception: object) -> None:
        """Stop."""
        if self.listener is not None:
            await self.listener.stop()
        await self._client.aclose()

    async def _pass_on(self, request: Request, path: str = "") -> None:
        url = await self._with_id(f"/{path}") + (f"?{request.query_string}" if request.query_string else "")
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        headers["accept-encoding"] = "identity"
        sent = self._client.stream(request.method, url, headers=headers, content=request.body)
        async with sent as answer:
            kept = {name: value for name, value in answer.headers.items() if name not in _HOP}
            response = await request.respond(status=answer.status_code, headers=kept)
            if response is None:
                return
            told = b""
            async for piece in answer.aiter_raw():
                told = told + piece if answer.status_code >= 400 else told
                await response.send(piece)
            await response.eof()
        if told:
            self.refusals[f"{request.method} /{path}"] = _message(told)

    async def _with_id(self, path: str) -> str:
        for pattern, (url, body) in _MADE.items():
            if found := re.match(pattern, path):
                made = await self._client.post(url, json=body, headers={"authorization": "Bearer unused"})
                return path.replace(found[1], made.json().get("id", found[1]), 1)
        return path


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return body.decode("utf-8", "replace")[:200]
