"""Times and sizes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from cmappy.units import Bytes, Seconds, show_bytes, show_seconds


class Model(BaseModel):
    """Something with a time and a size."""

    time: Seconds = 0
    size: Bytes = 0


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("15m", 900),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("15 min", 900),
        ("90", 90),
        ("0.5", 0.5),
        ("500ms", 0.5),
        ("1.5H", 5400),
        ("2d", 172800),
        (90, 90),
        (0.25, 0.25),
    ],
)
def test_time_is_read(written, seconds):
    """A bare number is seconds."""
    assert seconds == Model(time=written).time


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("64MB", 64 << 20),
        ("64 mb", 64 << 20),
        ("64M", 64 << 20),
        ("64MiB", 64 << 20),
        ("1.5KB", 1536),
        ("7", 7),
        (7, 7),
    ],
)
def test_size_is_read(written, size):
    """A bare number is bytes, a kilobyte 1024 of them."""
    assert size == Model(size=written).size


@pytest.mark.parametrize("written", ["", "m", "15x", "m15", "1e3", "nan", "inf", "30m1h", "1h-1m", None, [1]])
def test_what_is_no_time_is_refused(written):
    """Not guessed."""
    with pytest.raises(ValidationError):
        Model(time=written)


@pytest.mark.parametrize("written", ["", "MB", "3x", "1e3", "64TB", "64MBit", None, [1], "1.5"])
def test_what_is_no_size_is_refused(written):
    """Nor this."""
    with pytest.raises(ValidationError):
        Model(size=written)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(900, "15m"), (5400, "1h30m"), (0.1, "100ms"), (0, "0s"), (0.0001, "0.0001s")],
)
def test_time_is_shown_as_people_write_it(seconds, shown):
    """In whole numbers of ever smaller units."""
    assert shown == show_seconds(seconds)


@pytest.mark.parametrize(("size", "shown"), [(64 << 20, "64MB"), (1000, "1000B"), (1536 << 10, "1536KB"), (0, "0B")])
def test_size_is_shown_as_people_write_it(size, shown):
    """In the largest unit without a fraction."""
    assert shown == show_bytes(size)


@given(st.integers(0, 10**9), st.integers(0, 1 << 50))
def test_what_is_shown_can_be_read(milliseconds, size):
    """What `--help` and `cmappy config` show can be pasted."""
    model = Model(time=show_seconds(milliseconds / 1000), size=show_bytes(size))

    assert (milliseconds / 1000, size) == (pytest.approx(model.time), model.size)
