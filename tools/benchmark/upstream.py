"""The API for the benchmark, in a process of its own: calls the first tool it is offered, or says a few words."""

from __future__ import annotations

import asyncio
import re
import signal
from typing import Any

from tools.upstream import Upstream


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request."""
    told = [_blocks(message) for message in body["messages"] if message["role"] == "user"]
    rounds = re.search(r"rounds=(\d+)", str(told[0]))
    done = sum(block["type"] == "tool_result" for blocks in told for block in blocks)
    returned = done >= int(rounds[1]) if rounds else told[-1][0]["type"] == "tool_result"
    tools = [tool["name"] for tool in body.get("tools", ())]
    wanted = "without tools" not in str(told[-1]) or "StructuredOutput" in tools
    if tools and wanted and not returned:
        return {"blocks": [{"type": "tool_use", "name": tools[0], "input": {}}]}
    return {"text": "These are a few words."}


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


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
