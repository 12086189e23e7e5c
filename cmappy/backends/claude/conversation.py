"""The duplex conversation with one `claude` process, as a state machine without I/O (pure).

    phase      | signal -> next phase
    -----------|------------------------------------------------------------------------------------------
    FRESH      | set -> SETTING                            nothing was written yet
    SETTING    | tell -> TELLING   ask -> ASKED            control requests wait for their answers
    TELLING    | tell -> TELLING   ask -> ASKED            a message of the history waits for its result
    ASKED      | begin -> ANSWERING   fail -> LOST         the question is written, the model says nothing yet
    ANSWERING  | begin -> ANSWERING (the CLI tries again)  end -> ENDED   park -> PARKED   fail -> LOST
    ENDED      | settle -> IDLE                            the answer is complete, the CLI's summary of it is not there
    PARKED     | ask -> ASKED                              calls of the client's tools wait for their results
    STOPPING   | settle -> IDLE                            interrupted
    IDLE       | set -> SETTING   tell -> TELLING   ask -> ASKED
    any        | stop -> STOPPING from ANSWERING, ENDED and PARKED   lose -> LOST: the process is of no more use

What does not stand in this table is out of place: then the process is lost, and whoever drives it kills it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import Any

import orjson

from cmappy.backends.claude import events, stdin
from cmappy.backends.claude.launch import SERVERS
from cmappy.backends.claude.prints import Print, common, of, prints
from cmappy.backends.claude.structured import TOOL
from cmappy.backends.lines import Line
from cmappy.errors import CliFailed, CmappyError, InvalidRequest, LoginFailed
from cmappy.turn import Message, Text, Tool, ToolResult, Turn

_MOST_PARKED = 3  # calls; with more the CLI changes the order of their results
_SENDING = (events.Setup, events.MessageStart, events.AssistantMessage, events.ApiRetry, events.Result)
_LONGEST_PARKED = 400_000  # characters of one result; beyond 500,000 the CLI replaces it by the name of a file


class Phase(Enum):
    """Where a conversation is; see the table above."""

    FRESH = auto()
    SETTING = auto()
    TELLING = auto()
    ASKED = auto()
    ANSWERING = auto()
    ENDED = auto()
    PARKED = auto()
    STOPPING = auto()
    IDLE = auto()
    LOST = auto()


TRANSITIONS: Mapping[Phase, Mapping[str, Phase]] = {
    Phase.FRESH: {"set": Phase.SETTING},
    Phase.SETTING: {"tell": Phase.TELLING, "ask": Phase.ASKED},
    Phase.TELLING: {"tell": Phase.TELLING, "ask": Phase.ASKED, "fail": Phase.LOST},
    Phase.ASKED: {"begin": Phase.ANSWERING, "fail": Phase.LOST},
    Phase.ANSWERING: {
        "begin": Phase.ANSWERING,
        "end": Phase.ENDED,
        "park": Phase.PARKED,
        "stop": Phase.STOPPING,
        "fail": Phase.LOST,
    },
    Phase.ENDED: {"settle": Phase.IDLE, "stop": Phase.STOPPING},
    Phase.PARKED: {"ask": Phase.ASKED, "stop": Phase.STOPPING},
    Phase.STOPPING: {"settle": Phase.IDLE},
    Phase.IDLE: {"set": Phase.SETTING, "tell": Phase.TELLING, "ask": Phase.ASKED},
    Phase.LOST: {},
}


class OutOfPlace(CliFailed):
    """The CLI did something that the table does not know, or would not be rewound: the process is of no more use."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a line: bytes to write to stdin, and whether the line belongs to the answer or ends it.

    `goes_on` says that the answer is over but the CLI will ask the API again by itself, unless it is killed now.
    `initialized` is what the CLI has just said of itself; what is written comes after whoever looks at that.
    """

    write: bytes = b""
    show: bool = False
    over: bool = False
    goes_on: bool = False
    initialized: events.Initialized | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A message that the process has: what identifies it, unless nobody may go on from it, and its uuid if it is ours.

    `asked` says that it was a question and no history, `marked` that it carries our mark for the prompt cache.
    """

    print: Print | None
    uuid: str = ""
    asked: bool = False
    marked: bool = False


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is written in one go, and by which signal."""

    signal: str
    data: bytes


class Conversation:
    """One process's conversation: write what `begin()` returns, then do what each line's `feed()` says.

    `base_url` is where the process finds the API, empty for the CLI's own default. `new_id` makes uuids. `mark` is the
    mark that makes a question readable for the prompt cache. `static_login` says that the login is a token that the
    CLI cannot renew.
    """

    def __init__(
        self,
        base_url: str,
        new_id: Callable[[], str],
        *,
        mark: Mapping[str, Any] | None = None,
        static_login: bool = False,
    ) -> None:
        self.phase = Phase.FRESH
        self.turns = 0
        self.left = False  # whether the question of the turn may have been sent to the API
        self.rewindable = True  # whether an answer may be given up without killing the process
        self._base_url, self._new_id, self._mark, self._static_login = base_url, new_id, mark, static_login
        self._models: dict[str, str] = {}
        self._settings: dict[str, Any] = {"env": {"ANTHROPIC_BASE_URL": base_url}}
        self._system, self._schema = "", ""
        self._tools: tuple[Tool, ...] = ()
        self._server, self._offers = "", 0
        self._defined: dict[str, Tool] = {}
        self._known: list[_Entry] = []
        self._turn: Turn | None = None
        self._told: Callable[[], bytes] = bytes  # what to write once the settings are there
        self._batches: deque[_Batch] = deque()
        self._sent = 0
        self._open: set[str] = set()  # control requests without an answer yet
        self._awaited: set[str] = set()  # those of them that the next batch has to wait for
        self._initializing = self._rewinding = self._stopping = ""
        self._waits = self._listing = False
        self._locked = False
        self._said: list[dict[str, Any]] = []
        self._calls: dict[str, stdin.Call] = {}

    # What the process can be used for

    @property
    def settled(self) -> bool:
        """Whether the process waits: for a further turn, or for the results of calls."""
        return self.phase in {Phase.IDLE, Phase.PARKED}

    @property
    def answered(self) -> bool:
        """Whether the answer has come to its end, or was given up: after anything else no turn can follow."""
        return self.phase in {Phase.ENDED, Phase.PARKED, Phase.STOPPING, Phase.IDLE}

    @property
    def length(self) -> int:
        """How many messages the process has."""
        return len(self._known)

    @property
    def spoilt(self) -> bool:
        """Whether the process has something at its end that its client has not, so that it must be rewound first."""
        return bool(self._known) and self._known[-1].print is None

    @property
    def parked(self) -> bool:
        """Whether the process waits for the results of calls."""
        return self.phase is Phase.PARKED

    def serves(self, turn: Turn) -> bool:
        """Return whether the process can be switched to a turn: its schema is fixed, and that it has a prompt."""
        movable = not self._known or bool(self._known[0].uuid)
        # The CLI keeps the first definition of a tool for as long as it lives, whatever it is offered by that name.
        known = all(self._defined.get(tool.name, tool) == tool for tool in turn.tools)
        return movable and known and self._schema == turn.schema and (bool(turn.system) or not self._system)

    def set_up_for(self, turn: Turn) -> bool:
        """Return whether the process has the turn's model, system prompt, tools and schema."""
        return (self._settings.get("model"), self._system, self._tools, self._schema) == (
            turn.model,
            turn.system,
            turn.tools,
            turn.schema,
        )

    def shared(self, turn: Turn, wanted: Sequence[Print]) -> int:
        """Return how many messages of a turn the process has already, marks aside; 0 if it is set up for others."""
        if not self.set_up_for(turn):
            return 0
        return common([entry.print for entry in self._known], wanted[:-1], exactly=False)

    def continues(self, turn: Turn, wanted: Sequence[Print]) -> bool:
        """Return whether the turn adds one message to what the process has, so that nothing has to be rewound."""
        same = self.set_up_for(turn) and len(wanted) > 1 and self._kept(turn, wanted) == len(self._known)
        return same and len(self._known) == len(wanted) - 1

    def answers_calls(self, turn: Turn, wanted: Sequence[Print]) -> bool:
        """Return whether the turn brings what the parked calls wait for, in a form that the CLI passes on as it is."""
        if not self.parked or not self.continues(turn, wanted) or self._turn is None:
            return False
        results = turn.messages[-1].content
        theirs = wanted[-2].calls
        return (
            all(isinstance(block, ToolResult) and _can_be_parked(block) for block in results)
            and [block.tool_use_id for block in results if isinstance(block, ToolResult)] == list(theirs)
            and len(theirs) == len(self._calls)
            # These are fixed until the CLI's own turn ends, which is not before the calls are answered.
            and (self._turn.max_tokens, self._turn.effort) == (turn.max_tokens, turn.effort)
        )

    # What to write

    def begin(self, turn: Turn, wanted: Sequence[Print] | None = None) -> bytes:
        """Return what to write first for a turn; raises OutOfPlace if the process cannot take it."""
        wanted = prints(turn.messages) if wanted is None else wanted
        self.turns += 1
        self._locked = self.left = False
        self._said = []
        if self.parked:
            self._turn = turn
            return self._results(turn, wanted)
        requests = self._first(turn) if self.phase is Phase.FRESH else self._switch(turn, wanted)
        self._turn, self._schema, self._told = turn, turn.schema, partial(self._tell, turn, wanted)
        data = b"".join(self._set(request) for request in requests)
        if not self._waits:
            return data + self._told()
        self._awaited = set(self._open)
        self._to("set")
        return data

    def stop(self) -> bytes:
        """Return what to write to have the answer given up; the process can then be rewound to before the question."""
        self._to("stop")
        self._calls.clear()
        if self._known[-1].uuid:  # what follows the question is nobody's
            self._known.append(_Entry(None))
        else:
            self._known[-1] = _Entry(None)
        lock = self.lock()
        self._stopping, line = self._control({"subtype": "interrupt"})
        return lock + line

    def _first(self, turn: Turn) -> list[dict[str, Any]]:
        """Return the control requests that open a conversation."""
        self._system, self._tools = turn.system, turn.tools
        self._defined = {tool.name: tool for tool in turn.tools}
        self._server = SERVERS[0] if turn.tools else ""
        return [stdin.initialize(turn), *self._apply(turn)]

    def _switch(self, turn: Turn, wanted: Sequence[Print]) -> list[dict[str, Any]]:
        """Return the control requests that make the process one that knows the beginning of a turn, and no more."""
        requests: list[dict[str, Any]] = []
        kept = self._kept(turn, wanted) if self.set_up_for(turn) else 0
        if kept < len(self._known):
            at = max((at for at, entry in enumerate(self._known[: kept + 1]) if entry.uuid), default=None)
            if at is None or not self.serves(turn):
                raise OutOfPlace("The Claude Code CLI cannot be rewound to where this conversation begins.")
            newest = next(entry.uuid for entry in reversed(self._known) if entry.uuid)
            requests.append(stdin.rewind(self._known[at].uuid, newest))
            del self._known[at:]
        if turn.system != self._system:
            requests.append(stdin.another_prompt(turn.system))
            self._system = turn.system
            self._settings.pop("model", None)
        if turn.tools != self._tools:
            # Another name each time: the CLI does not ask a server that it knows already for its tools.
            self._offers += bool(turn.tools)
            self._defined |= {tool.name: tool for tool in turn.tools}
            self._tools, self._server = turn.tools, SERVERS[self._offers] if turn.tools else ""
            self._listing = bool(turn.tools)
            requests.append(stdin.offer(self._server))
        return requests + self._apply(turn)

    def _apply(self, turn: Turn) -> list[dict[str, Any]]:
        """Return the request for the settings that a turn needs and the process has not; each takes the CLI 8 ms."""
        wanted = stdin.settings(turn)
        wanted["env"]["ANTHROPIC_BASE_URL"] = self._base_url
        return [stdin.apply(changed)] if (changed := self._change(wanted)) else []

    def _change(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        changed = stdin.changes(self._settings, wanted)
        env = {**self._settings["env"], **changed.get("env", {})}
        self._settings = {**self._settings, **changed, "env": env}
        return changed

    def _kept(self, turn: Turn, wanted: Sequence[Print]) -> int:
        """Return how many messages of a turn the process has exactly as they have to be."""
        known = self._known
        if turn.own_marks:  # a client that marks by itself must not find marks of ours
            known = [replace(entry, print=None) if entry.marked else entry for entry in known]
        return common([entry.print for entry in known], wanted[:-1])

    def _set(self, request: Mapping[str, Any]) -> bytes:
        """Return a control request that belongs to a turn, and note what it is."""
        id, line = self._control(request)
        match request["subtype"]:
            case "initialize":
                self._initializing, self._waits = id, True
            case "rewind_conversation":
                self._rewinding, self._waits = id, True
            case "mcp_set_servers":
                self._waits = True
        return line

    def _tell(self, turn: Turn, wanted: Sequence[Print]) -> bytes:
        """Prepare what has to be said of the turn, and return the first of it.

        Assistant lines count at once and user lines go through a queue, so each of those is waited for.
        """
        kept = len(self._known)
        self._waits = False
        messages, data = list(turn.messages[kept:]), b""
        if kept:
            messages[0] = _with_ids(messages[0], self._known[kept - 1].print, wanted[kept - 1])
        model = self._models.get(turn.model, turn.model)
        for message, print in zip(messages[:-1], wanted[kept:], strict=False):
            uuid = self._new_id() if message.role == "user" else ""
            self._known.append(_Entry(print, uuid))
            if uuid:
                self._batches.append(_Batch("tell", data + stdin.user(message, uuid, query=False)))
                data = b""
            else:
                data += stdin.assistant(message, model)
        # Behind the first question the CLI adds a message of its own, so that its mark there is never read again.
        mark = self._mark if not turn.own_marks and not any(entry.asked for entry in self._known) else None
        uuid = self._new_id()
        self._known.append(_Entry(wanted[-1], uuid, asked=True, marked=mark is not None))
        self._batches.append(_Batch("ask", data + stdin.user(messages[-1], uuid, query=True, mark=mark)))
        return self._next()

    def _results(self, turn: Turn, wanted: Sequence[Print]) -> bytes:
        """Return the answers to the parked calls; `answers_calls` was asked before."""
        data = b"".join(self._control(request)[1] for request in self._apply(turn))
        results = [block for block in turn.messages[-1].content if isinstance(block, ToolResult)]
        for call, result in zip(self._calls.values(), results, strict=True):
            data += stdin.answer(call, result)
        self._calls.clear()
        self._known.append(_Entry(wanted[-1]))
        self._batches.append(_Batch("ask", data))
        return self._next()

    def _next(self) -> bytes:
        batch = self._batches.popleft()
        self._to(batch.signal)
        return batch.data

    def _control(self, request: Mapping[str, Any]) -> tuple[str, bytes]:
        self._sent += 1
        id = f"cmappy-{self._sent}"
        self._open.add(id)
        return id, stdin.control(id, request)

    # What the CLI says

    def feed(self, line: Line) -> Step:
        """Return what follows from one line of stdout; raises CmappyError if the process is of no more use."""
        if line.event is None and _is_delta(line.raw):
            if self.phase not in {Phase.ANSWERING, Phase.STOPPING}:
                raise self._lost("said something that nobody has asked for")
            return Step(show=self.phase is Phase.ANSWERING)
        event = events.read(line)
        if self.phase is Phase.ASKED and (isinstance(event, _SENDING) or b'"requesting"' in line.raw[:200]):
            self.left = True
        match event:
            case events.ControlResponse():
                return self._acknowledged(event)
            case events.ControlRequest():
                return self._asked_by_cli(event)
            case events.Setup(tools=tuple(tools)) if len(tools) != len(self._tools) + bool(self._schema):
                raise _wrong_offer(schema=bool(self._schema and TOOL not in tools))  # it has other names for some
            case events.Result():
                return self._result(event)
            case events.MessageStart() if self.phase is not Phase.STOPPING:
                self._to("begin")
                self._said.clear()
                return Step(write=self._lock_early(limited=True), show=True)
            case events.BlockStart(type=kind) if kind != "text" and self.phase is Phase.ANSWERING:
                return Step(write=self._lock_early(), show=True)
            case events.AssistantMessage(synthetic=False) if self.phase in {Phase.ASKED, Phase.ANSWERING}:
                if self.phase is Phase.ASKED:  # without a stream there is nothing before it
                    self._to("begin")
                self._said += [dict(block) for block in event.content]
            case events.MessageDelta(stop_reason=str(reason)) if self.phase is Phase.ANSWERING:
                return self._end(reason)
            case events.Abandoned(from_block_index=index) if index and self.phase is Phase.ANSWERING:
                return Step(show=True, over=True, goes_on=True)
            case events.ApiRetry(error_status=401) if self._static_login and self.phase is Phase.ASKED:
                raise LoginFailed(
                    "The API refuses the login of the Claude Code CLI. Make a new token with `claude setup-token`."
                )
        return Step(show=self.phase in {Phase.ASKED, Phase.ANSWERING})

    def unlock(self) -> bytes:
        """Return the line that gives the CLI its API back."""
        changed = self._change({"env": {"ANTHROPIC_BASE_URL": self._base_url}})
        return self._control(stdin.apply(changed))[1] if changed else b""

    def lock(self) -> bytes:
        """Return the line that lets the CLI finish what it does, and send nothing to the API any more."""
        self._locked = True
        changed = self._change({"env": {"ANTHROPIC_BASE_URL": stdin.NOWHERE}})
        return self._control(stdin.apply(changed))[1] if changed else b""

    def _lock_early(self, *, limited: bool = False) -> bytes:
        """Return what keeps the CLI from a second request; where the answer has a limit, already before it begins.

        To kill or interrupt the CLI at the end can come too late on a busy machine. Until it is locked it may repeat a
        request whose answer was lost; a structured answer it may ask for twice. After text it is locked at the hook.
        """
        turn = self._turn
        if self._locked or turn is None or turn.schema or (limited and turn.max_tokens is None):
            return b""
        return self.lock()

    def _acknowledged(self, response: events.ControlResponse) -> Step:
        id = response.request_id
        if response.subtype == "error":
            raise self._lost(f"refused a control request: {response.error}")
        if id not in self._open:
            raise self._lost("answered a request that was not made")
        self._open.discard(id)
        self._awaited.discard(id)
        if id == self._rewinding and response.response.get("rewound") is not True:
            raise self._lost(f"would not be rewound: {response.response.get('reason', 'no reason given')}")
        said = None
        if id == self._initializing:
            said = events.Initialized.model_validate(response.response)
            self._models = {model.value: model.resolved_model or model.value for model in said.models}
        if id == self._stopping:
            self._stopping = ""
            return Step(write=self._settle())
        return Step(write=self._go_on(), initialized=said)

    def _go_on(self) -> bytes:
        """Return the next batch once all that it waits for is there."""
        if self.phase is Phase.SETTING and not self._awaited and not self._listing:
            return self._told()
        return b""

    def _result(self, result: events.Result) -> Step:
        match self.phase:
            case Phase.TELLING if not result.is_error:
                return Step(write=self._next())
            case Phase.ASKED | Phase.ANSWERING | Phase.TELLING:
                self._to("fail")
                return Step(show=True, over=True)
            case Phase.ENDED:
                self._to("settle")
                return Step(write=self.unlock())
            case Phase.STOPPING if self._turn is not None:
                self._turn = None
                return Step(write=self._settle())
        raise self._lost("summed up a turn that nobody has asked for")

    def _settle(self) -> bytes:
        """Return what is written once an interrupted turn is surely over: summed up, and the interrupt acknowledged."""
        if self.phase is not Phase.STOPPING or self._stopping or self._turn is not None:
            return b""
        self._to("settle")
        return self.unlock()

    def _asked_by_cli(self, request: events.ControlRequest) -> Step:
        if request.subtype == "hook_callback":
            if self.phase is Phase.PARKED:  # it has given up the calls, and is about to tell the API
                raise self._lost("did not wait for the results of calls")
            if request.callback_id == stdin.END_OF_TEXT:
                return Step(write=self.lock() + stdin.permission(request))
            if self.phase is not Phase.ASKED:
                return Step()  # after the answer the results are not the client's, but the CLI's words for a wrong call
            self.left = True
            return Step(write=stdin.permission(request))
        call = stdin.call(request)
        if call is not None:
            if self.phase is Phase.ANSWERING:
                self._calls[call.tool_use_id] = call
            return Step(show=self.phase is Phase.ANSWERING)
        write = stdin.serve(request, self._tools)
        if request.message.get("method") == "tools/list" and self._listing:
            self._listing = False
            write += self._go_on()
        return Step(write=write)

    def _end(self, reason: str) -> Step:
        schema = self._turn.schema if self._turn else ""
        if schema and reason == "end_turn":
            return Step(show=True)  # the CLI reminds the model of the schema, once
        heard = self._heard()
        parkable = heard is not None and list(heard.calls) == list(self._calls) and len(self._calls) <= _MOST_PARKED
        if reason == "tool_use" and self._calls and parkable and not schema:
            self._to("park")
            self._known.append(_Entry(heard))
            return Step(write=self.unlock(), show=True, over=True)
        if reason in {"end_turn", "stop_sequence"} and any(map(_is_visible, self._said)) and not schema:
            self._to("end")
            self._known.append(_Entry(heard))
            return Step(show=True, over=True)
        # The CLI goes on by itself. Where it is locked, or waits at the hook, it need not be killed.
        stoppable = self._locked if reason == "max_tokens" else reason == "tool_use" and (self._locked or bool(schema))
        if self.rewindable and stoppable:
            return Step(write=self.stop(), show=True, over=True)
        return Step(show=True, over=True, goes_on=True)

    def _heard(self) -> Print | None:
        """Return what identifies the answer; None if nothing can be the same, as with numbers that nest too deep."""
        texts = [block for block in self._said if block.get("type") != "text" or block.get("text")]
        try:
            return of("assistant", texts)
        except (orjson.JSONEncodeError, RecursionError):
            return None

    def _to(self, signal: str) -> None:
        after = TRANSITIONS[self.phase].get(signal)
        if after is None:
            raise self._lost(f"is not where it should be ({self.phase.name.lower()}, {signal})")
        self.phase = after

    def _lost(self, what: str) -> OutOfPlace:
        self.phase = Phase.LOST
        return OutOfPlace(f"The Claude Code CLI {what}. Try again; if that does not help, upgrade cmappy.")


def _with_ids(message: Message, known: Print | None, wanted: Print) -> Message:
    """Return a message of results with the ids under which the process knows the calls."""
    ids = dict(zip(wanted.calls, known.calls if known else (), strict=False))
    content = tuple(
        replace(block, tool_use_id=ids.get(block.tool_use_id, block.tool_use_id))
        if isinstance(block, ToolResult)
        else block
        for block in message.content
    )
    return message if content == message.content else Message(message.role, content)


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


def _is_visible(block: Mapping[str, Any]) -> bool:
    """Return whether a block is anything that a user would see; after an answer without, the CLI asks for some."""
    return block.get("type") not in {"text", "thinking", "redacted_thinking"} or bool(block.get("text"))


def _is_delta(line: bytes) -> bool:
    """Return whether a line is a piece of the answer, which needs no look inside; there is one per token."""
    return line.startswith(b'{"type":"stream_event"') and b'"type":"content_block_delta"' in line[:80]


def _can_be_parked(result: ToolResult) -> bool:
    """Return whether the CLI passes this result on as it is.

    It re-encodes images, has own words for nothing, moves errors to the front, and knows no marks.
    """
    texts = [block.text for block in result.content if isinstance(block, Text)]
    whole = len(texts) == len(result.content) > 0 and sum(map(len, texts)) <= _LONGEST_PARKED
    return whole and not result.is_error and not result.cache_control
