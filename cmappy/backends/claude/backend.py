"""Answers turns with the real CLI."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from contextvars import Context
from dataclasses import replace

from cmappy.answer import Routed
from cmappy.backends.claude import events, usage
from cmappy.backends.claude.choice import Route
from cmappy.backends.claude.conversation import Conversation
from cmappy.backends.claude.launch import SERVERS, arguments
from cmappy.backends.claude.login import Installed
from cmappy.backends.claude.phases import OutOfPlace, Phase
from cmappy.backends.claude.pool import Pool
from cmappy.backends.claude.prints import Print, prints
from cmappy.backends.claude.proof import Proof
from cmappy.backends.claude.worker import Worker
from cmappy.backends.cli.spawner import Spawner
from cmappy.backends.exits import Exited
from cmappy.backends.lines import Line
from cmappy.errors import BillingRefused
from cmappy.status import Child, Plan, Status
from cmappy.turn import Turn

log = logging.getLogger("cmappy")

_PLAN_AGE = 60.0  # seconds between two questions about the plan
_STATES = {
    Phase.FRESH: "ready",
    Phase.SETTING: "preparing",
    Phase.TELLING: "preparing",
    Phase.ASKED: "waiting for the model",
    Phase.ANSWERING: "answering",
    Phase.ENDED: "idle",
    Phase.PARKED: "waiting for results of calls",
    Phase.STOPPING: "stopping",
    Phase.IDLE: "idle",
    Phase.LOST: "ending",
}


class ClaudeSource:
    """Drives the CLI at `claude` in the given environment. Times are in seconds.

    There are never more than `processes` of it, `warm` of them started ahead; see Pool. `proof` tells whether they can
    be rewound. Without `keep` each process tells one answer, to the end of what it says, as recorders want it. Without
    `allow_api_key`, a CLI that would bill one is asked nothing. `on_price` is called with the list price, in US
    dollars, of what was used.
    """

    def __init__(
        self,
        claude: str,
        environment: Mapping[str, str],
        installed: Installed,
        *,
        first: float,
        silence: float,
        processes: int,
        warm: int = 0,
        idle: float = 900,
        age: float = 1800,
        renew: int = 400,
        keep: bool = True,
        proof: Proof | None = None,
        allow_api_key: bool = True,
        on_price: Callable[[float], None] = lambda dollars: None,
    ) -> None:
        self._installed = installed
        self._environment = environment
        self._first, self._silence = first, silence
        self._keep, self._allow_api_key = keep, allow_api_key
        self._on_price = on_price
        self.proof = proof or Proof("proven")
        self.processes = Spawner(arguments(claude), environment, processes)
        self.pool = Pool(
            self._start,
            most=processes,
            warm=warm,
            idle=idle,
            age=age,
            renew=min(renew, len(SERVERS) - 1),
            switching=lambda: self.proof.holds,
        )
        self._plan: Plan | None = None
        self._learning: asyncio.Task[None] | None = None
        self._learnt = -math.inf
        self._said: events.Initialized | None = None
        self._initialized: asyncio.Task[events.Initialized] | None = None

    async def start(self) -> None:
        """Begin to warm processes, to ask the CLI for its models, and to prove what it can do."""
        self.pool.refill()
        self._ask()
        self.proof.begin()

    async def lines(self, turn: Turn, owner: str = "") -> AsyncGenerator[Routed | Line, None]:
        """Yield how the turn is answered, then the CLI's lines up to its first stop reason."""
        wanted = prints(turn.messages)
        worker, route = await self.pool.acquire(turn, wanted, owner)
        try:
            async with aclosing(self._tell(worker, route, turn, wanted)) as lines:
                async for line in lines:
                    yield line
            return
        except (Exited, OutOfPlace) as error:
            # What was never asked can be asked of another process; anything else may have reached the API.
            if route == "cold" or worker.conversation.left:
                raise
            log.warning("a kept process was of no use: %s", error)
        worker = await self.pool.another(owner)
        async with aclosing(self._tell(worker, "cold", turn, wanted)) as lines:
            async for line in lines:
                yield line

    async def status(self, *, closely: bool = False) -> Status:
        """Return the CLI's version, login and models; it is asked for the models once, and heard at every start."""
        said = self._said
        if said is None or self._refuses(said):  # a refused login may have been mended
            said = await asyncio.shield(self._ask(again=said is not None))
        if closely:
            self._learn_plan(said)
        return Status(
            "claude-code-cli",
            self._installed.version,
            self._login(said),
            tuple(model.model() for model in said.models),
            said.account.billing,
            self._plan,
            len(self.processes),
            self.proof.verdict,
            children=tuple(map(_child, self.pool.workers)) if closely else (),
        )

    async def close(self) -> None:
        """End all processes and wait until they are gone."""
        if self._learning:
            self._learning.cancel()
        await self.proof.close()
        await self.pool.close()
        await self.processes.close()

    async def _tell(
        self, worker: Worker, route: Route, turn: Turn, wanted: list[Print]
    ) -> AsyncGenerator[Routed | Line, None]:
        try:
            worker.conversation.rewindable = self._keep and self.proof.holds
            yield Routed(route)
            async with aclosing(worker.lines(turn, wanted)) as lines:
                async for line in lines:
                    yield line
        finally:
            self._take_back(worker)

    def _take_back(self, worker: Worker) -> None:
        """Keep a worker whose answer is over, or can be given up; end any other."""
        talk, switching = worker.conversation, self.proof.holds
        # Without rewinding, a process is of use only if it has what the client has. After an error it never is.
        kept = worker.over and talk.answered and (switching or talk.parked or not talk.context.transcript.spoilt)
        if self._keep and kept:
            worker.settle()
            self.pool.keep(worker)
        elif self._keep and switching and not worker.over and worker.interruptible:
            worker.stop()
            self.pool.keep(worker)
        else:
            worker.process.end()

    async def _start(self) -> Worker:
        static = self._keep and "CLAUDE_CODE_OAUTH_TOKEN" in self._environment
        conversation = Conversation(
            self._environment.get("ANTHROPIC_BASE_URL", ""),
            lambda: str(uuid.uuid4()),
            mark=self._mark,
            static_login=static,
        )
        return Worker(
            await self.processes.start(),
            conversation,
            first=self._first,
            silence=self._silence,
            on_initialized=self._check,
            on_limit=self._notice,
            on_price=self._on_price,
        )

    @property
    def _mark(self) -> dict[str, str]:
        """The mark for the prompt cache, like the CLI's own: an hour for a subscription, else the API's default."""
        hour = {"ttl": "1h"} if not self._said or self._said.account.billing == "subscription" else {}
        return {"type": "ephemeral", **hour}

    def _check(self, said: events.Initialized) -> None:
        """Take what a process says of itself; raises BillingRefused if it would bill a key that nobody has allowed."""
        before, self._said = self._said, said
        if not self._refuses(said):
            return
        was = f" instead of {self._login(before)}" if before else ""
        raise BillingRefused(
            f"The login of the Claude Code CLI has changed while cmappy was running: it now uses an API key "
            f"({said.account.api_key_source}){was}, which would be billed for each token. Log in with your "
            "subscription (`claude auth login`), or allow the key with `--allow-api-key`."
        )

    def _refuses(self, said: events.Initialized) -> bool:
        return said.account.billing == "api_key" and not self._allow_api_key

    def _login(self, said: events.Initialized) -> str:
        """Return the login as it is now: what `claude auth status` said, until a process says something else."""
        was = "api_key" if self._installed.login.startswith("api_key") else "subscription"
        now = said.account.billing
        return self._installed.login if now in {was, "none"} else {"api_key": "api_key"}.get(now, "claude.ai")

    def _notice(self, limit: events.RateLimit) -> None:
        plan = limit.plan()
        self._plan = replace(plan, windows=(self._plan.windows if self._plan else {}) | plan.windows)

    def _learn_plan(self, said: events.Initialized) -> None:
        """Begin to ask an idle process how much of the plan is used up, now and then, if no turn can wait for that."""
        now = asyncio.get_running_loop().time()
        if said.account.billing != "subscription" or usage.CAPABILITY not in said.capabilities:
            return
        if now - self._learnt >= _PLAN_AGE and (worker := self.pool.idle):
            self._learnt = now
            self._learning = asyncio.create_task(self._learn_from(worker), context=Context())

    async def _learn_from(self, worker: Worker) -> None:
        self._plan = usage.merge(self._plan, usage.windows(await worker.usage()))

    def _ask(self, *, again: bool = False) -> asyncio.Task[events.Initialized]:
        if self._initialized is None or (self._initialized.done() and (again or self._initialized.exception())):
            self._initialized = asyncio.create_task(self._initialize(), context=Context())
            self._initialized.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to who asks
        return self._initialized

    async def _initialize(self) -> events.Initialized:
        worker = await self._start()
        try:
            said = await worker.initialize()
            self._said = said
            return said
        finally:
            worker.process.end()


def _child(worker: Worker) -> Child:
    talk = worker.conversation
    state = "ending" if worker.process.gone else _STATES[talk.phase]
    return Child(talk.context.setup.profile or "any conversation", state, worker.born, talk.turns)
