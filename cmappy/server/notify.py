"""Tells systemd that the server is ready, or stops: a line to the socket that it has named."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, variables: Mapping[str, str]) -> None:
    """Send a state as `READY=1` (sd_notify(3)); without systemd nothing is sent."""
    address = variables.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        messenger.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        messenger.send(state.encode())
