"""The stub's life: a free loopback port, the queue of answers, the gates, and what has arrived so far."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Any, Self

from sanic import Request

from tools.upstream.answer import DEFAULT_TEXT, Answer, Json, parse
from tools.upstream.delivery import Delivery
from tools.upstream.listener import Listener
from tools.upstream.received import Outcome, Received, receive
from tools.upstream.stream import steps

Script = Mapping[str, Any]
Scripted = Script | Callable[[Json], Script]


class Upstream:
    """Answers the Messages API on loopback while the context is open; a mistake in a script is raised at its end.

    Answers are dicts (see `tools.upstream.answer`) or callables from the request's body to such a dict. Each request
    for a message takes the next of the queue, then `default`; `always`, if set, answers them all. `usage`, if set, is
    how much of the plan is used up, for whoever asks that.
    """

    def __init__(self, *answers: Scripted, port: int = 0) -> None:
        self.url = ""
        self.requests: list[Received] = []
        self.default: Scripted = {"text": DEFAULT_TEXT}
        self.always: Scripted | None = None
        self.usage: Json | None = None
        self.on_request: Callable[[Received], None] | None = None
        self._port = port
        self._queue: deque[Scripted] = deque()
        self._gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._changed = asyncio.Event()
        self._closing = False
        self._mistake: Exception | None = None
        self._message_ids = (f"msg_stub_{number:04}" for number in count(1))
        self._tool_ids = (f"toolu_stub_{number:04}" for number in count(1))
        self._request_ids = (f"req_stub_{number:04}" for number in count(1))
        self.script(*answers)

    @property
    def messages_requests(self) -> list[Received]:
        """The requests for a message, in order of arrival."""
        return [received for received in self.requests if received.is_message]

    def script(self, *answers: Scripted) -> None:
        """Append to the queue of answers; a ValueError tells what is wrong with one."""
        for answer in answers:
            if not callable(answer):
                parse(answer)
        self._queue.extend(answers)

    def release(self, gate: str) -> None:
        """Open a gate, for all who wait at it and all who come later."""
        self._gates[gate].set()

    async def received(self, number: int) -> None:
        """Wait until so many requests for a message have arrived in all."""
        await self._until(lambda: len(self.messages_requests) >= number)

    async def idle(self) -> None:
        """Wait until no request for a message is in progress."""
        await self._until(lambda: all(each.outcome is not Outcome.PENDING for each in self.messages_requests))

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._listener = await Listener.start(self._handle, self._port)
        self.url = self._listener.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing = True
        await self._listener.stop()
        await self.idle()
        if error is None and self._mistake is not None:
            raise self._mistake

    async def _handle(self, request: Request, path: str = "") -> None:
        received = receive(request)
        delivery = Delivery(request, received, next(self._request_ids), lambda gate: self._gates[gate].wait())
        with self._answering(received):
            match (received.method, received.path):
                case ("GET", "/api/oauth/usage") if self.usage is not None:
                    await delivery.json(self.usage)
                case ("POST", "/v1/messages"):
                    await self._send_message(delivery)
                case ("POST", "/v1/messages/count_tokens"):
                    await delivery.json({"input_tokens": 12})
                case ("GET" | "HEAD", "/api/hello"):
                    await delivery.json({"message": "hello"})
                case _:
                    await delivery.error(_error("not_found", f"Not found: {received.path}"), 404)

    async def _send_message(self, delivery: Delivery) -> None:
        body = delivery.received.body
        if body is None:
            await delivery.error(_error("invalid_request", "The body is not a JSON object."), 400)
            return
        try:
            answer = self._next_answer(body)
        except Exception as mistake:  # a callable answer may raise anything, and its test must see it
            self._mistake = self._mistake or mistake
            await delivery.error(_error("api", f"The script is wrong: {mistake!r}"), 500)
            return
        await asyncio.sleep(answer.delay)
        if answer.wait is not None:
            await delivery.pass_gate(answer.wait)
        if answer.status != 200:
            await delivery.error(answer.error or {}, answer.status, answer.headers)
            return
        told = steps(answer, str(body.get("model")), next(self._message_ids), self._tool_ids)
        send = delivery.stream if body.get("stream") else delivery.message
        await send(told, answer.headers)

    def _next_answer(self, body: Json) -> Answer:
        scripted = self.always or (self._queue.popleft() if self._queue else self.default)
        return parse(scripted(body) if callable(scripted) else scripted)

    @contextmanager
    def _answering(self, received: Received) -> Iterator[None]:
        """Count the request in, and say how its answer ended."""
        self.requests.append(received)
        if self.on_request is not None:
            self.on_request(received)
        self._notify()
        try:
            yield
            received.outcome = Outcome.FINISHED
        except asyncio.CancelledError:
            if received.outcome is Outcome.PENDING and not self._closing:
                received.outcome = Outcome.DISCONNECTED
            raise
        finally:
            if received.outcome is Outcome.PENDING:
                received.outcome = Outcome.ABORTED
            self._notify()


def _error(kind: str, message: str) -> Json:
    return {"type": f"{kind}_error", "message": message}
