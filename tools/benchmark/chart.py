"""The medians of a run as one picture (SVG), drawn by matplotlib: `pip install '.[bench]'`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

# The bars from above, and what they are called; those of others have a colour of their own.
_BARS = {
    "live": "next turn of a conversation",
    "parked": "after a tool's result",
    "edited last message": "edited question",
    "branch at message 5 of 20": "branch of a conversation",
    "new conversation": "new conversation",
    "second structured answer": "structured answer",
    "another prompt and tools": "new prompt and tools",
    "warm": "first question ever",
    "cli one-shot": "claude --print",
    "reference": "a proxy that starts the CLI each time",
}
_OTHERS = {"cli one-shot", "reference"}
_OURS, _THEIRS, _INK = "#c2603d", "#9a9a94", "#77776f"  # the ink is read on white and on black


def draw(measured: dict[str, Any], path: Path) -> None:
    """Write the chart of the times to first token."""
    matplotlib = import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "cmappy", "svg.fonttype": "none", "font.family": "sans-serif"})
    pyplot = import_module("matplotlib.pyplot")
    shown = {name: 1000 * median(measured["seconds"][name]) for name in _BARS if name in measured["seconds"]}
    figure, axes = pyplot.subplots(figsize=(8, 0.4 * len(shown) + 0.6))
    bars = axes.barh(
        [_BARS[name] for name in shown],
        list(shown.values()),
        color=[_THEIRS if name in _OTHERS else _OURS for name in shown],
        height=0.62,
    )
    axes.bar_label(bars, fmt="%.0f ms", padding=4, color=_INK)
    axes.invert_yaxis()
    axes.set_title("Time to the first token, beside the API's own", loc="left", color=_INK, fontsize=11)
    axes.tick_params(length=0, colors=_INK, labelbottom=False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.margins(x=0.12)
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
