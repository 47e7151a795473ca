"""The one wait of a run: for tools with a queue, the imports of a batch.

The task looks once. While imports are running it defers itself: no worker is held, the triggerer only knows a moment in
time, and no credential leaves the task. An import that does not end within the hour is given up by the pipeline, which
ends the wait.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from sellsy_ledger_airflow.tasks import Counts, emit_books, over_batch

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["AwaitImports"]

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(minutes=5)
# The pipeline gives each import up an hour after it was begun; this only stops a wait that its clock would not end.
LONGEST_WAIT = timedelta(hours=2)


class AwaitImports(BaseOperator):
    """Wait until the tool has worked off the imports of one batch, or for an hour.

    Args:
        company: whose books.
        batch: key of the batch.
    """

    template_fields: Sequence[str] = ("company", "batch")
    ui_color = "#e4f0e8"

    def __init__(self, *, company: str, batch: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.company = company
        self.batch = batch

    def execute(self, context: Context) -> Counts:
        """The first look; a preview began no import."""
        from sellsy_ledger_airflow.runs import is_preview

        if is_preview(context["params"]):
            return {"step": "await_imports", "batch": self.batch, "preview": True}
        return self._look(context, FIRST_DELAY.total_seconds(), waited=0.0, booked=False)

    def look_again(self, context: Context, event: Any = None, *, delay: float, waited: float, booked: bool) -> Counts:
        """Another look, the moment having come."""
        return self._look(context, min(2 * delay, LONGEST_DELAY.total_seconds()), waited=waited, booked=booked)

    def _look(self, context: Context, delay: float, *, waited: float, booked: bool) -> Counts:
        """Look; defer while imports are running. ``booked``: an earlier look of this task found some done, whose asset
        event waits for the task's end.
        """
        from sellsy_ledger.pipeline.imports import await_imports

        counts = over_batch(await_imports, self.company, self.batch)
        booked = booked or bool(counts["changed"] and counts["states"].get("posted"))
        running = counts["states"].get("posting", 0)
        if running and waited < LONGEST_WAIT.total_seconds():
            from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

            log.info("%s imports are running; the next look is in %s s", running, int(delay))
            self.defer(
                trigger=TimeDeltaTrigger(timedelta(seconds=delay)),
                method_name="look_again",
                kwargs={"delay": delay, "waited": waited + delay, "booked": booked},
            )
        if booked:
            emit_books(context, self.company)
        return counts
