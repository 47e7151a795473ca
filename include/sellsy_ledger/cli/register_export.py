"""What ``register export`` writes: documents as a CSV that a French spreadsheet opens, entries as an exchange FEC."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from sellsy_ledger.cli.register_views import STATES, message
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.money import cents_to_text
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.formats import fec
from sellsy_ledger.formats.base import FileEntry
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["CSV_COLUMNS", "write_csv", "write_fec"]

CSV_COLUMNS = (
    "Société",
    "Clé",
    "Nature",
    "Numéro",
    "Date",
    "Échéance",
    "Tiers",
    "Compte auxiliaire",
    "Devise",
    "HT",
    "TVA",
    "TTC",
    "État",
    "Raison",
    "Message",
    "Journal",
    "Date d'écriture",
    "Pièce",
    "Débit",
    "Crédit",
    "Écriture dans l'outil",
    "Comptabilisée le",
    "Relue le",
    "SHA-256 du justificatif",
)
# A spreadsheet runs a cell that starts with one of these (full-width ones in some languages).
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write_csv(records: Iterable[DocumentRecord], out: BinaryIO) -> None:
    """One line per document: UTF-8 with a byte-order mark, ``;``, decimal comma, CR LF, dates as ISO."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(CSV_COLUMNS)
        writer.writerows(list(_cells(record)) for record in records)
        text.flush()
    finally:
        # The stream belongs to the caller: it must outlive this wrapper.
        text.detach()


def write_fec(records: Iterable[DocumentRecord], ledger_file: Path | None, out: BinaryIO) -> list[str]:
    """The entries of the records that have one, in ASCII, ready for import.

    Args:
        records: documents, in order.
        ledger_file: a ledger snapshot that gives accounts and journals their labels; numbers stand in without it.
        out: where the bytes go.

    Returns:
        One sentence per entry that a FEC cannot hold as it is; the file has all the others.

    Raises:
        ConfigurationError: the snapshot cannot be read.
    """
    index = LedgerIndex(_ledger(ledger_file))
    refused = []
    out.write(fec.head().encode(fec.ENCODING))
    for record in records:
        if record.entry is None:
            continue
        try:
            lines = fec.entry_lines(_file_entry(record, record.entry), index)
        except DocumentError as error:
            refused.append(f"{record.key}, field {error.field}: {error.message}")
            continue
        out.write("".join(lines).encode(fec.ENCODING))
    out.flush()
    return refused


def _file_entry(record: DocumentRecord, entry: JournalEntry) -> FileEntry:
    party = record.ledger_third_party
    name = party.name if party is not None else record.document.third_party_name
    return FileEntry(entry=entry, kind=record.document.kind, third_party_name=name)


def _ledger(file: Path | None) -> Ledger:
    if file is None:
        return Ledger()
    from sellsy_ledger.cli.preview_inputs import read_ledger

    return read_ledger(file)


def _cells(record: DocumentRecord) -> Iterator[str]:
    document, entry, posting = record.document, record.entry, record.posting
    party, pdf = record.ledger_third_party, record.supporting_document
    yield from map(_cell, (record.company, record.key, document.kind.value, document.number))
    yield from (document.date.isoformat(), document.due_date.isoformat() if document.due_date else "")
    yield from map(_cell, (document.third_party_name, party.auxiliary_account if party else "", document.currency))
    yield from map(_amount, (document.net_cents, document.vat_cents, document.gross_cents))
    yield from (STATES[record.state], record.reason.value if record.reason else "", _cell(message(record)))
    if entry is None:
        yield from ("",) * 5
    else:
        yield from (_cell(entry.journal), entry.date.isoformat(), _cell(entry.piece))
        yield from map(_amount, (entry.debit_cents, entry.credit_cents))
    yield _cell(posting.entry_id if posting else "")
    yield posting.posted_at.isoformat() if posting and posting.posted_at else ""
    yield posting.verified_at.isoformat() if posting and posting.verified_at else ""
    yield pdf.sha256 if pdf else ""


def _cell(text: str) -> str:
    """One line of plain text that no spreadsheet takes for a formula."""
    plain = "".join(character if character.isprintable() else " " for character in text).strip()
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _amount(cents: int) -> str:
    return cents_to_text(cents).replace(".", ",")
