"""The stub that plays a model for real clients, and the manifest of them."""

import json

import pytest

from tools.programs.environments import SCRIPTS, manifest
from tools.programs.model import CASES, answer
from tools.programs.table import COLUMNS
from tools.upstream.answer import parse

WEATHER = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
CITIES = CASES["tools"]["weather"]


def user(*content):
    """Build a user's message."""
    return {"role": "user", "content": list(content)}


def text(words):
    """Build a text block."""
    return {"type": "text", "text": words}


def ask(*content, tools=()):
    """Ask the model once."""
    told = answer({"messages": [user(*content)], "tools": list(tools)})
    parse(told)
    return told


@pytest.mark.parametrize("program", manifest(), ids=lambda program: program.name)
def test_client_is_described_whole(program):
    """Its script is there, its versions are pinned, and its capabilities are columns of the table."""
    pins = [package for package in program.python if "==" not in package]
    pins += [package for package in program.node if "@" not in package[1:]]

    assert (SCRIPTS / program.script).is_file()
    assert ([], set()) == (pins, {*program.does, *program.cannot} - set(COLUMNS))


def test_model_answers_the_last_task_within_other_words():
    """Clients wrap a task into their own words, and keep the earlier ones."""
    said = text(f"{CASES['tools']['ask']} Then: <task>{CASES['chat']['ask']}</task>")

    assert {"text": CASES["chat"]["answer"]} == ask(said)


def test_model_tells_the_weather_only_as_far_as_it_was_told():
    """A result that got lost on its way is missing in the answer."""
    messages = [user(text(CASES["tools"]["ask"]))]
    while "text" not in (told := answer({"messages": messages, "tools": [WEATHER]})):
        parse(told)
        calls = [{"type": "tool_use", "id": each["input"]["city"], **each} for each in told["blocks"]]
        messages += [{"role": "assistant", "content": calls}]
        results = [
            {"type": "tool_result", "tool_use_id": city, "content": [text(CITIES[city])]}
            for city in (call["id"] for call in calls)
            if city != "Rome"
        ]
        messages += [user(*results)]

    assert {"text": CASES["tools"]["answer"].replace(CITIES["Rome"], "unknown")} == told


@pytest.mark.parametrize(
    ("task", "block"),
    [("image", {"type": "image", "source": {"media_type": "image/png"}}), ("pdf", {"type": "document", "source": {}})],
)
def test_model_sees_only_what_is_shown(task, block):
    """Without the right block the answer says so."""
    shown = ask(block | {"source": {"media_type": CASES[task]["answer"].split()[-1][:-1]}}, text(CASES[task]["ask"]))

    assert {"text": CASES[task]["answer"]} == shown
    assert "There is nothing" in ask(text(CASES[task]["ask"]))["text"]


def test_model_gives_an_object_through_the_tool_that_takes_one():
    """Libraries ask for objects by a tool of their own, or in words."""
    schema = CASES["structured"]["schema"]
    by_tool = ask(text(CASES["structured"]["ask"]), tools=[{"name": "Person", "input_schema": schema}])
    by_word = ask(text(CASES["structured"]["ask"]))

    assert ("Person", CASES["structured"]["answer"]) == (by_tool["blocks"][0]["name"], by_tool["blocks"][0]["input"])
    assert CASES["structured"]["answer"] == json.loads(by_word["text"])


def test_model_writes_a_file_with_whatever_writes_files():
    """Coding agents call their tool for it differently; some have none, and edit by words."""
    said = text(CASES["edit"]["ask"].replace("{path}", "/project/note.txt"))
    tool = {"name": "put", "input_schema": {"properties": {"filePath": {}, "content": {}}}}
    [call] = ask(said, tools=[tool])["blocks"]

    assert {"filePath": "/project/note.txt", "content": f"{CASES['edit']['word']}\n"} == call["input"]
    assert "note.txt\n```\n<<<<<<< SEARCH" in ask(said)["text"]
