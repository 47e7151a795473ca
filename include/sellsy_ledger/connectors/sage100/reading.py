"""Rows of the OData interface → our values. Untrusted: what cannot be read is left out, or told, never guessed.

A posted entry has no id of its own there: it is the lines of one journal, piece and day. They are found by the invoice
number, and recognised by our reference (Sellsy's id); where a line has none, by journal, third party and amount.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal
from sellsy_ledger.core.money import NotAnAmount, to_cents
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import PostingConflict, TryLater

__all__ = [
    "HeldLine",
    "Row",
    "account_of",
    "fiscal_year_of",
    "held_entry",
    "journal_of",
    "line_of",
    "text",
    "third_party_of",
]

Row = Mapping[str, Any]

_JOURNAL_KINDS = {"vente": "sales", "ventes": "sales", "achat": "purchases", "achats": "purchases"}
_DIRECTIONS = {"client": Direction.SALES, "fournisseur": Direction.PURCHASES}


class HeldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger line as Sage holds it."""

    journal: str
    date: dt.date | None
    piece: str
    invoice_number: str
    reference: str
    account: str
    third_party: str
    label: str
    debit_cents: int
    credit_cents: int
    row_id: str

    @property
    def entry(self) -> tuple[str, dt.date | None, str]:
        """What the lines of one entry share."""
        return self.journal, self.date, self.piece


# -- reference data ----------------------------------------------------------------------------------------------
def account_of(row: Row) -> Account | None:
    """A general account; a total account takes no entry. None for a row without number."""
    number = text(row.get("numero"))
    kind = text(row.get("type")).lower()
    active = row.get("sommeil") is not True and kind in ("", "detail", "détail", "0")
    tool_id = text(row.get("id"))
    return Account(number=number, label=text(row.get("intitule")), active=active, tool_id=tool_id) if number else None


def journal_of(row: Row) -> Journal | None:
    """A journal."""
    code, kind = text(row.get("code")), text(row.get("type")).lower()
    if not code:
        return None
    return Journal(
        code=code,
        label=text(row.get("intitule")),
        kind=_JOURNAL_KINDS.get(kind, "other"),
        open=row.get("sommeil") is not True,
        tool_id=text(row.get("id")),
    )


def third_party_of(row: Row) -> LedgerThirdParty | None:
    """A customer or supplier; None for employees and others."""
    number, direction = text(row.get("numero")), _DIRECTIONS.get(text(row.get("type")).lower())
    if not number or direction is None:
        return None
    return LedgerThirdParty(
        auxiliary_account=number,
        name=text(row.get("intitule")),
        direction=direction,
        siret="".join(text(row.get("siret")).split()),
        vat_number="".join(text(row.get("identifiant")).split()),
        tool_id=text(row.get("id")),
        active=row.get("sommeil") is not True,
    )


def fiscal_year_of(row: Row) -> FiscalYear | None:
    """A fiscal year."""
    start, end = day(row.get("datedebut")), day(row.get("datefin"))
    if start is None or end is None:
        return None
    return FiscalYear(start=start, end=end, closed=row.get("cloture") is True)


# -- a posted entry ----------------------------------------------------------------------------------------------
def held_entry(
    rows: Iterable[Row], request: PostingRequest, reference: str, *, is_shared: bool = False
) -> PostedEntry | None:
    """The entry of ``request`` among the lines of its invoice number; None when it is not there.

    Args:
        rows: lines with ``journal``, ``compte`` and ``tiers``.
        request: what was, or would have been, posted.
        reference: what we write into ``reference``.
        is_shared: True where other versions of the document have the same invoice number: then content proves nothing.

    Raises:
        PostingConflict: it is there more than once, or lines that may be its own have lost their reference.
        TryLater: a line cannot be read.
    """
    lines = [line_of(row) for row in rows]
    ours = [line for line in lines if line.reference.upper() == reference.upper()]
    if not ours:
        ours = _by_content(lines, request)
        if ours and is_shared:
            raise PostingConflict(
                f"Sage holds an entry like {request.posting_key} without its reference {reference}: which version of "
                "the document it is cannot be told.",
                tool="sage100",
            )
    if not ours:
        return None
    party = request.third_party.auxiliary_account.upper()
    wanted = sum(line.role is Role.THIRD_PARTY for line in request.entry.lines) or 1
    times = max(len({line.entry for line in ours}), sum(line.third_party.upper() == party for line in ours) // wanted)
    if times > 1:
        raise PostingConflict(f"Sage holds {times} entries like {request.posting_key}.", tool="sage100")
    first = ours[0]
    return PostedEntry(
        entry_id=first.row_id or f"{first.journal} {first.piece}",
        date=first.date,
        journal=first.journal,
        # The journal numbers the piece by itself; the invoice number by which it was found stands for the request's.
        piece=(request.entry.number or request.entry.piece) if first.invoice_number else None,
        lines=tuple(
            PostedLine(
                account=line.third_party or line.account,
                debit_cents=line.debit_cents,
                credit_cents=line.credit_cents,
                label=line.label,
            )
            for line in ours
        ),
    )


def _by_content(lines: Sequence[HeldLine], request: PostingRequest) -> list[HeldLine]:
    """Lines without a reference whose entry has our journal, third party and amount."""
    entry, party = request.entry, request.third_party.auxiliary_account.upper()
    amounts = {(line.debit_cents, line.credit_cents) for line in entry.lines if line.role is Role.THIRD_PARTY}
    found = {
        line.entry
        for line in lines
        if not line.reference
        and line.journal == entry.journal
        and line.third_party.upper() == party
        and (line.debit_cents, line.credit_cents) in amounts
    }
    return [line for line in lines if line.entry in found and not line.reference]


def line_of(row: Row) -> HeldLine:
    """A ledger line.

    Raises:
        TryLater: it has no side or no amount that can be read.
    """
    side = text(row.get("sens")).lower()
    try:
        cents = to_cents(row.get("montant", ""))
    except NotAnAmount:
        cents = -1
    if side not in ("debit", "débit", "credit", "crédit", "0", "1") or cents < 0:
        raise TryLater("Sage gave a ledger line without side or amount.", tool="sage100")
    on_debit = side in ("debit", "débit", "0")
    return HeldLine(
        journal=_of_relation(row, "journal", "code"),
        date=day(row.get("date")),
        piece=text(row.get("piece")),
        invoice_number=text(row.get("numerofacture")),
        reference=text(row.get("reference")),
        account=_of_relation(row, "compte", "numero"),
        third_party=_of_relation(row, "tiers", "numero"),
        label=text(row.get("intitule")),
        debit_cents=cents if on_debit else 0,
        credit_cents=0 if on_debit else cents,
        row_id=text(row.get("id")),
    )


def _of_relation(row: Row, relation: str, name: str) -> str:
    """A value of an expanded relation; some servers give the bare value."""
    related = row.get(relation)
    return text(related.get(name)) if isinstance(related, dict) else text(related)


def day(value: object) -> dt.date | None:
    """``2026-02-03T00:00:00Z`` → 3 February 2026."""
    with suppress(ValueError):
        return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else None
    return None


def text(value: object) -> str:
    """Text without blanks around it; numbers too, nothing else."""
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
