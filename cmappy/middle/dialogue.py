"""Builds a conversation that the Messages API takes, from messages in any API's order (pure).

Rules of the Messages API that others do not have: no blank text, roles alternate, a call's id is unique in the
conversation and made of letters, digits, `_` and `-`, and every call is answered in the next message. The CLI has one
more: it takes `call_2` for a copy of `call` in the same conversation, and loses the result of one of them.

All work is linear in what is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from cmappy.errors import InvalidRequest, Unsupported
from cmappy.middle.tools import api_name
from cmappy.turn import Block, Media, Message, Opaque, Role, Text, ToolResult, ToolUse

Kind = TypeVar("Kind", bound=Block)

_NAMED = 5  # unanswered calls that an error names


class Dialogue:
    """A conversation in the making: add what was said in order, then `close` it.

    Neighbours of one role become one message of several blocks; messages without content disappear. `param` is the
    request's field for the whole list, as `messages`; `at` always is the path of what an error is about.
    """

    def __init__(self, param: str) -> None:
        self._param = param
        self._done: list[Message] = []
        self._role: Role = "user"
        self._blocks: list[Block] = []  # of the message that still grows
        self._open: dict[str, str] = {}  # the client's id of each unanswered call, and the API's
        self._ids = _Ids()

    @property
    def waiting(self) -> Sequence[str]:
        """The client's ids of the calls that have no result yet, oldest first."""
        return tuple(self._open)

    @property
    def ends_with(self) -> Role | None:
        """Whose turn was the last; None while nothing has been said."""
        return self._role if self._blocks else None

    def user(self, blocks: Iterable[Block]) -> None:
        """Add what the user says; raises InvalidRequest if a call has no result."""
        self._all_answered()
        self._add("user", list(blocks))

    def assistant(self, blocks: Iterable[Block]) -> None:
        """Add what the model said; raises InvalidRequest if a call of an earlier answer has no result."""
        if self.ends_with == "user":
            self._all_answered()
        self._add("assistant", list(blocks))

    def call(self, id: str, name: str, input: str, at: str) -> None:
        """Add a call that the model made; `name` is the API's, `input` a JSON object as text, `at` the id's path."""
        if self.ends_with == "user":
            self._all_answered()
        if id in self._open:
            raise InvalidRequest(f"Two calls of one message have the id `{id}`.", param=at)
        self._open[id] = unique = self._ids.unique(id)
        self._add("assistant", [ToolUse(unique, name, input)])

    def result(
        self,
        id: str,
        blocks: Iterable[Text | Media | Opaque],
        at: str,
        *,
        is_error: bool = False,
        cache_control: str = "",
    ) -> None:
        """Add what a call returned; `at` is the path of the id that says which."""
        if id not in self._open:
            raise InvalidRequest(
                f"There is no call `{id}` that waits for a result: a result must answer a call of the message "
                "before it, and only once.",
                param=at,
            )
        content = tuple(without_blank_texts(blocks))
        self._add("user", [ToolResult(self._open.pop(id), content, is_error, cache_control)])

    def close(self, last: str) -> tuple[Message, ...]:
        """Return the conversation; raises InvalidRequest unless the model is next. `last` is the last one's path."""
        self._all_answered()
        if self.ends_with is None:
            raise InvalidRequest(
                "The conversation has no content. Send a user message with some text.", param=self._param
            )
        if self._role == "assistant":
            raise Unsupported(
                "The last message must come from the user or a tool: the model cannot continue a given answer.",
                param=last,
            )
        self._finish_message()
        return tuple(self._done)

    def _add(self, role: Role, blocks: list[Block]) -> None:
        if role != self._role or not self._blocks:
            if all(_blank(block) for block in blocks):
                return
            self._finish_message()
            self._role = role
        self._blocks += blocks

    def _finish_message(self) -> None:
        if self._blocks:
            self._done.append(Message(self._role, tuple(without_blank_texts(self._blocks))))
            self._blocks = []

    def _all_answered(self) -> None:
        if self._open:
            named = ", ".join(f"`{id}`" for id in islice(self._open, _NAMED))
            more = f" and {len(self._open) - _NAMED} more" if len(self._open) > _NAMED else ""
            raise InvalidRequest(
                "Every call must have its result in the messages that follow it, before anything else is said. "
                f"These calls have none: {named}{more}.",
                param=self._param,
            )


class _Ids:
    """Makes ids of calls that the API takes, each of which stands for one call of the conversation."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._stems: set[str] = set()
        self._next: dict[str, int] = {}

    def unique(self, id: str) -> str:
        safe = unique = api_name(id)
        while unique in self._used or _stem(unique) in self._used or unique in self._stems:
            again = self._next.get(safe, 2)
            unique, self._next[safe] = f"{safe}-{again}", again + 1
        self._used.add(unique)
        self._stems.add(_stem(unique))
        return unique


def _stem(id: str) -> str:
    """Return what the CLI takes an id for a copy of."""
    return re.sub(r"_[0-9]+$", "", id)


def without_blank_texts(blocks: Iterable[Kind]) -> list[Kind]:
    """Join text of white space only, which the API refuses, with the text beside it; drop it where there is none."""
    kept: list[Any] = []
    run: list[str] = []  # texts that belong together: at most one of them is more than white space
    blank = True
    for block in blocks:
        if not isinstance(block, Text):
            kept += _joined(run, blank)
            kept.append(block)
            run, blank = [], True
        elif blank or _blank(block):
            run.append(block.text)
            blank = blank and _blank(block)
        else:
            kept += _joined(run, blank)
            run = [block.text]
    return kept + _joined(run, blank)


def _joined(texts: list[str], blank: bool) -> list[Text]:
    return [] if blank else [Text("".join(texts))]


def _blank(block: Block) -> bool:
    return isinstance(block, Text) and not block.text.replace("\ufeff", " ").strip()  # a space as well, for the CLI
