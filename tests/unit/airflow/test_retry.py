"""Airflow's retries follow our error classes, subclasses included."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    InvariantBroken,
    LeaseHeld,
    OutcomeUnknown,
    PostingConflict,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.pipeline.steps import LEASE_SECONDS
from sellsy_ledger_airflow.retry import POLICY, RETRY_ARGS


class OurOwnBug(InvariantBroken):
    """A subclass, as modules may define."""


class Throttled(TryLater):
    """Another one."""


AIRFLOW_DOWN = AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={}))


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (ConfigurationError("x"), RetryAction.FAIL),
        (AccessError("x"), RetryAction.FAIL),
        (InvariantBroken("x"), RetryAction.FAIL),
        (OurOwnBug("x"), RetryAction.FAIL),
        (PostingConflict("x"), RetryAction.FAIL),
        (TryLater("x"), RetryAction.RETRY),
        (Throttled("x"), RetryAction.RETRY),
        (LeaseHeld("x"), RetryAction.RETRY),
        (OutcomeUnknown("x"), RetryAction.RETRY),
        (PostingRefused("x", reason=Reason.REFUSED_BY_TOOL), RetryAction.DEFAULT),
        (AIRFLOW_DOWN, RetryAction.RETRY),
        (OSError("x"), RetryAction.DEFAULT),
    ],
)
def test_what_happens_next_depends_on_the_error_class(error: Exception, action: RetryAction) -> None:
    assert POLICY.evaluate(error, 1, 19).action is action


@pytest.mark.parametrize(
    ("asked", "waited"), [(30.0, timedelta(seconds=30)), (0.2, timedelta(seconds=1)), (86400.0, timedelta(hours=1))]
)
def test_the_delay_that_the_api_asked_for_is_kept_within_an_hour(asked: float, waited: timedelta) -> None:
    assert POLICY.evaluate(TryLater("x", retry_after_seconds=asked), 1, 19).retry_delay == waited


def test_without_a_delay_from_the_api_airflows_own_applies() -> None:
    assert POLICY.evaluate(TryLater("x"), 1, 19).retry_delay is None


def test_another_run_at_work_is_waited_for_longer_than_a_lost_answer() -> None:
    lease = POLICY.evaluate(LeaseHeld("x"), 1, 19).retry_delay
    look_up = POLICY.evaluate(OutcomeUnknown("x"), 1, 19).retry_delay

    assert lease is not None
    assert look_up is not None
    assert lease > look_up


def test_a_run_that_died_with_the_lease_makes_no_other_run_fail() -> None:
    lease = POLICY.evaluate(LeaseHeld("x"), 1, 19).retry_delay

    assert lease is not None
    assert 19 * lease > timedelta(seconds=LEASE_SECONDS)


def test_an_error_that_nobody_foresaw_is_tried_three_times() -> None:
    actions = [POLICY.evaluate(OSError("x"), number, 19).action for number in (1, 2, 3)]
    assert actions == [RetryAction.DEFAULT, RetryAction.DEFAULT, RetryAction.FAIL]
    assert POLICY.evaluate(AIRFLOW_DOWN, 9, 19).action is RetryAction.RETRY
    # Cleared after five tries by a person who saw it: it has its three tries again.
    assert POLICY.evaluate(OSError("x"), 6, 5 + 19).action is RetryAction.DEFAULT


def test_a_passing_fault_is_tried_through_the_night() -> None:
    assert POLICY.evaluate(TryLater("x"), 15, 19).action is RetryAction.RETRY
    assert RETRY_ARGS["retries"] == 19
