"""The `cmappy` command: read the settings, look at the CLI, serve. The only place that exits."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Sequence

from cmappy import __version__, settings
from cmappy.backends import Backend
from cmappy.backends.record import RecordingBackend
from cmappy.backends.replay import ReplayBackend
from cmappy.errors import CmappyError
from cmappy.fixture import BadFixture
from cmappy.server.app import create_app
from cmappy.settings import Settings


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server until it is told to stop; exits with 1 if it cannot start."""
    chosen = settings.from_command_line(argv)
    logging.basicConfig(level=chosen.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    for name in ("sanic.root", "sanic.server"):
        logging.getLogger(name).setLevel(logging.WARNING)  # its start and stop messages repeat ours
    try:
        backend, about = build(chosen)
        listener = listen(chosen)
    except (CmappyError, BadFixture, OSError) as error:
        print(f"cmappy: {error}", file=sys.stderr)
        sys.exit(1)
    app = create_app(chosen, backend)
    app.after_server_start(lambda _: _greet(about, listener))
    app.run(sock=listener, single_process=True, motd=False, access_log=False)


def build(chosen: Settings) -> tuple[Backend, str]:
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
    installed = asyncio.run(inspect(chosen.claude, child, check_login=not chosen.skip_auth_check))
    backend: Backend = ClaudeBackend(
        chosen.claude,
        child,
        installed,
        first=chosen.first_timeout,
        silence=chosen.silence_timeout,
        warm=chosen.warm,
        live=chosen.live,
        idle=chosen.live_timeout,
    )
    if chosen.record:
        backend = RecordingBackend(backend, chosen.record)
    return backend, f"Claude Code CLI {installed.version}, login: {installed.login}"


def listen(chosen: Settings) -> socket.socket:
    """Return a socket bound to the chosen address; raises OSError with a message for the user."""
    try:
        family = socket.getaddrinfo(chosen.host, chosen.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((chosen.host, chosen.port), family=family)
    except OSError as error:
        raise OSError(
            f"cannot listen on {chosen.host}:{chosen.port} ({error.strerror}). "
            "Stop what uses the port, or choose another one with --port."
        ) from None


async def _greet(about: str, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
    body = '{"model": "sonnet", "messages": [{"role": "user", "content": "Say hello."}]}'
    print(f"cmappy {__version__} at {url}\n{about}\nTry:  curl {url}/chat/completions -d '{body}'", flush=True)


if __name__ == "__main__":
    main()
