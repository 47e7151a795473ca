"""Account numbers → Pennylane's account ids, and how the register names its entries. Pure.

Pennylane may keep one account number several times, once per VAT rate. The ledger snapshot has one text per number:
the best id for any line, then ``rate=id`` of the variants.
"""

from __future__ import annotations

from collections.abc import Sequence

from sellsy_ledger.core.ledger import Account, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError

__all__ = ["account_id", "account_tool_id", "active_account", "raw_id", "raw_number"]

RAW_PREFIX = "ledger_entries/"


def raw_id(entry_id: int) -> str:
    """How the register names a raw entry, to tell it from an invoice: ``ledger_entries/456``."""
    return f"{RAW_PREFIX}{entry_id}"


def raw_number(entry_id: str) -> int | None:
    """The number in :func:`raw_id`'s text; None for an invoice."""
    return int(entry_id.removeprefix(RAW_PREFIX)) if entry_id.startswith(RAW_PREFIX) else None


def account_tool_id(variants: Sequence[tuple[int, str, bool]]) -> str:
    """The ids of one account number as one text: ``"70601 FR_55=70602"``.

    The best for any line comes first (enabled, for any rate), then ``rate=id`` of each enabled one of a rate.

    Args:
        variants: (id, VAT code or ``any``, enabled) of each account with this number, at least one.
    """
    ranked = sorted(variants, key=lambda variant: (not variant[2], variant[1] != "any", variant[0]))
    by_rate = [f"{rate}={identifier}" for identifier, rate, enabled in ranked if enabled and rate != "any"]
    return " ".join([str(ranked[0][0]), *(by_rate if len(ranked) > 1 else [])])


def account_id(account: Account, vat_code: str | None) -> int:
    """The id for a line of ``vat_code`` out of :func:`account_tool_id`'s text.

    Raises:
        DocumentError: the account has no id.
    """
    best, *others = account.tool_id.split() or [""]
    by_rate = dict(other.split("=", 1) for other in others)
    found = by_rate.get(vat_code or "", best)
    if found.isdecimal():
        return int(found)
    raise _unknown_account(account.number, "has no Pennylane id")


def active_account(number: str, index: LedgerIndex) -> Account:
    """The active account of that number, compared without padding.

    Raises:
        DocumentError: there is none in the ledger read today.
    """
    account = index.active_account(number)
    if account is None:
        raise _unknown_account(number, "is not an active account")
    return account


def _unknown_account(number: str, what: str) -> DocumentError:
    return DocumentError(
        f"Account {number} {what} in the ledger read today.",
        reason=Reason.ACCOUNT_UNKNOWN,
        facts={"detail": number},
        field="entry.lines.account",
        tool="pennylane",
    )
