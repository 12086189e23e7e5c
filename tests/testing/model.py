"""What the stub of the API answers to the example's questions; run as a program, it prints a CLI's environment as JSON.

The ids of calls are new each time, as the API's are.
"""

import asyncio
import json
import secrets
import sys
import tempfile
from pathlib import Path

from tools import hermetic
from tools.upstream.server import Upstream


def answer(body):
    """Return the answer to a request of the CLI's."""
    asked = json.dumps(body["messages"])
    if "Greet" in asked:
        return {"text": "Hello Ada, good to see you!"}
    if "Plan my day" in asked:
        return {"text": "Work, rest, play."}
    if '"tool_result"' in asked:
        return {"text": "Take an umbrella."}
    call = {"type": "tool_use", "id": f"toolu_{secrets.token_hex(8)}", "name": "get_weather", "input": {"city": "Oslo"}}
    return {"blocks": [call]}


async def main():
    """Serve until stdin ends."""
    with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
        async with Upstream() as upstream:
            upstream.always = answer
            print(json.dumps(hermetic.environment(Path(home), upstream.url)), flush=True)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
