"""What Airflow does when a task fails, by error class: the tree of :mod:`sellsy_ledger.errors` decides, nothing else.

=====================  =======  =======================================================================
error                  again?   why
=====================  =======  =======================================================================
ConfigurationError     never    a person must act (AccessError included: it is a subclass)
InvariantBroken        never    our own mistake; repeating it teaches nothing
PostingConflict        never    a person decides
LeaseHeld              yes      another run of the company is at work
OutcomeUnknown         yes      the retry looks the entry up before anything else
TryLater               yes      after the delay that the API asked for, when it named one
AirflowRuntimeError    yes      Airflow's own API server or database does not answer
anything else          twice    an error that nobody foresaw: a hiccup perhaps, else somebody must look
=====================  =======  =======================================================================

Waiting for the company's other run takes longer than the lease of a dead run lives (an hour), for an API that is down
about eight hours (a tool that sleeps at night): 20 tries in all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryDecision, RetryRule
from airflow.sdk.exceptions import AirflowRuntimeError

from sellsy_ledger.errors import (
    ConfigurationError,
    InvariantBroken,
    LeaseHeld,
    LedgerError,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["POLICY", "RETRY_ARGS", "ByErrorClass"]

LEASE_DELAY = timedelta(minutes=4)
LOOK_UP_DELAY = timedelta(minutes=2)
LONGEST_DELAY = timedelta(hours=1)
RETRIES = 19
UNFORESEEN_TRIES = 3


class ByErrorClass(ExceptionRetryPolicy):
    """Airflow's rules by class, plus the waiting time that an API asked for."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide on one failure; a delay named by the API wins over ours, within an hour.

        Args:
            exception: what the task raised.
            try_number: the try that just failed, counted from 1.
            max_tries: Airflow's own limit, counted from 0.
            context: the task's context.
        """
        # Clearing a task raises Airflow's limit and keeps counting: only the tries since then matter.
        tries = try_number - (max_tries - RETRIES)
        if not isinstance(exception, (LedgerError, AirflowRuntimeError)) and tries >= UNFORESEEN_TRIES:
            return RetryDecision.fail(f"unforeseen, and the same after {tries} tries")
        decision = super().evaluate(exception, try_number, max_tries, context)
        seconds = exception.retry_after_seconds if isinstance(exception, TryLater) else None
        if decision.action is not RetryAction.RETRY or not seconds:
            return decision
        delay = min(timedelta(seconds=max(1.0, seconds)), LONGEST_DELAY)
        return RetryDecision.retry(delay=delay, reason="the API named the delay")


POLICY = ByErrorClass(
    rules=[
        RetryRule(
            exception=[ConfigurationError, InvariantBroken, PostingConflict],
            action=RetryAction.FAIL,
            reason="a person must act first",
        ),
        RetryRule(exception=LeaseHeld, retry_delay=LEASE_DELAY, reason="another run of the company is at work"),
        RetryRule(exception=OutcomeUnknown, retry_delay=LOOK_UP_DELAY, reason="the entry is looked up first"),
        RetryRule(exception=TryLater, reason="a passing fault"),
        RetryRule(exception=AirflowRuntimeError, reason="Airflow did not answer"),
    ]
)

RETRY_ARGS: dict[str, Any] = {
    "retries": RETRIES,
    "retry_delay": timedelta(minutes=2),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": POLICY,
}
