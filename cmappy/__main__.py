"""The `cmappy` command: find out what is wanted, and do it. The only place that exits."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cmappy.commands.parser import parse, refuse
from cmappy.commands.sources import WrongSetting


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code; 2 stands for a command line or settings that cannot be used."""
    command, options = parse(sys.argv[1:] if argv is None else argv)
    try:
        code = command.run(options)
        sys.stdout.flush()
    except WrongSetting as error:
        code = refuse(str(error))
    except BrokenPipeError:  # as of `cmappy config | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes there
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
