"""A document without PDF → the body of ``POST /ledger_entries``. Pure.

Pennylane imports an invoice only with its file. Companies that chose to post documents without a supporting document
get a raw entry instead: same lines, same journal as in the settings, piece number and due date. Such an entry has no
draft, computes no reverse charge and keeps no external reference; what does not fit is refused with its reason.
"""

from __future__ import annotations

from typing import Any

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.pennylane.ids import account_id, active_account
from sellsy_ledger.connectors.pennylane.mapper import (
    LABEL_MAX,
    check_balanced,
    check_open,
    invoice_label,
    one_line,
    unfit,
)
from sellsy_ledger.connectors.pennylane.vat_codes import is_self_assessed
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError

__all__ = ["raw_entry_body", "raw_entry_label"]

RAW_LINES_MAX = 1000


def raw_entry_body(request: PostingRequest, index: LedgerIndex) -> dict[str, Any]:
    """The body of ``POST /ledger_entries``, for a document without PDF.

    Raises:
        DocumentError: such an entry cannot be a draft, cannot have its reverse charge computed, names an unknown
            journal or account, is dated in a closed year, or has more than 1,000 lines.
    """
    entry = request.entry
    _check_raw(request)
    check_balanced(request)
    check_open(entry.date, index)
    journal = index.journal(entry.journal)
    if journal is None or not journal.tool_id.isdecimal():
        raise DocumentError(
            f"Journal {entry.journal} is not in the ledger read today.",
            reason=Reason.JOURNAL_MISSING,
            facts={"detail": entry.journal},
            field="entry.journal",
            tool="pennylane",
        )
    return {
        "date": entry.date.isoformat(),
        "due_date": entry.due_date.isoformat() if entry.due_date else None,
        "label": raw_entry_label(request),
        "journal_id": int(journal.tool_id),
        "currency": "EUR",
        "piece_number": one_line(entry.piece),
        "ledger_entry_lines": [_raw_line(line, request, index) for line in entry.lines],
    }


def raw_entry_label(request: PostingRequest) -> str:
    """The entry's label; raw entries keep no reference, so the posting key ends it and finds the entry again."""
    return f"{invoice_label(request)} [{request.posting_key}]"


def _check_raw(request: PostingRequest) -> None:
    purchase = request.kind.direction is Direction.PURCHASES
    if request.draft:
        why = "Pennylane ne garde en brouillon que des factures avec leur PDF"
        raise _no_pdf("An entry without PDF cannot be a draft in Pennylane.", why)
    if purchase and any(line.vat_code and is_self_assessed(line.vat_code) for line in request.entry.lines):
        why = "l'autoliquidation n'est calculée par Pennylane que sur une facture importée avec son PDF"
        raise _no_pdf("A reverse charge is computed on imported invoices only, and this one has no PDF.", why)
    if len(request.entry.lines) > RAW_LINES_MAX:
        raise unfit(
            f"the entry has {len(request.entry.lines)} lines, Pennylane takes {RAW_LINES_MAX}",
            f"{len(request.entry.lines)} lignes, Pennylane en accepte {RAW_LINES_MAX}",
            "entry.lines",
        )


def _raw_line(line: EntryLine, request: PostingRequest, index: LedgerIndex) -> dict[str, Any]:
    return {
        "debit": cents_to_text(line.debit_cents),
        "credit": cents_to_text(line.credit_cents),
        "ledger_account_id": _raw_account_id(line, request, index),
        "label": one_line(line.label)[:LABEL_MAX].strip() or one_line(request.entry.number),
    }


def _raw_account_id(line: EntryLine, request: PostingRequest, index: LedgerIndex) -> int:
    third_party = request.third_party
    if line.role is Role.THIRD_PARTY and third_party.account_tool_id.isdecimal():
        return int(third_party.account_tool_id)
    number = (line.auxiliary_account or line.account) if line.role is Role.THIRD_PARTY else line.account
    return account_id(active_account(number, index), line.vat_code)


def _no_pdf(message: str, why: str) -> DocumentError:
    return DocumentError(
        message,
        reason=Reason.SUPPORTING_DOCUMENT_MISSING,
        facts={"detail": f" : {why}"},
        field="supporting_document",
        tool="pennylane",
    )
