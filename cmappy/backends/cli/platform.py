"""What differs between systems: how a tree of processes is started, ended, and bound to the life of this one.

`SYSTEM` is the one for this machine. Nothing else in the package sends signals or kills.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cmappy.backends.cli.posix import Posix
from cmappy.backends.cli.windows import Windows


class System(Protocol):
    """Process primitives. A child is started with `bind(argv)` and `options`, and leads a tree of its own."""

    @property
    def options(self) -> Mapping[str, Any]:
        """The arguments for `subprocess` with which a child can be ended together with its own children."""
        ...

    def program(self, name: str) -> str:
        """Return what to start for the name or path of a program."""
        ...

    def bind(self, argv: Sequence[str]) -> list[str]:
        """Return a command line whose process ends with this one, however this one ends."""
        ...

    def started(self, pid: int) -> None:
        """Note a child that was started, so that it ends with this process."""
        ...

    def ended(self, pid: int) -> None:
        """Note that a child has ended: its number may be given to another process."""
        ...

    def terminate(self, pid: int) -> None:
        """Ask a child and its children to end; those that have ended already are no error."""
        ...

    def kill(self, pid: int) -> None:
        """End a child and its children at once; likewise."""
        ...

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Have `callback` called in the running loop each time this process is told to stop."""
        ...


SYSTEM: System = Windows() if sys.platform == "win32" else Posix()
