"""A server to put under load: replays recordings at a pace, and tells on SIGUSR1 how many tasks it has.

`python observed.py FOLDER PAUSE [flag...]`: the pause, in seconds, is made before each line of a recording. Whoever
sends the key `endless` is never told the end of an answer.
"""

import asyncio
import gc
import hashlib
import signal
import socket
import sys
from pathlib import Path

from sanic.server import try_use_uvloop

from cmappy.backends.claude.interpret import Interpreter
from cmappy.backends.lines import Answering
from cmappy.commands.parser import parse
from cmappy.commands.sources import load
from cmappy.recording.replay import Replay
from cmappy.server.app import create_app
from cmappy.server.log import configure
from cmappy.server.run import serving

ENDLESS = hashlib.sha256(b"endless").hexdigest()


class PacedReplay(Replay):
    """Says one line after the other, as a model does."""

    def __init__(self, folder, pause):
        super().__init__(folder)
        self._pause = pause

    async def lines(self, turn, owner=""):
        """Yield the recorded lines with pauses."""
        async for line in super().lines(turn, owner):
            await asyncio.sleep(self._pause)
            if owner == ENDLESS and b'"message_delta"' in getattr(line, "raw", b""):
                await asyncio.Event().wait()
            yield line


def tell():
    """Print the number of tasks that are not done."""
    gc.collect()
    print(len(asyncio.all_tasks()), flush=True)


async def serve(folder, pause, flags):
    """Serve until SIGTERM."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    loop.add_signal_handler(signal.SIGUSR1, tell)
    chosen = load(vars(parse(flags)[1]), {}).settings
    configure(chosen.log_level, chosen.log_format)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        backend = Answering(PacedReplay(folder, pause), Interpreter)
        async with serving(create_app(chosen, backend), listener, drain=chosen.drain):
            print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
            await told.wait()


if __name__ == "__main__":
    try_use_uvloop()
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
