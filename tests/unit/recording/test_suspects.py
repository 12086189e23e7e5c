"""What looks like a secret is found, with its line; everyday texts are left in peace."""

import pytest

from cmappy.recording.suspects import find, suspects
from tests.unit.recording.said import delta, stop


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sk-ant-api03-abcdefghijklmnop", "a key"),
        ("my key is sk-proj-0123456789abcdef0123.", "a key"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "a key"),
        ("AKIAIOSFODNN7EXAMPLE", "a key"),
        ("AIzaSyA-0123456789abcdefghijklmnopqrstu", "a key"),
        ("xoxb-123456789012-abcdef", "a key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "a key"),
        ("Authorization: Bearer abcdefghijklmnop", "a key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a key"),
        ("write to ada.lovelace+x@example.co.uk, please", "an e-mail address"),
        ("in /home/ada/project/x.py", "a home folder"),
        ("in /Users/ada", "a home folder"),
        (r"C:\Users\ada\x", "a home folder"),
        ("password = hunter2hunter2", "a secret"),
        ('{"api_key": "abc123def456"}', "a secret"),
    ],
)
def test_found(text, kind):
    """Keys of the usual services, addresses, folders, and what is assigned to a name that says it."""
    assert kind in {found for _, found, _ in find(text)}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Say hello.",
            "a@b",
            "user/home/ada",
            "risk-averse-decision-making",
            "the token: it is long",
            "max_tokens: 5",
        ),
        *("https://example.com/home/x", "sk-learn", "8:30", "the password is secret", "/homeless", "eyJ is no token"),
    ],
)
def test_left_in_peace(text):
    """A warning that is always there is read by nobody."""
    assert [] == list(find(text))


def test_line_is_told():
    """Counted from 1, as editors do; a divided one at its first piece; base64 and placeholders are none."""
    lines = [
        b'{"cmappy":"user","text":"I am ada@example.org"}',
        b'{"signature":"sk-0123456789abcdef"}',
        b'["<private>@x.org", "password=<redacted>-2026", 5]',
        b"noise of ada@example.org",
        delta("by sk-01"),
        delta("23456789abcdef"),
        delta("."),
        stop(),
    ]

    assert [
        (1, "an e-mail address", "ada@exam…"),
        (4, "an e-mail address", "ada@exam…"),
        (5, "a key", "sk-01234…"),
    ] == [tuple(suspect) for suspect in suspects(b"\n".join(lines))]
