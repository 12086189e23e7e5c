"""What a program writes about itself may hold secrets of its user: none of them gets into the log."""

import pytest

from cmappy.sensitive import including, redact


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("sk-ant-oat01-abcdefgh_ij", "login sk-ant-oat01-abcdefgh_ij failed"),
        ("ghp_0123456789abcdef", "ghp_0123456789abcdef"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"),
        ("anna:hunter22", "proxy http://anna:hunter22@proxy.example:3128 refused"),
        ("abc.def-123", "Authorization: Bearer abc.def-123"),
        ("s3cr3tvalue", "CLAUDE_TOKEN=s3cr3tvalue"),
        ("s3cr3tvalue", '{"accessToken":"s3cr3tvalue"}'),
        ("s3cr3tvalue", "api key: s3cr3tvalue"),
        ("anna@mail.example.com", "logged in as anna@mail.example.com."),
    ],
)
def test_secret_is_taken_out(secret, text):
    """The rest of the line still says what went wrong."""
    assert (False, True) == (secret in redact(text), "[redacted]" in redact(text))


def test_terminal_codes_are_taken_out_and_the_rest_stays():
    """A log line must not move the cursor of whoever reads it."""
    assert "Error: no such file\nat line 3" == redact("\x1b[31mError\x1b[0m: no such file\n\x07at line 3")


def test_given_secrets_are_found_with_those_that_look_like_some():
    """Whatever characters they hold; of two, the longer."""
    found = including(["a b#c", "a b#c-too", "(x+)*"]).findall(
        "a b#c-too, a b#c, (x+)* and sk-ant-0123456789, bearer abc.def"
    )

    assert ["a b#c-too", "a b#c", "(x+)*", "sk-ant-0123456789", "abc.def"] == found
