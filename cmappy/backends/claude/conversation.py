"""The duplex conversation with one `claude` process, as a state machine without I/O (pure).

Its phases and what leads from one to the next stand in `phases.py`; what is there when in `setup.py` and
`transcript.py`; what becomes of the process when the model has stopped in `ending.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from cmappy.backends.claude import ending, events, history, mcp, parse, stdin
from cmappy.backends.claude.context import Context
from cmappy.backends.claude.ending import Ending
from cmappy.backends.claude.history import Batch
from cmappy.backends.claude.phases import TRANSITIONS, OutOfPlace, Phase
from cmappy.backends.claude.prints import Print, prints
from cmappy.backends.claude.requests import Requests
from cmappy.backends.lines import Line
from cmappy.errors import LoginFailed
from cmappy.turn import Turn

_SENDING = (events.Setup, events.MessageStart, events.AssistantMessage, events.ApiRetry, events.Result)


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
        self._new_id, self._mark, self._static_login = new_id, mark, static_login
        self._models: dict[str, str] = {}
        self.context = Context(base_url)
        self._requests = Requests()
        self._turn: Turn | None = None
        self._told: Callable[[], bytes] = bytes  # what to write once the settings are there
        self._batches: deque[Batch] = deque()
        self._listing = False  # whether the CLI has still to ask for the tools
        self._locked = False
        self._said: list[dict[str, Any]] = []
        self._calls: dict[str, mcp.Call] = {}

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
    def parked(self) -> bool:
        """Whether the process waits for the results of calls."""
        return self.phase is Phase.PARKED

    def answers_calls(self, turn: Turn, wanted: Sequence[Print]) -> bool:
        """Return whether the turn brings what the parked calls wait for, in a form that the CLI passes on as it is."""
        if not self.parked or self._turn is None or not self.context.continues(turn, wanted):
            return False
        calls = wanted[-2].calls
        return len(calls) == len(self._calls) and ending.answers(turn, calls, self._turn)

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
        context = self.context
        requests = context.setup.open(turn) if self.phase is Phase.FRESH else context.switch(turn, wanted)
        self._turn, self._told = turn, partial(self._tell, turn, wanted)
        data = self._make(requests)
        # The CLI does settings in order with what follows them; all else has an answer that must be seen first.
        if all(request["subtype"] in {"apply_flag_settings", "set_model"} for request in requests):
            return data + self._told()
        self._listing = any(request.get("servers") for request in requests)
        self._requests.await_all()
        self._to("set")
        return data

    def stop(self) -> bytes:
        """Return what to write to have the answer given up; the process can then be rewound to before the question."""
        self._to("stop")
        self._calls.clear()
        self.context.transcript.give_up()
        return self.lock() + self._make([{"subtype": "interrupt"}])

    def lock(self) -> bytes:
        """Return the line that lets the CLI finish what it does, and send nothing to the API any more."""
        self._locked = True
        return self._make(self.context.setup.lock())

    def unlock(self) -> bytes:
        """Return the line that gives the CLI its API back."""
        return self._make(self.context.setup.unlock())

    def _tell(self, turn: Turn, wanted: Sequence[Print]) -> bytes:
        """Prepare what has to be said of the turn, and return the first of it."""
        model = self._models.get(turn.model, turn.model)
        told = history.tell(turn, wanted, self.context.transcript, model=model, mark=self._mark, new_id=self._new_id)
        self._batches.extend(told)
        return self._next()

    def _results(self, turn: Turn, wanted: Sequence[Print]) -> bytes:
        """Return the answers to the parked calls; `answers_calls` was asked before."""
        data = self._make(self.context.setup.apply(turn)) + history.results(self._calls.values(), turn.messages[-1])
        self._calls.clear()
        self.context.transcript.add(wanted[-1])
        self._to("ask")
        return data

    def _next(self) -> bytes:
        batch = self._batches.popleft()
        self._to("tell" if batch.history else "ask")
        return batch.data

    def _make(self, requests: Iterable[Mapping[str, Any]]) -> bytes:
        return b"".join(map(self._requests.line, requests))

    # What the CLI says

    def feed(self, line: Line) -> Step:
        """Return what follows from one line of stdout; raises CmappyError if the process is of no more use."""
        try:
            return self._follow(line)
        except OutOfPlace:
            self.phase = Phase.LOST
            raise

    def _follow(self, line: Line) -> Step:
        if line.event is None and parse.is_piece(line.raw):
            if self.phase not in {Phase.ANSWERING, Phase.STOPPING}:
                raise OutOfPlace("said something that nobody has asked for")
            return Step(show=self.phase is Phase.ANSWERING)
        event = parse.read(line)
        if self.phase is Phase.ASKED and (isinstance(event, _SENDING) or b'"requesting"' in line.raw[:200]):
            self.left = True
        match event:
            case events.ControlResponse():
                return self._acknowledged(event)
            case events.ControlRequest():
                return self._asked_by_cli(event)
            case events.Setup(tools=tuple(tools)):
                self.context.setup.check(tools)
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
            case events.MessageDelta(stop_reason=str(reason)) if self.phase is Phase.ANSWERING and self._turn:
                return self._end(reason, self._turn)
            case events.Abandoned(from_block_index=index) if index and self.phase is Phase.ANSWERING:
                return Step(show=True, over=True, goes_on=True)
            case events.ApiRetry(error_status=401) if self._static_login and self.phase is Phase.ASKED:
                raise LoginFailed(
                    "The API refuses the login of the Claude Code CLI. Make a new token with `claude setup-token`."
                )
        return Step(show=self.phase in {Phase.ASKED, Phase.ANSWERING})

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
        subtype = self._requests.answered(response)
        said = None
        if subtype == "initialize":
            said = events.Initialized.model_validate(response.response)
            self._models = {model.value: model.resolved_model or model.value for model in said.models}
        if subtype == "interrupt":
            return Step(write=self._settle())
        return Step(write=self._go_on(), initialized=said)

    def _go_on(self) -> bytes:
        """Return the next batch once all that it waits for is there."""
        waits = self._requests.awaited or self._listing
        return self._told() if self.phase is Phase.SETTING and not waits else b""

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
        raise OutOfPlace("summed up a turn that nobody has asked for")

    def _settle(self) -> bytes:
        """Return what is written once an interrupted turn is surely over: summed up, and the interrupt acknowledged."""
        if self.phase is not Phase.STOPPING or self._requests.is_open("interrupt") or self._turn is not None:
            return b""
        self._to("settle")
        return self.unlock()

    def _asked_by_cli(self, request: events.ControlRequest) -> Step:
        if request.subtype == "hook_callback":
            if self.phase is Phase.PARKED:  # it has given up the calls, and is about to tell the API
                raise OutOfPlace("did not wait for the results of calls")
            if request.callback_id == stdin.END_OF_TEXT:
                return Step(write=self.lock() + stdin.permission(request))
            if self.phase is not Phase.ASKED:
                return Step()  # after the answer the results are not the client's, but the CLI's words for a wrong call
            self.left = True
            return Step(write=stdin.permission(request))
        call = mcp.call(request)
        if call is not None:
            if self.phase is Phase.ANSWERING:
                self._calls[call.tool_use_id] = call
            return Step(show=self.phase is Phase.ANSWERING)
        write = mcp.serve(request, self.context.setup.tools)
        if request.message.get("method") == "tools/list" and self._listing:
            self._listing = False
            write += self._go_on()
        return Step(write=write)

    def _end(self, reason: str, turn: Turn) -> Step:
        heard = ending.identify(self._said)
        match ending.ending(reason, turn, self._said, heard, self._calls, locked=self._locked):
            case Ending.GO_ON:
                return Step(show=True)
            case Ending.PARK:
                self._to("park")
                self.context.transcript.add(heard)
                return Step(write=self.unlock(), show=True, over=True)
            case Ending.END:
                self._to("end")
                self.context.transcript.add(heard)
                return Step(show=True, over=True)
            case Ending.STOP if self.rewindable:
                return Step(write=self.stop(), show=True, over=True)
        return Step(show=True, over=True, goes_on=True)

    def _to(self, signal: str) -> None:
        after = TRANSITIONS[self.phase].get(signal)
        if after is None:
            raise OutOfPlace(f"is not where it should be ({self.phase.name.lower()}, {signal})")
        self.phase = after
