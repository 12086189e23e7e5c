"""The phases of a conversation with one `claude` process, and what leads from one to the next (pure).

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

from collections.abc import Mapping
from enum import Enum, auto

from cmappy.errors import CliFailed


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

    def __init__(self, what: str) -> None:
        super().__init__(f"The Claude Code CLI {what}. Try again; if that does not help, upgrade cmappy.")
