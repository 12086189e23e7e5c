"""The error for a CLI process that ended by itself before its answer was complete; the same live and replayed."""

from __future__ import annotations

from cmappy.errors import CliFailed


class Exited(CliFailed):
    """The process ended: `exit` is its exit code (negative: a signal), `stderr` the end of what it wrote there."""

    def __init__(self, exit: int, stderr: str) -> None:
        last = stderr.strip().splitlines()[-1:]
        because = f": {last[0][:300]}" if last else ""
        super().__init__(f"The Claude Code CLI exited with code {exit} before the answer was complete{because}")
        self.exit = exit
        self.stderr = stderr
