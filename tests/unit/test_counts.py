"""The upstream's token counts of one answer."""

import orjson
import pytest

from cmappy.answer import Usage
from cmappy.backends.claude.counts import Counts
from cmappy.backends.claude.events import OutputDetails
from cmappy.backends.claude.events import Usage as Told

START = Told(input_tokens=5, cache_read_input_tokens=3, cache_creation_input_tokens=2, output_tokens=1)
END = Told(output_tokens=9, output_tokens_details=OutputDetails(thinking_tokens=4))


@pytest.fixture
def counts():
    """Return a counts that has counted the beginning of a message."""
    counts = Counts()
    counts.start(START)
    return counts


def test_prompt_includes_the_cache(counts):
    """The upstream counts cached tokens apart."""
    assert (Usage(5, 1, 3, 2), 10) == (counts.total(), counts.total().prompt_tokens)


def test_later_counts_replace_earlier_ones(counts):
    """The end of a message repeats some counts with their final values."""
    counts.update(END)

    assert Usage(5, 9, 3, 2, 4) == counts.total()


def test_message_that_failed_does_not_count(counts):
    """The CLI's second try answers instead."""
    counts.update(END)
    counts.start(Told(input_tokens=7))

    assert Usage(7) == counts.total()


def test_messages_of_one_answer_add_up(counts):
    """A structured answer may take the model two messages, and both are paid for."""
    counts.update(END)
    counts.close()
    counts.start(START)
    counts.update(END)

    assert Usage(10, 18, 6, 4, 8) == counts.total()


def test_what_else_is_told_stays_as_it_came():
    """How long the cache keeps what was written, say: later words replace earlier ones, and nulls say nothing."""
    counts = Counts()
    counts.start(Told(input_tokens=1, service_tier="standard", cache_creation={"ephemeral_1h_input_tokens": 2}))
    counts.update(Told(output_tokens=1, service_tier=None, server_tool_use={"web_search_requests": 1}))

    more = {
        "service_tier": "standard",
        "cache_creation": {"ephemeral_1h_input_tokens": 2},
        "server_tool_use": {"web_search_requests": 1},
    }
    assert (Usage(1, 1), more) == (counts.total()._replace(more=""), orjson.loads(counts.total().more))


def test_nothing_counted_is_nothing():
    """An API that tells no usage gives zeros, not a missing key."""
    assert Usage() == Counts().total()
