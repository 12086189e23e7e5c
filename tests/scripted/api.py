"""The API, where the scripted CLI is given one: what the model is told goes there, and the answer may be a call."""

import json
import urllib.request


def ask(url, body):
    """Send a request; return the name of the tool that is called in the answer, empty if it is words."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/v1/messages?beta=true", data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:  # the lines of server-sent events
        events = [json.loads(line[6:]) for line in response if line.startswith(b"data: ")]
    blocks = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    return next((block["name"] for block in blocks if block["type"] == "tool_use"), "")
