"""All that a model is told in one request, and the digest of it that the scripted CLI answers with.

Whatever reaches the model beside what a client has sent, or instead of it, makes another digest.
"""

import hashlib
import json
import re


def digest(*, model, system, tools, messages, max_tokens=None, effort=None, thinking=True, extra=None):
    """Return the digest of a request: `tools` and `messages` are the Messages API's, `extra` are more fields."""
    told = [
        model,
        system,
        sorted(tools, key=lambda tool: tool["name"]),
        messages,
        max_tokens,
        effort,
        thinking,
        extra or {},
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:20]


def canaries(told):
    """Return the words by which conversations are told apart, wherever in a request; there may be one."""
    return set(re.findall(r"canary-\w+", json.dumps(told)))


def bare(message):
    """Return a message without marks for the prompt cache, of which no model knows."""
    content = [
        {name: value for name, value in block.items() if name != "cache_control"} for block in message["content"]
    ]
    return {"role": message["role"], "content": content}


def text(said):
    """Return a text block."""
    return {"type": "text", "text": said}


def last_text(messages):
    """Return the texts of the last message, those of tools' results included; they carry the orders to the CLI."""
    blocks = [inner for block in messages[-1]["content"] for inner in block.get("content") or [block]]
    return " ".join(block["text"] for block in blocks if block["type"] == "text")
