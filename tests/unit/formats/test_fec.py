from __future__ import annotations

import datetime as dt
from pathlib import Path

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, Journal, Ledger, LedgerIndex
from sellsy_ledger.formats import fec
from sellsy_ledger.formats.base import FileEntry, file_bytes

GOLDEN = Path(__file__).parents[2] / "golden" / "formats" / "exchange_fec.txt"
LEDGER = LedgerIndex(
    Ledger(
        accounts=(
            Account(number="411000", label="Clients"),
            Account(number="706000", label="Prestations de services"),
            Account(number="445710", label="TVA collectée"),
            Account(number="758000", label="Produits divers"),
        ),
        journals=(Journal(code="VE", label="Journal des ventes", kind="sales"),),
    )
)


def entry(**changes: object) -> JournalEntry:
    label = "Entretien\td’été\r\nsuite"
    values = {
        "journal": "VE",
        "date": dt.date(2026, 3, 1),
        "piece": "20260117",
        "number": "F-2026-0117",
        "piece_date": dt.date(2026, 2, 3),
        "due_date": None,
        "lines": (
            EntryLine(
                account="411000",
                auxiliary_account="411CAFE",
                label="Café de l'Œuvre",
                debit_cents=3604,
                role=Role.THIRD_PARTY,
            ),
            EntryLine(account="706000", label=label, credit_cents=3003, vat_code="C20", role=Role.NET),
            EntryLine(account="445710", label="TVA 20 %", credit_cents=600, vat_code="C20", role=Role.VAT),
            EntryLine(account="758000", label="Écart d'arrondi", credit_cents=1, vat_code="C0", role=Role.ROUNDING),
        ),
        **changes,
    }
    return JournalEntry(**values)  # type: ignore[arg-type]


def file_entry(one: JournalEntry, name: str = "Café de l'Œuvre") -> FileEntry:
    return FileEntry(entry=one, kind=Kind.SALES_INVOICE, third_party_name=name)


def text(*entries: JournalEntry) -> str:
    return b"".join(file_bytes(fec, map(file_entry, entries), LEDGER)).decode("ascii")


def test_the_file_is_the_golden_one_byte_for_byte():
    assert text(entry()).encode("ascii") == GOLDEN.read_bytes()


def test_every_line_has_the_eighteen_fields_and_the_legal_separators():
    lines = text(entry()).split("\r\n")
    assert lines.pop() == ""
    assert all(len(line.split("\t")) == 18 for line in lines)
    assert lines[0].split("\t") == list(fec.COLUMNS)


def test_the_entry_date_may_move_while_the_piece_keeps_its_own():
    fields = text(entry()).split("\r\n")[1].split("\t")
    assert (fields[3], fields[9]) == ("20260301", "20260203")


def test_what_the_ledger_does_not_name_stands_for_itself():
    lines = (
        EntryLine(account="471000", label="x", debit_cents=5, role=Role.NET),
        EntryLine(account="472000", label="x", credit_cents=5, role=Role.NET),
    )
    first = text(entry(journal="OD", lines=lines)).split("\r\n")[1]
    assert first.split("\t")[:7] == ["OD", "OD", "", "20260301", "471000", "471000", ""]


def test_cents_are_written_with_a_comma_and_no_thousands_separator():
    lines = (
        EntryLine(account="706000", label="x", debit_cents=123456789, role=Role.NET),
        EntryLine(account="706000", label="x", credit_cents=123456789, role=Role.NET),
    )
    fields = text(entry(lines=lines)).split("\r\n")[1].split("\t")
    assert (fields[11], fields[12]) == ("1234567,89", "0,00")
