"""Token counts in OpenAI's sense."""

import pytest

from cmappy.events import OutputDetails
from cmappy.events import Usage as Counts
from cmappy.openai.answer import Usage
from cmappy.translate.tally import Tally

START = Counts(input_tokens=5, cache_read_input_tokens=3, cache_creation_input_tokens=2, output_tokens=1)
END = Counts(output_tokens=9, output_tokens_details=OutputDetails(thinking_tokens=4))


@pytest.fixture
def tally():
    """Return a tally that has counted the beginning of a message."""
    tally = Tally()
    tally.start(START)
    return tally


def test_prompt_includes_the_cache(tally):
    """OpenAI counts cached tokens as prompt tokens; the API counts them apart."""
    assert Usage(10, 1, cached_tokens=3, cache_write_tokens=2) == tally.total()


def test_later_counts_replace_earlier_ones(tally):
    """The end of a message repeats some counts with their final values."""
    tally.count(END)

    assert Usage(10, 9, cached_tokens=3, cache_write_tokens=2, reasoning_tokens=4) == tally.total()


def test_message_that_failed_does_not_count(tally):
    """The CLI's second try answers instead."""
    tally.count(END)
    tally.start(Counts(input_tokens=7))

    assert Usage(7, 0) == tally.total()


def test_messages_of_one_answer_add_up(tally):
    """A structured answer may take the model two messages, and both are paid for."""
    tally.count(END)
    tally.close()
    tally.start(START)
    tally.count(END)

    assert Usage(20, 18, cached_tokens=6, cache_write_tokens=4, reasoning_tokens=8) == tally.total()


def test_nothing_counted_is_nothing():
    """An API that tells no usage gives zeros, not a missing key."""
    assert Usage(0, 0) == Tally().total()
