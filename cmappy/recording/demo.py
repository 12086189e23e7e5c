"""What a replay without a folder answers: a demonstration that says that it is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cmappy.recording.folder import read
from cmappy.recording.replay import Told
from cmappy.turn import Text, Turn

# What to ask to see something, and the recording that shows it.
PROMPTS = {
    "What is the weather in Paris?": ("a tool call", "tool_call"),
    "Describe Ada Lovelace.": ("structured output", "demo_json"),
    "What is 17 + 25?": ("reasoning", "thinking"),
    "Which colour is this?": ("an image", "image"),
    "Be limited by the API.": ("an error", "error_rate_limit"),
}
_ANYTHING = "demo"


def demo(folder: Path) -> Callable[[Turn], Told | None]:
    """Return what answers a turn that was not recorded, from the folder of recordings that comes with cmappy.

    Only plain questions are answered: whoever wants a certain form of answer, or a certain call, gets none.
    """
    names = {_ANYTHING, *(name for _, name in PROMPTS.values())}
    told = {name: Told(f"{name}.ndjson", read(folder / f"{name}.ndjson")) for name in names}

    def answer(turn: Turn) -> Told | None:
        if turn.schema or turn.tool_choice in ("any", "tool"):
            return None
        texts = [block.text for block in turn.messages[-1].content if isinstance(block, Text)]
        name = PROMPTS[texts[-1]][1] if texts and texts[-1] in PROMPTS else _ANYTHING
        return told[name]

    return answer
