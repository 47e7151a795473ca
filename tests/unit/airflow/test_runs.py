"""Run kind, data interval and form become the selection of documents."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow.runs import PARIS, days_of, months_since, selection_of

START = date(2026, 1, 15)
NO_FORM: dict[str, Any] = {"from": None, "to": None, "numbers": None, "mode": "post", "retry": "waiting"}


def run(kind: str, start: datetime | None = None, end: datetime | None = None) -> Any:
    return SimpleNamespace(run_type=kind, data_interval_start=start, data_interval_end=end)


@pytest.mark.parametrize("kind", ["scheduled", "asset_triggered"])
def test_a_scheduled_run_takes_everything_since_the_start_date_whatever_its_interval(kind: str) -> None:
    night = datetime(2026, 3, 1, 1, tzinfo=UTC)

    taken = selection_of(run(kind, night, night + timedelta(days=1)), NO_FORM, START)

    assert (taken.kind, taken.dated_from, taken.dated_to, taken.preview) == ("scheduled", START, None, False)


def test_a_backfill_run_takes_the_days_of_its_interval() -> None:
    start = datetime(2026, 3, 10, 1, tzinfo=UTC)

    taken = selection_of(run("backfill", start, start + timedelta(days=1)), NO_FORM, START)

    assert (taken.kind, taken.dated_from, taken.dated_to) == ("backfill", date(2026, 3, 10), date(2026, 3, 10))


def test_a_backfill_run_before_the_start_date_takes_nothing() -> None:
    start = datetime(2026, 1, 10, 1, tzinfo=UTC)

    taken = selection_of(run("backfill", start, start + timedelta(days=1)), NO_FORM, START)

    assert taken.dated_to is not None
    assert taken.dated_to < taken.dated_from


def test_a_manual_run_without_dates_takes_everything_since_the_start_date() -> None:
    taken = selection_of(run("manual"), NO_FORM, START)

    assert (taken.kind, taken.dated_from, taken.dated_to, taken.numbers) == ("manual", START, None, ())


def test_a_manual_run_takes_what_the_form_says() -> None:
    form = {
        "from": "2026-02-01",
        "to": "2026-02-28",
        "numbers": [" F-1 ", "", "F-2"],
        "mode": "preview",
        "retry": "all",
    }

    taken = selection_of(run("manual"), form, START)

    assert (taken.dated_from, taken.dated_to) == (date(2026, 2, 1), date(2026, 2, 28))
    assert (taken.numbers, taken.preview, taken.retry) == (("F-1", "F-2"), True, "all")


def test_no_form_reaches_behind_the_start_date() -> None:
    taken = selection_of(run("manual"), NO_FORM | {"from": "2020-01-01"}, START)

    assert taken.dated_from == START


@pytest.mark.parametrize(
    ("form", "field"), [({"from": "2026-03-02", "to": "2026-03-01"}, "from"), ({"to": "demain"}, "to")]
)
def test_dates_that_make_no_sense_are_refused_by_field(form: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        selection_of(run("manual"), NO_FORM | form, START)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("first_tick", "day"),
    [
        (datetime(2026, 10, 24, 2, tzinfo=PARIS), date(2026, 10, 24)),  # the night of 25 hours
        (datetime(2026, 3, 28, 2, tzinfo=PARIS), date(2026, 3, 28)),  # the night of 23 hours
    ],
)
def test_a_clock_change_night_takes_its_own_day_and_no_other(first_tick: datetime, day: date) -> None:
    next_tick = first_tick + timedelta(days=1)  # the same wall clock, as cron ticks

    assert days_of(first_tick.astimezone(UTC), next_tick.astimezone(UTC)) == (day, day)


@given(
    start_hour=st.integers(min_value=0, max_value=24 * 365),
    hours=st.lists(st.integers(min_value=1, max_value=100), min_size=1, max_size=20),
)
def test_consecutive_intervals_share_out_all_days_each_once(start_hour: int, hours: list[int]) -> None:
    ticks = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=start_hour)]
    for step in hours:
        ticks.append(ticks[-1] + timedelta(hours=step))

    days: list[date] = []
    for begin, end in pairwise(ticks):
        first, last = days_of(begin, end)
        days += [first + timedelta(days=number) for number in range((last - first).days + 1)]

    whole_first, whole_last = days_of(ticks[0], ticks[-1])
    assert days == [whole_first + timedelta(days=number) for number in range((whole_last - whole_first).days + 1)]


def test_months_run_from_the_start_to_the_current_month_in_paris() -> None:
    new_year_in_paris = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)

    assert list(months_since(date(2025, 11, 20), new_year_in_paris)) == ["2025-11", "2025-12", "2026-01"]
    assert list(months_since(date(2026, 2, 1), new_year_in_paris)) == []
