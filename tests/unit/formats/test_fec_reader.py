"""Reading the FEC of whatever program kept the books before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger.formats import fec_reader
from sellsy_ledger.formats.fec import COLUMNS
from sellsy_ledger.formats.fec_reader import read_fec, siren_in_name

NAME = "552100554FEC20261231.txt"


def line(number: str, account: str, debit: str, credit: str, **changes: str) -> dict[str, str]:
    """One line of a FEC, by column."""
    known = {
        "JournalCode": "AC",
        "JournalLib": "Achats",
        "EcritureNum": number,
        "EcritureDate": "20260203",
        "CompteNum": account,
        "CompteLib": f"Compte {account}",
        "CompAuxNum": "ZINC" if account.startswith("401") else "",
        "CompAuxLib": "Zinc SARL" if account.startswith("401") else "",
        "PieceRef": "F-2026-0117",
        "PieceDate": "20260203",
        "EcritureLib": "Zinc février",
        "Debit": debit,
        "Credit": credit,
    }
    return {**known, **changes}


PURCHASE = (
    line("12", "401000", "0,00", "120,00"),
    line("12", "607000", "100,00", "0,00"),
    line("12", "445660", "20,00", "0,00"),
)


def fec(*lines: dict[str, str], columns: Sequence[str] = COLUMNS, separator: str = "\t", end: str = "\r\n") -> str:
    """The text of a FEC."""
    rows = [separator.join(columns), *(separator.join(one.get(name, "") for name in columns) for one in lines)]
    return end.join(rows) + end


def test_an_entry_comes_with_its_third_party_amount_and_every_text_that_may_hold_the_number() -> None:
    read = read_fec(fec(*PURCHASE).encode(), NAME)
    assert (read.lines, read.entries) == (3, 1)
    ((direction, entry),) = read.booked
    assert direction is Direction.PURCHASES
    assert (entry.entry_id, entry.journal, entry.date) == ("AC 12", "AC", dt.date(2026, 2, 3))
    assert (entry.third_party_account, entry.third_party_name) == ("ZINC", "Zinc SARL")
    assert entry.gross_cents == -12000
    assert entry.numbers == ("F-2026-0117", "Zinc février")


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "iso8859-15"])
@pytest.mark.parametrize("separator", ["\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_charsets_separators_and_line_ends_make_no_difference(charset: str, separator: str, end: str) -> None:
    body = fec(*PURCHASE, separator=separator, end=end).encode(charset)
    assert read_fec(body, NAME) == read_fec(fec(*PURCHASE).encode(), NAME)


def test_amounts_come_with_comma_or_point_spaces_and_signs() -> None:
    lines = (
        line("12", "401000", "0.00", "1 120.50"),
        line("12", "607000", "+1\u00a0120,5", ""),
    )
    ((_, entry),) = read_fec(fec(*lines).encode(), NAME).booked
    assert entry.gross_cents == -112050


def test_the_form_with_amount_and_side_is_read_too() -> None:
    columns = [name for name in COLUMNS if name not in ("Debit", "Credit")] + ["Montant", "Sens", "Plus"]
    lines = (
        line("12", "401000", "", "", Montant="120,00", Sens="C", Plus="x"),
        line("12", "607000", "", "", Montant="120,00", Sens="+1"),
    )
    ((_, entry),) = read_fec(fec(*lines, columns=columns).encode(), NAME).booked
    assert entry.gross_cents == -12000


def test_lines_without_entry_number_belong_together_by_journal_day_and_piece() -> None:
    lines = [{**one, "EcritureNum": ""} for one in PURCHASE]
    others = [{**one, "PieceRef": "F-2026-0118"} for one in lines]
    read = read_fec(fec(*lines, *others).encode(), NAME)
    assert [entry.entry_id for _, entry in read.booked] == ["AC F-2026-0117", "AC F-2026-0118"]


def test_an_invoice_due_in_three_parts_is_one() -> None:
    lines = (
        *(line("12", "401000", "", "40,00", EcritureLib=f"échéance {part}") for part in range(3)),
        line("12", "607000", "120,00", ""),
    )
    ((_, entry),) = read_fec(fec(*lines).encode(), NAME).booked
    assert entry.gross_cents == -12000


def test_payments_are_no_documents_and_an_invoice_paid_in_its_own_entry_is_one() -> None:
    payment = (line("13", "401000", "120,00", ""), line("13", "512000", "", "120,00"))
    assert read_fec(fec(*payment).encode(), NAME).booked == []
    at_once = (line("14", "401000", "", "120,00"), line("14", "607000", "240,00", ""), line("14", "530000", "", "120"))
    assert len(read_fec(fec(*at_once).encode(), NAME).booked) == 1


def test_a_customer_is_a_sale() -> None:
    lines = (
        line("1", "411000", "120,00", "", CompAuxNum="CDUPONT", CompAuxLib="Dupont"),
        line("1", "706000", "", "120,00"),
    )
    ((direction, entry),) = read_fec(fec(*lines).encode(), NAME).booked
    assert (direction, entry.gross_cents, entry.third_party_account) == (Direction.SALES, 12000, "CDUPONT")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", r"line 1: no column names"),
        (b"%PDF-1.7 \x00\x01", r"binary data"),
        (b"Journal;Compte\r\n", r"line 1: no column names"),
        (fec(*PURCHASE, columns=COLUMNS[1:]).encode(), r"line 1: column JournalCode is missing"),
        (fec(*PURCHASE, columns=COLUMNS[:11]).encode(), r"line 1: column Debit and Credit .* is missing"),
        (fec().encode(), r"a header and no line"),
        (fec(*PURCHASE[:2]).encode(), r"line 2: entry 12 of journal AC does not balance .*-20\.00"),
        (fec(*PURCHASE).encode()[:-60], r"line 4: \d+ fields, the header has 18"),
        (fec({**PURCHASE[0], "EcritureDate": "03/02/2026"}).encode(), r"line 2: EcritureDate is '03/02/2026'"),
        (fec({**PURCHASE[0], "EcritureDate": "20260230"}).encode(), r"line 2: EcritureDate is '20260230'"),
        (fec({**PURCHASE[0], "EcritureDate": ""}).encode(), r"line 2: EcritureDate is ''"),
        (fec({**PURCHASE[0], "PieceDate": "hier"}).encode(), r"line 2: PieceDate is 'hier'"),
        (fec({**PURCHASE[0], "CompteNum": ""}).encode(), r"line 2: CompteNum is ''"),
        (fec({**PURCHASE[0], "Credit": "cent"}).encode(), r"line 2: Credit is 'cent', not an amount"),
        (fec({**PURCHASE[0], "Credit": "1,2,3"}).encode(), r"line 2: Credit is '1,2,3'"),
        (fec({**PURCHASE[0], "Credit": "1,005"}).encode(), r"line 2: Credit is '1,005'"),
        (fec({**PURCHASE[0], "Credit": "NaN"}).encode(), r"line 2: Credit is 'NaN'"),
        (fec({**PURCHASE[0], "Credit": "1e3"}).encode(), r"line 2: Credit is '1e3'"),
        (fec({**PURCHASE[0], "EcritureLib": "x" * 3000}).encode(), r"line 2: EcritureLib has more than 2000"),
    ],
)
def test_what_cannot_be_read_is_refused_naming_line_and_field(body: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        read_fec(body, NAME)
    assert NAME in str(refused.value)


def test_an_unknown_side_is_refused() -> None:
    columns = [name for name in COLUMNS if name not in ("Debit", "Credit")] + ["Montant", "Sens"]
    body = fec(line("12", "401000", "", "", Montant="1,00", Sens="X"), columns=columns).encode()
    with pytest.raises(ConfigurationError, match=r"line 2: Sens is 'X', not D, C"):
        read_fec(body, NAME)


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fec_reader, "MAX_BYTES", 100)
    with pytest.raises(ConfigurationError, match="more than 100 are not read"):
        read_fec(fec(*PURCHASE).encode(), NAME)


def test_the_legal_name_tells_whose_it_is() -> None:
    assert siren_in_name("/books/552100554FEC20261231.txt") == "552100554"
    assert siren_in_name("export.txt") == ""


def test_numbers_that_begin_again_every_month_are_entries_of_their_own() -> None:
    march = [{**one, "EcritureDate": "20260305", "PieceRef": "F-2026-0201"} for one in PURCHASE]
    read = read_fec(fec(*PURCHASE, *march).encode(), NAME)
    assert read.entries == 2
    assert [(one.entry_id, one.gross_cents) for _, one in read.booked] == [
        ("AC 12 20260203", -12000),
        ("AC 12 20260305", -12000),
    ]


def test_an_entry_whose_lines_are_dated_apart_stays_one() -> None:
    apart = [{**PURCHASE[0], "EcritureDate": "20260204"}, *PURCHASE[1:]]
    ((_, entry),) = read_fec(fec(*apart).encode(), NAME).booked
    assert (entry.entry_id, entry.gross_cents) == ("AC 12", -12000)


@pytest.mark.parametrize("day", ["00010101", "99991231"])
def test_a_day_that_no_books_have_is_refused(day: str) -> None:
    with pytest.raises(ConfigurationError, match=f"EcritureDate is '{day}'"):
        read_fec(fec(*({**one, "EcritureDate": day} for one in PURCHASE)).encode(), NAME)
