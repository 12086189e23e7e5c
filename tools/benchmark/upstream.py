"""The API for the benchmark, in a process of its own: calls the first tool it is offered, or else says a few words."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from tools.upstream import Upstream


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request."""
    last = [message for message in body["messages"] if message["role"] == "user"][-1]
    returned = isinstance(last["content"], list) and any(block["type"] == "tool_result" for block in last["content"])
    if body.get("tools") and not returned:
        return {"blocks": [{"type": "tool_use", "name": body["tools"][0]["name"], "input": {}}]}
    return {"text": "These are a few words."}


async def _serve() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    upstream = Upstream()
    upstream.always = answer
    async with upstream:
        print(upstream.url, flush=True)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
