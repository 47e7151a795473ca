"""Which documents a DAG run takes: run kind, data interval and form become the pipeline's ``Selection``.

- *scheduled* (and asset-triggered): everything accounted since the company's start date and not done, whatever its
  date; accounting late is normal.
- *backfill*: the documents dated in the run's interval. A document has a date, not an hour, so that a day belongs to
  the interval that holds its end (its midnight, Europe/Paris): consecutive intervals share out all days, each once,
  on clock change nights too.
- *manual*: what the form says. Such a run has no interval and no logical date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sellsy_ledger.errors import ConfigurationError

if TYPE_CHECKING:
    from sellsy_ledger.pipeline.company import Selection

__all__ = ["PARIS", "days_of", "is_preview", "months_since", "selection_of"]

PARIS = ZoneInfo("Europe/Paris")


def days_of(start: datetime, end: datetime) -> tuple[date, date]:
    """First and last day whose end lies in ``(start, end]``; the last is before the first when there is none.

    >>> from datetime import UTC
    >>> days_of(datetime(2026, 10, 24, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
    (datetime.date(2026, 10, 24), datetime.date(2026, 10, 24))
    """
    return start.astimezone(PARIS).date(), end.astimezone(PARIS).date() - timedelta(days=1)


def months_since(start: date, now: datetime) -> Iterator[str]:
    """Each month (``2026-01``) from ``start``'s to the current one in Paris; none when ``start`` lies ahead."""
    today = now.astimezone(PARIS).date()
    month = start.replace(day=1)
    while month <= today:
        yield month.strftime("%Y-%m")
        month = (month + timedelta(days=31)).replace(day=1)


def is_preview(params: Mapping[str, Any]) -> bool:
    """True when the run must stop before posting."""
    return params.get("mode") == "preview"


def selection_of(dag_run: Any, params: Mapping[str, Any], start_date: date) -> Selection:
    """The selection of this run.

    Args:
        dag_run: Airflow's DAG run (``run_type``, ``data_interval_start``, ``data_interval_end``).
        params: the form, validated by Airflow except for the order of the two dates.
        start_date: the company's own start; nothing before it is ever taken.

    Raises:
        ConfigurationError: ``from`` is after ``to``.
    """
    from sellsy_ledger.pipeline.company import Selection

    kind = {"backfill": "backfill", "manual": "manual"}.get(str(getattr(dag_run.run_type, "value", dag_run.run_type)))
    first, last = start_date, None
    if kind == "backfill":
        first, last = days_of(dag_run.data_interval_start, dag_run.data_interval_end)
    elif kind == "manual":
        first, last = _form_date(params, "from") or start_date, _form_date(params, "to")
        if last is not None and last < first:
            raise ConfigurationError(f"from ({first}) is after to ({last}): correct the form.", field="from")
    return Selection(
        kind=kind or "scheduled",
        dated_from=max(first, start_date),
        dated_to=last,
        numbers=tuple(number.strip() for number in params.get("numbers") or () if number.strip()),
        retry=params.get("retry") or "waiting",
        preview=is_preview(params),
    )


def _form_date(params: Mapping[str, Any], name: str) -> date | None:
    value = params.get(name)
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ConfigurationError(f"{name} is not a date: write YYYY-MM-DD.", field=name) from None
