"""Our values → Inqom's JSON and forms. Pure: no HTTP, no clock.

Amounts are written from integer cents as exact JSON numbers; a negative or zero line is never made. The PDF is named
by its SHA-256 where the id of the deposited document will stand.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sellsy_ledger.connectors.base import Deposit, PostingRequest
from sellsy_ledger.connectors.inqom.capabilities import CAPABILITIES
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction, Kind, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.labels import clean_text, cut_label
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError, PostingRefused
from sellsy_ledger.http.redaction import short_text

__all__ = [
    "OTHERS",
    "REWRITTEN",
    "account_body",
    "account_forms",
    "check_balance",
    "correction_reference",
    "deposit_fields",
    "deposit_reference",
    "entry_body",
    "file_name",
    "journal_id",
    "line_account",
    "mark_of",
    "marked_lines",
    "no_open_period",
    "pdf_seal",
    "reference_of",
    "same_reference",
    "sent_accounts",
    "third_party_accounts",
    "type_scan",
]

CURRENCY = "EUR"
NAME_MAX = 100
REFERENCE_MAX = 256
# What the FEC import takes; the API states no length.
LABEL_AND_NOTE_MAX = 256
OTHERS = "Others"
# Inqom puts third parties below 4111 and 4011: 411DUPONT becomes 4111DUPONT.
REWRITTEN = {"411": "4111", "401": "4011"}


# -- entry → payload ---------------------------------------------------------------------------------------------
def entry_body(request: PostingRequest, index: LedgerIndex, document_id: object = None) -> dict[str, Any]:
    """The JSON of one entry of ``POST /v1/dossiers/{id}/entries``.

    Args:
        request: what to book.
        index: the run's ledger.
        document_id: id of the deposited PDF, or its seal; None without PDF.

    Raises:
        DocumentError: the journal or an account is unknown, the entry is in no way to be booked, or does not balance.
    """
    entry = request.entry
    check_balance(entry)
    reference = reference_of(entry)
    body: dict[str, Any] = {
        "JournalId": int(journal_id(entry.journal, index)),
        "Date": entry.date.isoformat(),
        "Document": {"Reference": reference, "Date": entry.piece_date.isoformat()},
        "ExternalId": request.posting_key,
        "Lines": [
            {
                "Label": line.label,
                "DebitAmount": _euros(line.debit_cents),
                "CreditAmount": _euros(line.credit_cents),
                "Currency": CURRENCY,
                "AccountNumber": line_account(line, index),
                "ExternalId": f"{request.posting_key}:{position}",
            }
            for position, line in enumerate(marked_lines(entry, mark_of(request, always=document_id is None)))
        ],
    }
    return body if document_id is None else body | {"AccountingDocumentId": document_id}


def mark_of(request: PostingRequest, *, always: bool) -> str:
    """What the third party's label ends with: the document number in brackets, and within them the label of a
    correction; empty where nothing has to tell the entry apart.

    An entry without a document may show no reference when it is read, and is found by this (``always``). A correction
    has the number of what it corrects, so that it is always marked: ``[F-2026-0042-v2]``.
    """
    reference = correction_reference(request)
    return f"[{reference}]" if always or reference != reference_of(request.entry) else ""


def correction_reference(request: PostingRequest) -> str:
    """The document number with the label of the correction behind it; the number alone for an original."""
    return f"{reference_of(request.entry)}{label_of(request.posting_key)}"


def marked_lines(entry: JournalEntry, mark: str, charset: str = "unicode") -> list[EntryLine]:
    """The lines that are sent: those with an amount, their labels in ``charset`` and of a fitting length, the third
    party's with ``mark`` behind it.
    """
    note = f" {clean_text(mark, charset)}" if mark else ""
    lines = []
    for line in entry.lines:
        if not line.debit_cents and not line.credit_cents:
            continue
        # What is cut here was lengthened by transliteration only: labels come in the tool's own length.
        label = cut_label(clean_text(line.label, charset), CAPABILITIES.label_max)
        if not label:
            raise _refused("un libellé est vide", "Label")
        if line.role is Role.THIRD_PARTY and note:
            label = cut_label(label, LABEL_AND_NOTE_MAX, note)
        lines.append(_with_label(line, label))
    return lines


def _with_label(line: EntryLine, label: str) -> EntryLine:
    return EntryLine(
        account=line.account,
        auxiliary_account=line.auxiliary_account,
        label=label,
        debit_cents=line.debit_cents,
        credit_cents=line.credit_cents,
        role=line.role,
    )


def check_balance(entry: JournalEntry) -> None:
    """Refuse what no tool books: a line with two sides or a negative amount, debits that are not the credits."""
    for line in entry.lines:
        if line.debit_cents < 0 or line.credit_cents < 0 or (line.debit_cents and line.credit_cents):
            raise _refused("chaque ligne porte un montant positif, d'un seul côté", "DebitAmount")
    if entry.debit_cents != entry.credit_cents or not entry.debit_cents:
        raise DocumentError(
            f"Entry {entry.piece} does not balance: {entry.debit_cents} and {entry.credit_cents} cents.",
            reason=Reason.AMOUNTS_DO_NOT_CLOSE,
            facts={"detail": f"débit {_euros(entry.debit_cents)}, crédit {_euros(entry.credit_cents)}"},
            field="Lines",
            tool=CAPABILITIES.tool,
        )


def journal_id(code: str, index: LedgerIndex) -> str:
    """Inqom's id of a journal.

    Raises:
        DocumentError: the folder has no such journal.
    """
    journal = index.journal(code)
    if journal is None or not journal.open or not journal.tool_id.isdecimal():
        raise DocumentError(
            f"Journal {code} is unknown in the Inqom folder.",
            reason=Reason.JOURNAL_MISSING,
            facts={"detail": code},
            field="JournalId",
            tool=CAPABILITIES.tool,
        )
    return journal.tool_id


def no_open_period(day: dt.date) -> PostingRefused:
    """The refusal of a date in a locked period or outside every one; told before anything is deposited."""
    return PostingRefused(
        f"Inqom has no open period on {day.isoformat()}.",
        reason=Reason.PERIOD_CLOSED,
        facts={"detail": day.isoformat()},
        field="Date",
        tool=CAPABILITIES.tool,
    )


def line_account(line: EntryLine, index: LedgerIndex) -> str:
    """The account of a line in Inqom's own form: a third party's is the auxiliary account itself.

    Raises:
        DocumentError: the account is unknown or takes no entry.
    """
    if line.auxiliary_account:
        return line.auxiliary_account
    account = index.active_account(line.account)
    if account is None:
        raise DocumentError(
            f"Account {line.account} is unknown in the Inqom folder, or takes no entry.",
            reason=Reason.ACCOUNT_UNKNOWN,
            facts={"detail": line.account},
            field="AccountNumber",
            tool=CAPABILITIES.tool,
        )
    return account.number


def reference_of(entry: JournalEntry) -> str:
    """The piece number as Inqom gets it: the whole document number, its end when it is too long."""
    return clean_text(entry.number or entry.piece)[-REFERENCE_MAX:].strip()


def same_reference(ours: str, theirs: str | None) -> bool:
    """True when a reference read is ours, whatever became of its case, accents and spaces."""
    return bool(theirs) and _plain(ours) == _plain(theirs or "")


def _plain(reference: str) -> str:
    return "".join(clean_text(reference, "ascii").upper().split())


def _euros(cents: int) -> int | Decimal:
    """Exact euros: 12000 cents → 120, 12050 → 120.50; the transport writes a Decimal digit for digit."""
    return cents // 100 if cents % 100 == 0 else Decimal(cents).scaleb(-2)


# -- PDF -----------------------------------------------------------------------------------------------------------
def pdf_seal(pdf: bytes) -> str:
    """What stands for the document's id in a sealed payload."""
    return f"sha256:{hashlib.sha256(pdf).hexdigest()}"


def type_scan(kind: Kind) -> str:
    """Inqom's type of a deposited document."""
    return "Client" if kind.direction is Direction.SALES else "Supplier"


def deposit_fields(posting_key: str, reference: str, scan: str, name: str, *, without_workflow: bool) -> dict[str, str]:
    """The form of a deposit, the file apart.

    ``without_workflow``: Inqom neither reads the document nor makes an entry of its own; always so for a document that
    gets our entry, because two entries would be in the books otherwise.
    """
    return {
        "TypeScan": scan,
        "FileSource": "Api",
        "DocRef": reference,
        "SourceId": posting_key,
        "DocumentName": name,
        "WithoutWorkflow": "true" if without_workflow else "false",
    }


def file_name(document: SupportingDocument | None, reference: str) -> str:
    """A file name of at most 255 characters that ends in ``.pdf``; the end of the stem tells documents apart."""
    given = document.file_name if document else ""
    stem = re.sub(r"(?i)\.pdf$", "", short_text(re.sub(r"[/\\]", "-", given), 300)) or re.sub(r"[/\\]", "-", reference)
    return f"{stem[-(CAPABILITIES.pdf_name_max or 255) + len('.pdf') :].strip(' .') or 'piece'}.pdf"


def deposit_reference(deposit: Deposit) -> str:
    """The number of a document that is handed over alone."""
    return clean_text(deposit.number)[-REFERENCE_MAX:].strip()


# -- third parties -------------------------------------------------------------------------------------------------
def account_body(third_party: ThirdParty, number: str) -> dict[str, Any]:
    """The JSON of ``POST /v1/dossiers/{id}/accounts``: all that Inqom keeps of a third party."""
    return {"AccountNumber": number, "Name": short_text(third_party.name, NAME_MAX) or number, "Auxiliarize": True}


def account_forms(number: str) -> tuple[str, ...]:
    """A third party's account as it is asked for and as Inqom may have made it.

    Example: ``411DUPONT`` → ``411DUPONT``, ``4111DUPONT``; the same the other way round.
    """
    for root, rewritten in REWRITTEN.items():
        if number.startswith(rewritten) and number[len(rewritten) :]:
            return number, root + number[len(rewritten) :], rewritten + number[len(root) :]
        if number.startswith(root):
            return number, rewritten + number[len(root) :]
    return (number,)


def _refused(why: str, field: str) -> DocumentError:
    return DocumentError(
        f"The entry does not fit Inqom ({field}).",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": why},
        field=field,
        tool=CAPABILITIES.tool,
    )


def sent_accounts(entry: JournalEntry, index: LedgerIndex) -> list[tuple[str, int, int]]:
    """``(account, debit cents, credit cents)`` of every line that is sent, sorted."""
    return sorted(
        (line_account(line, index), line.debit_cents, line.credit_cents)
        for line in entry.lines
        if line.debit_cents or line.credit_cents
    )


def third_party_accounts(request: PostingRequest) -> Mapping[str, int]:
    """Account → debit minus credit cents, of the third party's lines."""
    totals: dict[str, int] = {}
    for line in request.entry.lines:
        if line.role is Role.THIRD_PARTY:
            account = line.auxiliary_account or request.third_party.auxiliary_account
            totals[account] = totals.get(account, 0) + line.debit_cents - line.credit_cents
    return totals
