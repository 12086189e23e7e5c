"""Which ANTHROPIC_BASE_URL leads back to cmappy itself: the CLI would call it, and it would call the CLI."""

import pytest

from cmappy.backends.claude.launch import environment


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1:3456", "http://127.0.0.1:3456"),
        ("127.0.0.1:3456", "http://localhost:3456/v1"),
        ("127.0.0.1:3456", "http://user:password@[::1]:3456/"),
        ("0.0.0.0:3456", "http://127.0.0.1:3456"),
        ("::1:3456", "http://[::1]:3456"),
        ("10.0.0.1:3456", "http://10.0.0.1:3456"),
    ],
)
def test_own_address_is_dropped(address, url):
    """Whichever name of this machine is used, the CLI is not sent in a circle."""
    assert "ANTHROPIC_BASE_URL" not in environment({"ANTHROPIC_BASE_URL": url}, own_address=address)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1:3456", "http://127.0.0.1:34567"),
        ("127.0.0.1:3456", "http://127.0.0.1:3455"),
        ("127.0.0.1:3456", "http://10.0.0.1:3456"),
        ("10.0.0.1:3456", "http://127.0.0.1:3456"),
        ("127.0.0.1:0", "http://127.0.0.1"),
        ("127.0.0.1:443", "https://api.anthropic.com"),
    ],
)
def test_other_address_is_kept(address, url):
    """A gateway of the user's choice stays, also one on this machine or with a similar port."""
    assert url == environment({"ANTHROPIC_BASE_URL": url}, own_address=address)["ANTHROPIC_BASE_URL"]
