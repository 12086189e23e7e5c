"""The counts of an hour, and what they add up to."""

from cmappy.server.history.counts import HOUR, Counts, hour_of, merge, oldest, report, today, total

NOON = 1_764_072_000  # the beginning of an hour


def test_time_falls_into_the_hour_that_has_begun():
    """Hours are those of Unix time, whatever the time zone."""
    assert [NOON, NOON, NOON + HOUR] == [hour_of(each) for each in (NOON, NOON + HOUR - 0.1, NOON + HOUR)]


def test_a_week_is_kept():
    """168 hours, the present one among them."""
    assert 168 * HOUR == hour_of(NOON) + HOUR - oldest(NOON + 59)


def test_hours_add_up():
    """Two servers, or the file and what is not in it yet."""
    one = {NOON: Counts(1, 2, 3, 4, 1, 0, 0.5), NOON - HOUR: Counts(errors=1)}
    other = {NOON: Counts(10, 20, 30, 40, 1, 2, 0.25)}

    assert {NOON - HOUR: Counts(errors=1), NOON: Counts(11, 22, 33, 44, 2, 2, 0.75)} == merge(one, other)


def test_old_hours_are_left_out():
    """What is kept is bounded."""
    assert [NOON] == list(merge({NOON - HOUR: Counts(1), NOON: Counts(2)}, since=NOON))


def test_nothing_adds_up_to_nothing():
    """A server that was never asked."""
    assert Counts() == total([])


def test_hour_in_which_the_day_began_is_of_today():
    """Where midnight is no full hour of Unix time, as in India."""
    hours = {NOON - HOUR: Counts(1), NOON: Counts(2), NOON + HOUR: Counts(4)}

    assert (6, 6, 4) == tuple(today(hours, NOON + late).fresh_tokens for late in (0, 1800, HOUR))


def test_report_has_today_the_week_and_each_hour():
    """The JSON of `GET /usage` and `cmappy usage --json`."""
    told = report({NOON - HOUR: Counts(1, answers=1), NOON: Counts(2, answers=1, list_price=0.5)}, NOON)

    assert ("usage", 2, 3, 0.5) == (
        told["object"],
        told["today"]["fresh_tokens"],
        told["week"]["fresh_tokens"],
        told["week"]["list_price"],
    )
    assert [NOON - HOUR, NOON] == [each["hour"] for each in told["hours"]]
