"""What is made of the CLI's answer to how much of the plan is used up."""

import orjson
import pytest

from cmappy.backends.claude.usage import ID, ask, hush, merge, windows
from cmappy.status import Plan, Window

RESETS = "2026-11-25T12:00:00Z"
AT = 1795608000


def answer(**limits):
    """Return an answer with these limits."""
    return {"subscription_type": "max", "rate_limits_available": True, "rate_limits": limits}


def test_windows_are_told_as_shares_and_unix_seconds():
    """The CLI counts per cent and writes dates; the rest of cmappy does neither."""
    told = answer(five_hour={"utilization": 42.5, "resets_at": RESETS}, seven_day={"utilization": 7, "resets_at": None})

    assert {"five_hour": Window("", 0.425, AT), "seven_day": Window("", 0.07, None)} == windows(told)


def test_windows_of_single_models_are_named_after_them():
    """They are listed apart, under names for people."""
    told = answer(model_scoped=[{"display_name": "Fable 5.2", "utilization": 90, "resets_at": RESETS}])

    assert {"seven_day_fable_5_2": Window("", 0.9, AT)} == windows(told)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"rate_limits": None},
        {"rate_limits": []},
        answer(five_hour=None),
        answer(five_hour={"utilization": None, "resets_at": RESETS}),
        answer(five_hour={"utilization": True}),
        answer(five_hour="full"),
        answer(**{"<b>": {"utilization": 1}}),
        answer(model_scoped={"a": 1}),
        answer(model_scoped=["a", {"display_name": "x" * 100, "utilization": 1}]),
    ],
)
def test_what_is_not_understood_is_left_out(told):
    """The CLI says that the shape may change."""
    assert {} == windows(told)


@pytest.mark.parametrize("resets", ["soon", "9999999-01-01", 5])
def test_odd_date_is_no_date(resets):
    """The share is of use without it."""
    assert {"five_hour": Window("", 0.01, None)} == windows(answer(five_hour={"utilization": 1, "resets_at": resets}))


def test_fresh_windows_replace_what_was_known():
    """And nothing else of the plan."""
    before = Plan("allowed", "five_hour", 5, {"five_hour": Window("allowed", 0.1, 5), "overage": Window("allowed")})

    after = merge(before, {"five_hour": Window("", 0.2, 6)})

    assert Plan("allowed", "five_hour", 5, {"five_hour": Window("", 0.2, 6), "overage": Window("allowed")}) == after
    assert (before, None, Plan(windows={"five_hour": Window()})) == (
        merge(before, {}),
        merge(None, {}),
        merge(None, {"five_hour": Window()}),
    )


def test_question_is_free_of_what_is_not_essential_but_for_its_own_moment():
    """The settings around it have names of their own, so that no answer is taken for another."""
    lines = [orjson.loads(line) for line in (ask() + hush()).splitlines()]
    kinds = [line["request"]["subtype"] for line in lines]
    quiet = [line["request"]["settings"]["env"] for line in (lines[0], lines[2])]

    assert ["apply_flag_settings", "get_usage", "apply_flag_settings"] == kinds
    assert ["", "1"] == [settings["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] for settings in quiet]
    assert [f"{ID}-on", ID, f"{ID}-off"] == [line["request_id"] for line in lines]
