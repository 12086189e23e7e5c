"""Makes OpenAI's generated tests, which are written for a mock, into requests that a server can answer.

They name objects that are on no server: in a path they get the id of one that is made for them, and a page after such
an object becomes the first page. And they leave out what the API requires, but Python cannot: that is added.
"""

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
_REQUIRED = {"/responses": {"model": "sonnet", "input": _HELLO}}
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
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        headers["accept-encoding"] = "identity"
        url = await self._with_id(f"/{path}", headers.get("authorization", ""))
        query = {name: value for name, value in request.query_args if name != "after"}
        sent = self._client.stream(request.method, url, headers=headers, params=query, content=_body(request, path))
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

    async def _with_id(self, path: str, owner: str) -> str:
        for pattern, (url, body) in _MADE.items():
            if found := re.match(pattern, path):
                made = await self._client.post(url, json=body, headers={"authorization": owner})
                return path.replace(found[1], made.json().get("id", found[1]), 1)
        return path


def _body(request: Request, path: str) -> bytes:
    """Return the body of a request, with what the API requires."""
    required = _REQUIRED.get(f"/{path}") if request.method == "POST" else None
    return json.dumps(required | json.loads(request.body)).encode() if required else request.body


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return body.decode("utf-8", "replace")[:200]
