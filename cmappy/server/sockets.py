"""Opens the socket that the server listens on."""

from __future__ import annotations

import errno
import socket

from cmappy.errors import Forbidden
from cmappy.server.guard import is_loopback

BACKLOG = 1024  # connections that may wait to be accepted


def listen(host: str, port: int, *, keyed: bool) -> socket.socket:
    """Return a socket bound to that address; raises OSError with a message for the user.

    Beyond this machine it listens only if clients need a key.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        if not is_loopback(str(address[0])) and not keyed:
            raise Forbidden(
                f"whoever reaches {host} could use your login. Ask clients for a key: "
                f'cmappy --host {host} --api-key "$(openssl rand -hex 32)"'
            )
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        advice = {
            errno.EADDRINUSE: "Stop what uses the port, or choose another one with --port.",
            errno.EACCES: "Choose a port above 1023 with --port.",
        }.get(error.errno or 0, "Check --host and --port.")
        raise OSError(f"cannot listen on {host}:{port} ({error.strerror}). {advice}") from None
