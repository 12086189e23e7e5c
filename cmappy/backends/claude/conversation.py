"""The duplex conversation with one `claude` process, as a state machine without I/O (pure).

Rules: a process has one conversation; history is told message by message, and each user message of it is
acknowledged before the next line goes out, because the CLI queues user lines and applies assistant lines at once
(CLI_PROTOCOL 4); the answer is over at the first stop reason, before the CLI goes on by itself (CLI_PROTOCOL 6); the
client's tools are never run here: their calls stay open until the client answers them (CLI_PROTOCOL 7); nothing but
the client's own results is sent to the API: the CLI asks before it sends any, and gets no answer for its own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import orjson

from cmappy.backends.claude import events, stdin
from cmappy.backends.claude.structured import TOOL
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed, CmappyError, InvalidRequest
from cmappy.turn import Block, Message, Text, ToolResult, ToolUse, Turn

_MOST_PARKED = 3  # calls; with more the CLI changes the order of their results
_LONGEST_PARKED = 400_000  # characters of one result; beyond 500,000 the CLI replaces it by the name of a file


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a line: bytes to write to stdin, and whether the line belongs to the answer or ends it.

    `goes_on` says that the answer is over but the CLI will ask the API again by itself, unless it is killed now.
    """

    write: bytes = b""
    show: bool = False
    over: bool = False
    goes_on: bool = False


class Conversation:
    """Tells turns to a process: write what `open()` or `resume()` returns, then do what each line's `feed()` says.

    When a turn is over and `settled` becomes true, `history` is what the process has heard and said, and `resume()`
    takes a turn that adds one message to it, if it `fits()`. `base_url` is where the process finds the API; empty for
    the CLI's own default.
    """

    def __init__(self, base_url: str = "") -> None:
        self.settled = False
        self._base_url = base_url
        self._turn: Turn | None = None
        self._batches: deque[bytes] = deque()
        self._offered = 0
        self._asked = False
        self._begun = False
        self._over = False
        self._locked = False
        self._said: list[Block] = []
        self._calls: dict[str, stdin.Call] = {}

    def open(self, turn: Turn) -> bytes:
        """Return what to write to a fresh process for its first turn."""
        self._begin(turn, stdin.opening(turn))
        return self._next()

    def resume(self, turn: Turn) -> bytes:
        """Return what to write for a turn that fits the history."""
        results = [block for block in turn.messages[-1].content if isinstance(block, ToolResult)]
        answers = [stdin.answer(self._calls[result.tool_use_id], result) for result in results]
        self._begin(turn, [stdin.continuation(turn, answers, self._base_url)])
        return self._next()

    @property
    def history(self) -> tuple[Message, ...]:
        """The messages of the last turn, and the answer to it."""
        heard = self._turn.messages if self._turn else ()
        return (*heard, Message("assistant", tuple(self._said)))

    @property
    def answered(self) -> bool:
        """Whether the answer has come to a stop reason: after anything else no turn can follow."""
        return self._over

    @property
    def parked(self) -> bool:
        """Whether the process waits for the results of calls."""
        return bool(self._calls)

    def fits(self, turn: Turn) -> bool:
        """Return whether a turn that adds one message to the history can be told to this process unchanged."""
        if not self._calls:
            return True
        last = self._turn
        *_, question = turn.messages
        results = [block for block in question.content if isinstance(block, ToolResult)]
        return (
            len(results) == len(question.content)
            and [result.tool_use_id for result in results] == list(self._calls)
            and all(map(_can_be_parked, results))
            # These two are fixed until the CLI's own turn ends, which is not before the calls are answered.
            and last is not None
            and (last.max_tokens, last.effort) == (turn.max_tokens, turn.effort)
        )

    def feed(self, line: Line) -> Step:
        """Return what follows from one line of the CLI's stdout; raises CliFailed if the CLI refuses the turn."""
        if _is_delta(line.raw):
            return Step(show=True)
        event = events.read(line)
        match event:
            case events.ControlResponse(subtype="error"):
                raise CliFailed(f"The Claude Code CLI refused a control request: {event.error}")
            case events.ControlResponse():
                return Step()
            case events.ControlRequest():
                return self._asked_by_cli(event)
            case events.Setup(tools=tuple(tools)) if len(tools) != self._offered:  # it has other names for some
                raise _wrong_offer(schema=bool(self._turn and self._turn.schema and TOOL not in tools))
            case events.Result(is_error=False) if not self._asked:
                return Step(write=self._next())
            case events.Result():
                self.settled = self._over
                return Step(show=True, over=True)
            case events.MessageStart():
                self._begun = True
                self._said.clear()
                self.settled = False  # a process that goes on by itself, while its calls are parked, is lost
                return Step(write=self._lock(limited=True), show=True)
            case events.BlockStart(type=kind) if kind != "text":
                return Step(write=self._lock(), show=True)
            case events.AssistantMessage(synthetic=False):
                self._begun = True  # without a stream there is nothing before it
                self._hear(event)
            case events.MessageDelta(stop_reason=str(reason)):
                return self._end(reason)
            case events.Abandoned(from_block_index=index) if index:
                return Step(show=True, over=True, goes_on=True)
        return Step(show=self._asked)

    def _lock(self, *, limited: bool = False) -> bytes:
        """Return what keeps the CLI from a second request; where the answer has a limit, already before it begins.

        Killing the CLI at the end can come too late on a busy machine. Until it is locked it may repeat a request whose
        answer was lost; a structured answer it may ask for twice. After text it is locked by `stdin.finish`.
        """
        turn = self._turn
        if self._locked or turn is None or turn.schema or (limited and turn.max_tokens is None):
            return b""
        self._locked = True
        return stdin.lock()

    def _begin(self, turn: Turn, batches: list[bytes]) -> None:
        self._turn = turn
        self._offered = len(turn.tools) + bool(turn.schema)
        self._batches.extend(batches)
        self._asked = self._begun = self._over = self._locked = self.settled = False
        self._said.clear()
        self._calls.clear()

    def _next(self) -> bytes:
        batch = self._batches.popleft()
        self._asked = not self._batches
        return batch

    def _hear(self, message: events.AssistantMessage) -> None:
        for block in message.content:
            match block:
                case {"type": "text", "text": str(text)} if self._said and isinstance(self._said[-1], Text):
                    self._said[-1] = Text(self._said[-1].text + text)
                case {"type": "text", "text": str(text)} if text:
                    self._said.append(Text(text))
                case {"type": "tool_use", "id": str(id), "name": str(name), "input": dict(arguments)}:
                    self._said.append(ToolUse(id, name, orjson.dumps(arguments).decode()))

    def _asked_by_cli(self, request: events.ControlRequest) -> Step:
        if request.subtype == "hook_callback":
            if request.callback_id == stdin.END_OF_TEXT:
                return Step(write=stdin.finish(request))
            # Before the answer the results are the client's; after it, the CLI's own words for a wrong call.
            return Step(write=b"" if self._begun else stdin.permission(request))
        call = stdin.call(request)
        if call is None:
            return Step(write=stdin.refusal(request))
        self._calls[call.tool_use_id] = call
        return Step(show=True)

    def _end(self, reason: str) -> Step:
        schema = self._turn.schema if self._turn else ""
        if schema and reason == "end_turn":
            return Step(show=True)  # the CLI reminds the model of the schema, once
        self._over = True
        called = [block.id for block in self._said if isinstance(block, ToolUse)]
        waits = bool(called) and not schema and called == list(self._calls) and len(called) <= _MOST_PARKED
        self.settled = waits
        # After an answer without any text the CLI asks for one.
        done = waits if reason == "tool_use" else reason in {"end_turn", "stop_sequence"} and bool(self._said)
        return Step(show=True, over=True, goes_on=not done)


def _wrong_offer(*, schema: bool) -> CmappyError:
    """Return the error for an offer to the model that is not the client's: the CLI leaves things out without a word."""
    if schema:
        return InvalidRequest(
            "The Claude Code CLI does not take this schema, and does not say why. Simplify it.",
            param="response_format.json_schema.schema",
            code="invalid_schema",
        )
    return CliFailed(
        "The Claude Code CLI would offer the model other functions than this request does, so it was stopped. Try "
        "again; if that does not help, use a version of the CLI that is known to work.",
        code="wrong_functions",
    )


def _is_delta(line: bytes) -> bool:
    """Return whether a line is a piece of the answer, which needs no look inside; there is one per token."""
    return line.startswith(b'{"type":"stream_event"') and b'"type":"content_block_delta"' in line[:80]


def _can_be_parked(result: ToolResult) -> bool:
    """Return whether the CLI passes this result on as it is; it re-encodes images, and has own words for nothing."""
    texts = [block.text for block in result.content if isinstance(block, Text)]
    return len(texts) == len(result.content) > 0 and sum(map(len, texts)) <= _LONGEST_PARKED
