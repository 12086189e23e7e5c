"""Turns for the scripted CLI, and the answers that it has to give to them."""

import dataclasses

from cmappy.turn import Message, Text, Tool, ToolResult, ToolUse, Turn
from tests.scripted.told import digest, last_text

TOOL = Tool("look", "", '{"type":"object"}')


def user(text):
    """Return a user message."""
    return Message("user", (Text(text),))


def turn(*texts, **fields):
    """Return a turn with messages of user and assistant by turns, the first and the last from the user."""
    roles = ["user", "assistant"] * len(texts)
    messages = tuple(Message(role, (Text(text),)) for role, text in zip(roles, texts, strict=False))
    return Turn(**{"model": "sonnet", "messages": messages} | fields)


def then(asked, answer, text):
    """Return the next turn of a conversation: a question after an answer."""
    said = Message("assistant", (Text(answer.text),))
    return dataclasses.replace(asked, messages=(*asked.messages, said, user(text)))


def with_results(asked, answer, *texts):
    """Return the next turn of a conversation: results for the calls of an answer."""
    uses = [ToolUse(call["id"], call["name"], call["arguments"]) for call in answer.calls]
    results = [ToolResult(use.id, (Text(text),)) for use, text in zip(uses, texts, strict=True)]
    messages = (*asked.messages, Message("assistant", tuple(uses)), Message("user", tuple(results)))
    return dataclasses.replace(asked, messages=messages)


def expected(asked):
    """Return the answer to a turn without orders: the digest of all of it, and the question."""
    messages = [message.api() for message in asked.messages]
    extra = {"stop_sequences": list(asked.stop)} if asked.stop else {}
    told = digest(
        model=asked.model,
        system=[asked.system] if asked.system else [],
        tools=[tool.api() for tool in asked.tools],
        messages=messages,
        max_tokens=asked.max_tokens,
        effort=None if asked.effort == "none" else asked.effort,
        thinking=asked.effort != "none",
        extra=extra,
    )
    return f"{told} {last_text(messages)}"


def renamed(asked, ids):
    """Return a turn in which calls have other ids."""

    def change(block):
        if isinstance(block, ToolUse):
            return dataclasses.replace(block, id=ids[block.id])
        if isinstance(block, ToolResult):
            return dataclasses.replace(block, tool_use_id=ids[block.tool_use_id])
        return block

    messages = (Message(message.role, tuple(map(change, message.content))) for message in asked.messages)
    return dataclasses.replace(asked, messages=tuple(messages))
