"""From a posting request to the text of its entry: what is checked, and which number becomes Sage's invoice number.

Pure. The formats themselves are :mod:`sellsy_ledger.formats.pnm` and :mod:`sellsy_ledger.formats.mecg`.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import msgspec

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100.options import FileOptions
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.entries import JournalEntry, Role
from sellsy_ledger.core.labels import own_piece
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, PostingRefused
from sellsy_ledger.formats import mecg, pnm
from sellsy_ledger.formats.base import FileEntry

__all__ = ["Rendered", "Renderer", "check_entry", "gross_cents", "numbers_of"]

EXTENSIONS = {"pnm": ".pnm", "mecg": ".txt"}
MECG_REFERENCE_MAX = 17
PIECE_MAX = 13
# Ids of Sellsy are numbered per kind of document.
_KIND_LETTERS = {
    Kind.SALES_INVOICE: "FC",
    Kind.SALES_CREDIT_NOTE: "AC",
    Kind.PURCHASE_INVOICE: "FF",
    Kind.PURCHASE_CREDIT_NOTE: "AF",
}


class Rendered(NamedTuple):
    """One entry ready to be written: its text, its piece number as the file holds it, what seals it."""

    text: str
    piece: str
    payload: dict[str, Any]


class Renderer:
    """One Connection's format.

    Args:
        options: the Connection's options.
    """

    def __init__(self, options: FileOptions) -> None:
        self._is_pnm = options.format == "pnm"
        self._by_reference = options.invoice_number == "reference"
        self._format: Any = pnm if self._is_pnm else mecg
        self._options: Any = _pnm_options(options) if self._is_pnm else _mecg_options(options)
        self.name = options.format
        self.extension = EXTENSIONS[options.format]
        self.encoding: str = self._format.encoding(self._options)
        self.head: str = self._format.head(self._options)
        self.tail: str = self._format.tail(self._options)

    def render(self, request: PostingRequest, index: LedgerIndex) -> Rendered:
        """The entry's lines.

        Raises:
            DocumentError: the entry does not fit, with the field named.
        """
        entry = check_entry(request, index)
        number, reference = numbers_of(request, by_reference=self._by_reference)
        if self._by_reference:
            entry = msgspec.structs.replace(entry, number=number, piece=number)
        elif label_of(request.posting_key):
            # Sage knows an entry by its piece; a PNM line has room for no other number beside it.
            piece = own_piece(entry.piece, request.posting_key, PIECE_MAX)
            entry = msgspec.structs.replace(entry, piece=piece, number=piece if self._is_pnm else entry.number)
        one = FileEntry(
            entry=entry,
            kind=request.kind,
            third_party_name=request.third_party.name,
            third_party=request.source_third_party,
            reference=reference if len(reference) <= MECG_REFERENCE_MAX else request.entry.piece,
        )
        text = "".join(self._format.entry_lines(one, index, self._options))
        # Canonical: what is sealed is what is written, and the PDF that goes with it.
        payload = {
            "format": self.name,
            "text": text,
            "pdf": f"sha256:{hashlib.sha256(request.pdf).hexdigest()}" if request.pdf is not None else None,
        }
        return Rendered(text, self._format.number(one, self._options), payload)


def numbers_of(request: PostingRequest, *, by_reference: bool) -> tuple[str, str]:
    """Sage's invoice number and its reference: the document's number and Sellsy's id, or the other way round.

    Example: ``("FAC-2026-0001", "FC990001")``; a correction has its label behind the id, ``"FC990001-V2"``.
    """
    sellsy_id = f"{_KIND_LETTERS[request.kind]}{request.posting_key.rpartition(':')[2].upper()}"
    number = request.entry.number or request.entry.piece
    return (sellsy_id, number) if by_reference else (number, sellsy_id)


def check_entry(request: PostingRequest, index: LedgerIndex) -> JournalEntry:
    """The entry without lines of zero, which Sage ignores; checked against what is known of the books.

    Raises:
        DocumentError: it does not balance, or journal, account or year are listed and this is none of them.
    """
    entry = request.entry
    for line in entry.lines:
        if line.debit_cents < 0 or line.credit_cents < 0 or (line.debit_cents and line.credit_cents):
            raise _refused("A line needs one positive amount.", Reason.AMOUNTS_DO_NOT_CLOSE, f"compte {line.account}")
        if index.active_account(line.account) is None:
            raise _refused(f"Account {line.account} is not listed.", Reason.ACCOUNT_UNKNOWN, line.account)
    if entry.debit_cents != entry.credit_cents or not entry.debit_cents:
        sides = f"débit {cents_to_french(entry.debit_cents)}, crédit {cents_to_french(entry.credit_cents)}"
        raise _refused("The entry does not balance.", Reason.AMOUNTS_DO_NOT_CLOSE, sides)
    journal = index.journal(entry.journal)
    if journal is None or not journal.open:
        raise _refused(f"Journal {entry.journal} is not listed.", Reason.JOURNAL_MISSING, entry.journal)
    if not index.is_open(entry.date):
        raise _refused("The date is in no open year.", Reason.PERIOD_CLOSED, entry.date.strftime("%d/%m/%Y"))
    if all(line.debit_cents or line.credit_cents for line in entry.lines):
        return entry
    lines = tuple(line for line in entry.lines if line.debit_cents or line.credit_cents)
    return msgspec.structs.replace(entry, lines=lines)


def gross_cents(entry: JournalEntry) -> int:
    """What the third party owes or is owed; the whole of one side where the entry has no third party."""
    lines = [line for line in entry.lines if line.role is Role.THIRD_PARTY]
    return abs(sum(line.debit_cents - line.credit_cents for line in lines)) if lines else entry.debit_cents


def limits(usual: Capabilities, options: FileOptions) -> Capabilities:
    """What a file of these options can hold."""
    is_pnm = options.format == "pnm"
    return msgspec.structs.replace(
        usual,
        label_max=options.label_max,
        label_charset=options.charset,
        journal_max=3 if is_pnm else 6,
        auxiliary_max=13 if is_pnm else 17,
    )


def _pnm_options(options: FileOptions) -> pnm.Options:
    return msgspec.convert(
        {
            "company_name": options.company_name,
            "width": options.pnm_width,
            "charset": options.charset,
            "amount_pad": options.amount_pad,
        },
        pnm.Options,
    )


def _mecg_options(options: FileOptions) -> mecg.Options:
    return msgspec.convert(
        {
            "version": options.mecg_version,
            "fields": options.mecg_fields,
            "charset": options.charset,
            "label_max": options.label_max,
        },
        mecg.Options,
    )


def _refused(message: str, reason: Reason, detail: str) -> DocumentError:
    return PostingRefused(message, reason=reason, facts={"detail": detail}, tool="sage100")
