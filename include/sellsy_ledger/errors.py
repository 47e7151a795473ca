"""Every error of the product, by what happens next.

::

    LedgerError
    ├── ConfigurationError      a person fixes a setting; the company stops, never retried
    │   └── AccessError         credentials refused, expired, or a right is missing
    ├── DocumentError           this document waits (or is rejected), the others go on
    │   └── PostingRefused      the tool refused the entry; nothing was written
    ├── TryLater                surely nothing was written; retried by Airflow
    ├── OutcomeUnknown          perhaps written; only a look-up may follow, never a second write
    ├── PostingConflict         the tool holds the same key with other content; a person decides
    ├── LeaseHeld               another run of the same company is at work
    └── InvariantBroken         our own mistake; crash loudly

Messages are English (they reach logs). What people read in French is made from ``reason`` by
:mod:`sellsy_ledger.core.outcomes`. No message ever holds a token, an IBAN, a signed URL or a response body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellsy_ledger.core.outcomes import Reason

__all__ = [
    "AccessError",
    "ConfigurationError",
    "DocumentError",
    "InvariantBroken",
    "LeaseHeld",
    "LedgerError",
    "OutcomeUnknown",
    "PostingConflict",
    "PostingRefused",
    "TryLater",
]


class LedgerError(Exception):
    """Root of the tree.

    Args:
        message: what happened, where, and what to do, in English.
        field: the setting or the field at fault, dotted (``mappings.vat[2].account``).
        tool: the API that answered (its name in settings).
        tool_code: the API's own code, kept verbatim (``ECR14``, ``422``).
        request_id: the API's request id, for its support desk.
        action: one sentence saying what to do next, when the message does not hold it.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        tool: str | None = None,
        tool_code: str | None = None,
        request_id: str | None = None,
        action: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.tool = tool
        self.tool_code = tool_code
        self.request_id = request_id
        self.action = action

    def __str__(self) -> str:
        facts = [
            f"{name}={value}"
            for name, value in (
                ("tool", self.tool),
                ("code", self.tool_code),
                ("field", self.field),
                ("request", self.request_id),
            )
            if value
        ]
        text = self.message if not facts else f"{self.message} [{', '.join(facts)}]"
        return f"{text} {self.action}" if self.action else text


class ConfigurationError(LedgerError):
    """A setting, mapping or connection must be corrected by a person. Never retried."""


class AccessError(ConfigurationError):
    """The API refused the credentials, or the account lacks a right. The company stops."""


class DocumentError(LedgerError):
    """This document cannot go now; the others go on.

    Attributes:
        reason: the stable code that the register keeps and the pages translate.
        facts: values that the French sentence of ``reason`` needs (all text, already formatted).
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Reason,
        facts: dict[str, str] | None = None,
        field: str | None = None,
        tool: str | None = None,
        tool_code: str | None = None,
        request_id: str | None = None,
        action: str | None = None,
    ) -> None:
        super().__init__(message, field=field, tool=tool, tool_code=tool_code, request_id=request_id, action=action)
        self.reason = reason
        self.facts = facts or {}


class PostingRefused(DocumentError):
    """The tool answered that it will not book this entry; nothing was written."""


class TryLater(LedgerError):
    """A passing fault (429, 5xx or network on a read; a write that surely did not leave)."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_seconds: float | None = None,
        tool: str | None = None,
        tool_code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, tool=tool, tool_code=tool_code, request_id=request_id)
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(LedgerError):
    """A write may or may not have happened: its answer was lost, cut, or a 5xx."""


class PostingConflict(LedgerError):
    """The tool already holds this posting key with different content."""


class LeaseHeld(LedgerError):
    """Another run holds the company's lease; this one leaves it alone and comes back."""


class InvariantBroken(LedgerError):
    """A rule that the program itself guarantees does not hold (a bug, never bad input)."""
