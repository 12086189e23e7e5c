"""A model that plays its part by rules: it greets, calls what it is offered, and tells what it was given.

It knows the task by its text anywhere in the conversation, as clients wrap it into their own words. What it says at
the end is made of what arrived, so that the right answer proves that everything did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.scenario import texts

Json = dict[str, Any]

CASES: dict[str, Json] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "clients" / "cases.json").read_text("utf-8")
)
_PATH = re.compile(re.escape(CASES["edit"]["ask"]).replace(re.escape("{path}"), r"(\S+)"))
_FINISHING = {"final_answer", "attempt_completion", "submit_answer"}


def answer(body: Json) -> Json:
    """Return the stub's answer to a request for a message."""
    said = "\n".join(_user_texts(body))
    if _PATH.search(said):
        return _edit(body, said)
    position, task = max((said.rfind(case["ask"]), name) for name, case in CASES.items())
    if position < 0:
        return {"text": "I do not know this task."}
    match task:
        case "tools":
            return _tools(body, said)
        case "structured":
            return _structured(body)
        case "image" | "pdf":
            return _media(body, CASES[task]["answer"])
        case "errors":
            message = f"{CASES['errors']['answer']}: 250000 tokens > 200000 maximum"
            return {"error": {"type": "invalid_request_error", "message": message}}
        case _:
            return _say(body, CASES[task]["answer"])


def _tools(body: Json, said: str) -> Json:
    """Ask for two cities at once, then for the third, and then tell what was answered."""
    known = {block["id"]: block["input"] for block in _blocks(body, "tool_use") if "city" in block["input"]}
    found = {
        known[block["tool_use_id"]]["city"]: "".join(texts(block))
        for block in _blocks(body, "tool_result")
        if block["tool_use_id"] in known
    }
    # Some clients retell calls and results as text.
    found = {city: told for city, told in CASES["tools"]["weather"].items() if told in said} | found
    offered = [tool["name"] for tool in body.get("tools", ()) if "weather" in tool["name"]]
    asked = {call["city"] for call in known.values()} | found.keys()
    wanted = [city for city in CASES["tools"]["weather"] if city not in asked]
    if wanted and offered:
        return _calls(*((offered[0], {"city": city}) for city in (wanted[:2] if len(wanted) > 1 else wanted)))
    return _say(body, " ".join(f"{city}: {_bare(found.get(city, 'unknown'))}." for city in CASES["tools"]["weather"]))


def _structured(body: Json) -> Json:
    """Give the object through the tool that takes one, or as text."""
    for tool in body.get("tools", ()):
        if {"name", "born"} <= tool["input_schema"].get("properties", {}).keys():
            return _calls((tool["name"], CASES["structured"]["answer"]))
    return {"text": json.dumps(CASES["structured"]["answer"])}


def _media(body: Json, told: str) -> Json:
    """Tell the type of what was shown, if it was."""
    kind = told.rpartition(" ")[2].rstrip(".")
    shown = {block["source"].get("media_type") for name in ("image", "document") for block in _blocks(body, name)}
    return _say(body, told if kind in shown else f"There is nothing of the type {kind}.")


def _edit(body: Json, said: str) -> Json:
    """Write the file with the first tool that takes a path and contents, or in the words of programs without tools."""
    path = _PATH.findall(said)[-1]
    if any(CASES["edit"]["word"] in json.dumps(block["input"]) for block in _blocks(body, "tool_use")):
        return _say(body, CASES["edit"]["answer"])
    for tool in body.get("tools", ()):
        properties = tool["input_schema"].get("properties", {})
        where = next((name for name in properties if "path" in name.lower()), None)
        what = next((name for name in properties if name in ("content", "contents", "file_text")), None)
        if where and what:
            more = {"command": "create"} if "command" in properties else {}
            return _calls((tool["name"], {where: path, what: CASES["edit"]["word"] + "\n", **more}))
        if tool["name"] == "apply_patch":
            patch = f"*** Begin Patch\n*** Add File: {path}\n+{CASES['edit']['word']}\n*** End Patch\n"
            return _calls((tool["name"], {"input": patch}))
    for tool in body.get("tools", ()):
        if tool["name"] == "exec_command":
            return _calls((tool["name"], {"cmd": f"echo {CASES['edit']['word']} > '{path}'"}))
    name = Path(path).name
    return {"text": f"{name}\n```\n<<<<<<< SEARCH\n=======\n{CASES['edit']['word']}\n>>>>>>> REPLACE\n```\n"}


def _say(body: Json, text: str) -> Json:
    """Say something; through a tool where the client wants the end of its work told by one."""
    for tool in body.get("tools", ()):
        if tool["name"] in _FINISHING:
            [name, *_] = tool["input_schema"]["properties"]
            return _calls((tool["name"], {name: text}))
    return {"text": text}


def _calls(*calls: tuple[str, Json]) -> Json:
    return {"blocks": [{"type": "tool_use", "name": name, "input": arguments} for name, arguments in calls]}


def _bare(text: str) -> str:
    """Return a result without what a client has put around it: quotes, braces, labels."""
    known = [weather for weather in CASES["tools"]["weather"].values() if weather in text]
    return known[0] if len(known) == 1 else text


def _blocks(body: Json, kind: str) -> Iterator[Json]:
    for message in body["messages"]:
        if not isinstance(message["content"], str):
            for block in message["content"]:
                inside = block.get("content") if block["type"] == "tool_result" else None
                if block["type"] == kind:
                    yield block
                yield from (part for part in inside or () if isinstance(part, dict) and part["type"] == kind)


def _user_texts(body: Json) -> Iterator[str]:
    for message in body["messages"]:
        if message["role"] == "user":
            yield from reversed([*texts(message)])
