"""What can go wrong, as data: every kind of fault, where it strikes, and how the campaign makes it happen."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["AFTER_THE_ACT", "ANSWERS", "OUTAGES", "WRITTEN_UNSEEN", "Kind"]


class Kind(StrEnum):
    """One kind of fault; the value is how the figures call it."""

    NEVER_LEFT = "request never left (connection refused)"
    CUT_BEFORE = "connection cut before the request was carried out"
    ANSWER_LOST = "carried out, answer lost"
    TIME_OUT_BEFORE = "time-out, not carried out"
    TIME_OUT_AFTER = "time-out, carried out"
    LATE = "time-out, carried out only minutes later"
    ERROR_500 = "500, not carried out"
    ERROR_500_AFTER = "500, carried out"
    TOO_MANY = "429"
    HTML = "HTML page with status 200"
    TRUNCATED = "JSON or file cut in the middle"
    TOKEN_EXPIRED = "401, token expired in mid-run"
    OUTAGE = "API down for several requests"
    KILLED_BEFORE_CALL = "process killed before a request"
    KILLED_AFTER_CALL = "process killed after a request"
    KILLED_BEFORE_COMMIT = "process killed before a commit"
    KILLED_AFTER_COMMIT = "process killed after a commit"
    KILLED_AT_FILE = "process killed at a file's writing or renaming"
    REGISTER_BUSY = "register locked by another connection"
    REGISTER_BUSY_AT_COMMIT = "register busy at the commit"
    REGISTER_READ_ONLY = "register read-only"
    REGISTER_FULL = "register's disk full"
    STORE_FULL = "disk of the PDFs or files full"
    CLOCK_BACK = "clock stepped back"
    CLOCK_FORWARD = "clock stepped forward"
    TOGETHER = "nightly run, backfill and manual run at once"
    TWINS = "the same run twice at once"
    LEASE_EXPIRED = "run frozen for two hours"
    LEASE_TAKEN = "run frozen, and overtaken by another one"
    RERUN = "the same run again after a partial one"
    RESTORED = "register restored from yesterday's backup"
    COPIED_BACK = "register's file copied back from yesterday"


ANSWERS: dict[Kind, str] = {
    Kind.CUT_BEFORE: "drop_before",
    Kind.ANSWER_LOST: "drop_after",
    Kind.ERROR_500: "500",
    Kind.ERROR_500_AFTER: "500_after",
    Kind.TOO_MANY: "429",
    Kind.HTML: "html",
    Kind.TRUNCATED: "truncated",
    Kind.TOKEN_EXPIRED: "401",
}
"""Faults that the sandbox itself plays, by its own name for them."""

OUTAGES = (Kind.NEVER_LEFT, Kind.CUT_BEFORE, Kind.ERROR_500, Kind.TOO_MANY)
"""What an API that is down answers."""

AFTER_THE_ACT = frozenset({Kind.KILLED_AFTER_CALL, Kind.KILLED_AFTER_COMMIT})
"""Deaths that come when the act is done."""

WRITTEN_UNSEEN = frozenset({Kind.ANSWER_LOST, Kind.TIME_OUT_AFTER, Kind.LATE, Kind.ERROR_500_AFTER, Kind.TRUNCATED})
"""Only these leave a write that was carried out and not answered."""
