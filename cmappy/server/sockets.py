"""Opens the sockets that the server listens on: one for each address of its host, as `localhost` has two."""

from __future__ import annotations

import errno
import os
import socket

from cmappy.errors import Forbidden
from cmappy.server.guard import is_loopback

BACKLOG = 1024  # connections that may wait to be accepted
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}  # as IPv6 where it is switched off


def listen(host: str, port: int, *, keyed: bool) -> list[socket.socket]:
    """Return sockets bound to all addresses of a host, with one port; raises OSError with a message for the user.

    Beyond this machine it listens only if clients need a key.
    """
    sockets: list[socket.socket] = []
    try:
        addresses = _addresses(host, port)
        for _, address in addresses:
            if not is_loopback(address) and not keyed:
                raise Forbidden(
                    f"whoever reaches {host} could use your login. Ask clients for a key: "
                    f'cmappy --host {host} --api-key "$(openssl rand -hex 32)"'
                )
        for number, (family, address) in enumerate(addresses, 1):
            try:
                sockets.append(_bind(family, address, sockets[0].getsockname()[1] if sockets else port))
            except OSError as error:
                if error.errno not in _NOT_HERE or (not sockets and number == len(addresses)):
                    raise
        return sockets
    except OSError as error:
        for each in sockets:
            each.close()
        advice = {
            errno.EADDRINUSE: "Stop what uses the port, or choose another one with --port.",
            errno.EACCES: "Choose a port above 1023 with --port.",
        }.get(error.errno or 0, "Check --host and --port.")
        # Python adds the address to the text of the system, and a name that is not found has no number of the system.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        refused = OSError(f"cannot listen on {host}:{port} ({reason}). {advice}")
        refused.errno = error.errno
        raise refused from None


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    """Return the families and addresses of a host, IPv4 first; localhost has both, whatever the system says."""
    if host.lower() == "localhost":
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({(int(family), str(address[0])) for family, _, _, _, address in found})


def _bind(family: int, address: str, port: int) -> socket.socket:
    return socket.create_server((address, port), family=family, backlog=BACKLOG)
