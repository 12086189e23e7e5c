"""What a process is set up for, as people are told."""

import pytest

from cmappy.backends.claude.setup import Setup
from cmappy.turn import Tool, Turn

LOOK, LISTEN = (Tool(name, "", '{"type":"object"}') for name in ("look", "listen"))


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (Turn("sonnet", ()), "sonnet"),
        (Turn("sonnet", (), system="Be brief.", tools=(LOOK,)), "sonnet, system prompt, 1 tool"),
        (Turn("opus", (), tools=(LOOK, LISTEN)), "opus, 2 tools"),
        (Turn("opus", (), schema='{"type":"object"}'), "opus, schema"),
    ],
)
def test_profile_is_told_in_words(turn, words):
    """Never by what the system prompt or the tools say."""
    setup = Setup("")
    setup.open(turn)

    assert words == setup.profile
