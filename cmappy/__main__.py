"""The `cmappy` command: read the settings, look at the CLI, serve. The only place that exits."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
from collections.abc import Coroutine, Sequence

from sanic.server import try_use_uvloop

from cmappy import __version__, settings
from cmappy.backends import Backend
from cmappy.backends.record import RecordingBackend
from cmappy.backends.replay import ReplayBackend
from cmappy.errors import BillingRefused, CmappyError, Forbidden
from cmappy.fixture import BadFixture
from cmappy.server.app import create_app
from cmappy.server.guard import is_loopback
from cmappy.server.log import configure, secrets_in
from cmappy.server.reload import watch
from cmappy.server.run import serving
from cmappy.settings import Settings


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server until it is told to stop; exits with 1 if it cannot start."""
    chosen = settings.from_command_line(argv)
    if chosen.reload:
        sys.exit(watch(sys.argv[1:] if argv is None else argv))
    secrets = [*chosen.api_keys(), *secrets_in(settings.environment())]
    configure(chosen.log_level, chosen.log_format, secrets)
    for name in ("sanic.root", "sanic.server"):
        logging.getLogger(name).setLevel(logging.WARNING)  # its start and stop messages repeat ours
    try_use_uvloop()
    hurry = asyncio.Event()
    try:
        asyncio.run(_until_told(serve(chosen, hurry), hurry))
    except (CmappyError, BadFixture, OSError) as error:
        print(f"cmappy: {error}", file=sys.stderr)
        sys.exit(1)


async def serve(chosen: Settings, hurry: asyncio.Event) -> None:
    """Serve until cancelled, and then not long if `hurry`; raises CmappyError, BadFixture or OSError at the start."""
    with listen(chosen) as listener:
        backend, about = await build(chosen)
        async with serving(create_app(chosen, backend), listener, drain=chosen.drain, hurry=hurry):
            _greet(about, listener, keyed=bool(chosen.api_keys()))
            await asyncio.Event().wait()


async def _until_told(work: Coroutine[None, None, None], hurry: asyncio.Event) -> None:
    """Run something until SIGINT or SIGTERM, and let it clean up; a second signal sets `hurry`."""
    task = asyncio.create_task(work)
    told = asyncio.Event()

    def stop() -> None:
        (hurry if told.is_set() else told).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    signalled = asyncio.create_task(told.wait())
    await asyncio.wait({task, signalled}, return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def build(chosen: Settings) -> tuple[Backend, str]:
    """Return the backend for the settings, and a line that says what it is; raises CmappyError or BadFixture."""
    if chosen.replay:
        return ReplayBackend(chosen.replay), f"Replaying the recordings in {chosen.replay}"
    # The real backend is imported only where it is used: replaying starts faster without it.
    from cmappy.backends.claude.backend import ClaudeBackend
    from cmappy.backends.claude.launch import environment
    from cmappy.backends.claude.login import inspect

    child = environment(
        settings.environment(),
        own_address=f"{chosen.host}:{chosen.port}",
        allow_api_key=chosen.allow_api_key,
        max_retries=chosen.max_retries,
    )
    installed = await inspect(chosen.claude, child, check_login=not chosen.skip_auth_check)
    billed = installed.login.startswith("api_key")
    if billed and not chosen.allow_api_key:
        raise BillingRefused
    backend: Backend = ClaudeBackend(
        chosen.claude,
        child,
        installed,
        first=chosen.first_timeout,
        silence=chosen.silence_timeout,
        concurrency=chosen.max_concurrency,
        warm=chosen.warm,
        live=chosen.live,
        idle=chosen.live_timeout,
    )
    if chosen.record:
        backend = RecordingBackend(backend, chosen.record)
    pays = " (billed for each token)" if billed else ""
    return backend, f"Claude Code CLI {installed.version}, login: {installed.login}{pays}"


def listen(chosen: Settings) -> socket.socket:
    """Return a socket bound to the chosen address; raises OSError with a message for the user.

    Beyond this machine it listens only if clients need a key.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(chosen.host, chosen.port, type=socket.SOCK_STREAM)[0]
        if not is_loopback(str(address[0])) and not chosen.api_keys():
            raise Forbidden(
                f"whoever reaches {chosen.host} could use your login. Ask clients for a key: "
                f'cmappy --host {chosen.host} --api-key "$(openssl rand -hex 32)"'
            )
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        advice = {
            errno.EADDRINUSE: "Stop what uses the port, or choose another one with --port.",
            errno.EACCES: "Choose a port above 1023 with --port.",
        }.get(error.errno or 0, "Check --host and --port.")
        raise OSError(f"cannot listen on {chosen.host}:{chosen.port} ({error.strerror}). {advice}") from None


def _greet(about: str, listener: socket.socket, *, keyed: bool) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
    body = '{"model": "sonnet", "messages": [{"role": "user", "content": "Say hello."}]}'
    header = "-H 'content-type: application/json'"
    if keyed:
        header += " -H 'authorization: Bearer KEY'"
    print(f"cmappy {__version__} at {url}\n{about}\nTry:  curl {url}/chat/completions {header} -d '{body}'", flush=True)


if __name__ == "__main__":
    main()
