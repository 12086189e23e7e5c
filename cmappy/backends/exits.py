"""The error for a CLI process that ended by itself before its answer was complete; the same live and replayed."""

from __future__ import annotations

from cmappy.errors import CliFailed


class Exited(CliFailed):
    """The process ended: `exit` is its exit code (negative: a signal), `stderr` the end of what it wrote there."""

    def __init__(self, exit: int, stderr: str) -> None:
        # What it wrote may name files, accounts and tokens of the server's user: that is for the log only.
        where = " The log of cmappy has what it wrote." if stderr.strip() else ""
        super().__init__(
            f"The Claude Code CLI exited with code {exit} before the answer was complete. Try again.{where}"
        )
        self.exit = exit
        self.stderr = stderr
