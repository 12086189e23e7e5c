"""What a model has to be told for a request, and what it answers: worked out without cmappy."""

import json
import re

from tests.scripted.told import digest, last_text, text


def expected(request, defaults):
    """Return the message that answers a request; `defaults` are what the model is told of limits and effort."""
    messages = api_messages(request["messages"])
    told = digest(**{**defaults, **settings(request)}, messages=messages)
    question = last_text(messages)
    order = re.search(r"!call (\d)", question)
    if order is None:
        return {"role": "assistant", "content": f"{told} {question}"}
    names = sorted(tool["function"]["name"] for tool in request["tools"])
    return {"role": "assistant", "tool_calls": [call(told, at, names) for at in range(int(order[1]))]}


def call(told, at, names):
    """Return a call that a model makes when it is ordered to."""
    function = {"name": names[at % len(names)], "arguments": json.dumps({"of": told, "at": at})}
    return {"id": f"toolu_{told}_{at}", "type": "function", "function": function}


def settings(request):
    """Return all that a request says beside its messages."""
    effort, limit = request.get("reasoning_effort"), request.get("max_completion_tokens")
    told = {
        "model": request["model"],
        "system": [message["content"] for message in request["messages"] if message["role"] == "system"],
        "tools": [
            {
                "name": tool["function"]["name"],
                "description": tool["function"].get("description", ""),
                "input_schema": tool["function"]["parameters"],
            }
            for tool in request.get("tools", [])
        ],
        "thinking": effort != "none",
        "extra": {"stop_sequences": request["stop"]} if "stop" in request else {},
    }
    told |= {"max_tokens": limit} if limit else {}
    return told | ({"effort": effort} if effort not in {None, "none"} else {})


def api_messages(messages):
    """Return a conversation as the Messages API has it."""
    told = []
    for message in messages:
        role = {"tool": "user", "system": None}.get(message["role"], message["role"])
        if role is None:
            continue
        if told and told[-1]["role"] == role:
            told[-1]["content"] += blocks(message)
        else:
            told.append({"role": role, "content": blocks(message)})
    return told


def blocks(message):
    """Return the content blocks of a message."""
    if message["role"] == "tool":
        content = [text(message["content"])]
        return [{"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": content}]
    if calls := message.get("tool_calls"):
        return [
            {
                "type": "tool_use",
                "id": each["id"],
                "name": each["function"]["name"],
                "input": json.loads(each["function"]["arguments"]),
            }
            for each in calls
        ]
    return [text(message["content"])]
