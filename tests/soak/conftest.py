"""What the long runs share."""

import socket

import pytest


@pytest.fixture(scope="session")
def anyio_backend():
    """Name the event loop that asyncio's processes belong to."""
    return "asyncio"


@pytest.fixture(scope="session")
def free_port():
    """Return a function that finds a port that nobody listens on."""

    def find():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            return taken.getsockname()[1]

    return find
