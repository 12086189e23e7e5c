"""`cmappy` and `cmappy serve`: look at the CLI, and serve until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shlex
import socket
import sys
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack, suppress

from cmappy import __version__, settings
from cmappy.backends import Backend
from cmappy.backends.cli.platform import SYSTEM
from cmappy.commands.backend import Built, build
from cmappy.commands.options import suggest
from cmappy.commands.sources import WrongSetting, load
from cmappy.errors import CmappyError
from cmappy.middle.models import ids, mistakes, suggestion
from cmappy.recording.turns import BadRecording
from cmappy.server.app import create_app
from cmappy.server.history.history import History
from cmappy.server.history.ledger import BadHistory, Ledger
from cmappy.server.log import configure, secrets_in
from cmappy.server.notify import notify
from cmappy.server.reload import watch
from cmappy.server.run import serving, try_use_uvloop
from cmappy.server.sockets import listen
from cmappy.settings import Settings

_STATUS_TIMEOUT = 10.0  # seconds


def run(options: argparse.Namespace) -> int:
    """Run the server until it is told to stop; returns 1 if it cannot start."""
    effective = load(vars(options), settings.environment())
    chosen = effective.settings
    if chosen.reload:
        return watch(sys.argv[1:])
    for note in effective.notes:
        print(f"cmappy: {note}", file=sys.stderr)
    configure(chosen.log_level, chosen.log_format, [*chosen.api_keys(), *secrets_in(chosen.environment())])
    for name in ("sanic.root", "sanic.server"):
        logging.getLogger(name).setLevel(logging.WARNING)  # its start and stop messages repeat ours
    try_use_uvloop()
    hurry = asyncio.Event()
    try:
        asyncio.run(_until_told(serve(chosen, hurry), hurry))
    except (CmappyError, BadRecording, BadHistory, OSError) as error:
        print(f"cmappy: {error}", file=sys.stderr)
        return 1
    return 0


async def serve(chosen: Settings, hurry: asyncio.Event) -> None:
    """Serve until cancelled, and then not long if `hurry`.

    Raises CmappyError, BadRecording, WrongSetting or OSError at the start.
    """
    keyed, variables = bool(chosen.api_keys()), settings.environment()
    with ExitStack() as stack:
        listeners = [stack.enter_context(each) for each in listen(chosen.host, chosen.port, keyed=keyed)]
        history = History(Ledger(chosen.history) if chosen.history else None)
        await history.start()
        built = await build(chosen, history.priced)
        app = create_app(chosen, built.backend, history=history)
        async with serving(app, *listeners, drain=chosen.drain, delay=chosen.stop_delay, hurry=hurry):
            await _check_models(chosen.model_map, built.backend)
            _greet(built, listeners[0], keyed=keyed)
            notify("READY=1", variables)
            try:
                await asyncio.Event().wait()
            finally:
                notify("STOPPING=1", variables)


async def _check_models(mapping: Mapping[str, str], backend: Backend) -> None:
    """Raise WrongSetting if the model map leads to a model that does not exist.

    The usual names are known without asking the CLI, which takes a second to answer; if it cannot, nobody knows better.
    """
    if not mistakes(mapping, ()):
        return
    with suppress(CmappyError, TimeoutError):
        async with asyncio.timeout(_STATUS_TIMEOUT):
            known = (await backend.status()).models
        if wrong := mistakes(mapping, known):
            name, model = next(iter(wrong.items()))
            near = suggest(model, ids(known)) or f" There is `{suggestion(known)}`, for instance."
            raise WrongSetting(f"--model-map: `{name}` is mapped to `{model}`, which is no model here.{near}")


async def _until_told(work: Coroutine[None, None, None], hurry: asyncio.Event) -> None:
    """Run something until the system says stop, and let it clean up; a second signal sets `hurry`."""
    task = asyncio.create_task(work)
    told = asyncio.Event()

    def stop() -> None:
        (hurry if told.is_set() else told).set()

    SYSTEM.on_stop(stop)
    signalled = asyncio.create_task(told.wait())
    await asyncio.wait({task, signalled}, return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


def _greet(built: Built, listener: socket.socket, *, keyed: bool) -> None:
    """Say where the server is and what it does, with a request to try."""
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
    print(f"cmappy {__version__} at {url}\n{built.about}")
    if built.example:
        model, question = built.example
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": question}]})
        header = "-H 'content-type: application/json'"
        if keyed:
            header += " -H 'authorization: Bearer KEY'"
        print(f"Try:  curl {url}/chat/completions {header} -d {shlex.quote(body)}")
    sys.stdout.flush()
