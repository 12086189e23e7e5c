"""Which running process is best for a turn: one that knows its beginning, one that can be switched, a fresh one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from cmappy.backends.claude.prints import Print
from cmappy.backends.claude.worker import Worker
from cmappy.turn import Turn

Route = Literal["cold", "warm", "live", "parked", "rewound"]


def choose(
    kept: Sequence[Worker],
    turn: Turn,
    wanted: Sequence[Print],
    now: float,
    *,
    fresh: Callable[[], Worker | None],
    switching: bool,
) -> tuple[Worker | None, Route]:
    """Return the worker and how it is found; None if one has to be started.

    `kept` are those of the turn's owner, `fresh` returns one that nobody has used, if there is one. Processes are
    rewound and switched only if `switching`.
    """
    for worker in kept:
        if worker.conversation.answers_calls(turn, wanted):
            return worker, "parked"
    for worker in kept:
        if not worker.conversation.parked and worker.conversation.context.continues(turn, wanted):
            return worker, "live"
    if not switching:
        return fresh(), "warm"
    able = [worker for worker in kept if worker.conversation.context.serves(turn)]
    sharing = [worker for worker in able if _shares(worker, turn, wanted, now)]
    if sharing:
        return max(sharing, key=lambda worker: worker.conversation.context.shared(turn, wanted)), "rewound"
    idle = [worker for worker in able if not worker.conversation.parked]
    idle.sort(key=lambda worker: (not worker.conversation.context.setup.fits(turn), *worker.use.rank(now)))
    free = [worker for worker in idle if not worker.use.is_likely(now)]
    # A conversation that goes on and has no process any more gets one of its own, if there is one; a new one may
    # never go on. Both are better off with a process that is in use by another than with a start.
    if free and len(wanted) == 1:
        return free[0], "rewound"
    if one := fresh():
        return one, "warm"
    return next(iter(free or idle), None), "rewound"


def _shares(worker: Worker, turn: Turn, wanted: Sequence[Print], now: float) -> bool:
    """Return whether a worker has the beginning of a turn, and is not about to go on with another conversation.

    Conversations may begin with the same words; with the same answer, they are the same one.
    """
    talk = worker.conversation
    shared = talk.context.shared(turn, wanted)
    if talk.parked:
        return 0 < shared == len(talk.context.transcript)
    return shared > (1 if worker.use.is_likely(now) else 0)
