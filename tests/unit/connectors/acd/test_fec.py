"""A FEC is read in every form it may have; what is no FEC never counts as an empty one."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from sellsy_ledger.connectors.acd.fec import Fec, UnreadableFec

COLUMNS = (
    "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate "
    "EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
)
HEADER = COLUMNS.replace(" ", "\t")
MARK, OTHER = "7F3A9C2B", "8G4B0D3C"


def row(
    account: str,
    debit: str,
    credit: str,
    *,
    auxiliary: str = "",
    label: str = "Exemple",
    piece: str = "F-1",
    journal: str = "VE",
    number: str = "",
    day: str = "20260203",
) -> str:
    fields = [journal, "VENTES", number, day, account, "x", auxiliary, "", piece, day, label, debit, credit]
    return "\t".join([*fields, "", "", "", "", ""])


def fec(*rows: str) -> Fec:
    return Fec("\r\n".join([HEADER, *rows, ""]).encode())


SALE = (
    row("411000", "120,05", "0,00", auxiliary="CEXEMPLE", label=f"Exemple #{MARK}"),
    row("706000", "0,00", "100,04"),
    row("445710", "0,00", "20,01"),
)


def amounts(entry: object) -> list[tuple[str, int, int]]:
    return [(each.account, each.debit_cents, each.credit_cents) for each in entry.lines]  # type: ignore[attr-defined]


EXPECTED = [("CEXEMPLE", 12005, 0), ("706000", 0, 10004), ("445710", 0, 2001)]


@pytest.mark.parametrize("separator", ["\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_an_entry_is_found_by_its_mark_in_every_form_of_text(separator: str, end: str, encoding: str) -> None:
    accented = row("706000", "0,00", "0,00", label="Été à l'île", piece="F-9")
    text = end.join([HEADER, *SALE, accented, ""]).replace("\t", separator)
    (found,) = Fec(text.encode(encoding)).marked(MARK)
    assert amounts(found) == EXPECTED
    assert (found.first.journal, found.first.piece, found.first.date) == ("VE", "F-1", dt.date(2026, 2, 3))


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: {"Fec": text, "Annee": "2026"}])
def test_a_fec_inside_json_is_taken_out(wrap: object) -> None:
    text = "\n".join([HEADER, *SALE])
    assert len(Fec(json.dumps(wrap(text)).encode()).marked(MARK)) == 1  # type: ignore[operator]


def test_the_third_party_is_read_in_either_column() -> None:
    apart = fec(*SALE).marked(MARK)
    inside = fec(row("CEXEMPLE", "120,05", "0,00", label=f"Exemple #{MARK}"), *SALE[1:]).marked(MARK)
    assert amounts(apart[0]) == amounts(inside[0]) == EXPECTED


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1 234,50", 123450), ("1234.5", 123450), ("\u00a01\u202f234,50", 123450), ("", 0), ("0", 0), ("+7,00", 700)],
)
def test_amounts_are_read_to_the_cent(text: str, cents: int) -> None:
    assert fec(row("706000", text, "")).lines[0].debit_cents == cents


def test_a_negative_amount_stands_on_the_other_side() -> None:
    (line,) = fec(row("706000", "-5,00", "")).lines
    assert (line.debit_cents, line.credit_cents) == (0, 500)


def test_amount_and_side_columns_are_read_too() -> None:
    header = HEADER.replace("Debit", "Montant").replace("Credit", "Sens")
    lines = Fec("\n".join([header, row("706000", "5,00", "C"), row("411000", "5,00", "D")]).encode()).lines
    assert [(each.debit_cents, each.credit_cents) for each in lines] == [(0, 500), (500, 0)]


def test_two_entries_with_one_mark_are_two() -> None:
    assert len(fec(*SALE, *SALE).marked(MARK)) == 2
    other_day = tuple(each.replace("20260203", "20260204") for each in SALE)
    assert len(fec(*SALE, *other_day).marked(MARK)) == 2


def test_two_suppliers_with_one_number_and_day_stay_apart() -> None:
    other = (
        row("401000", "0,00", "12,00", auxiliary="FAUTRE", label=f"Autre #{OTHER}"),
        row("607000", "12,00", "0,00"),
    )
    both = fec(*SALE, *other)
    assert [amounts(each) for each in both.marked(MARK)] == [EXPECTED]
    assert [amounts(each)[0] for each in both.marked(OTHER)] == [("FAUTRE", 0, 1200)]
    by_hand = (row("FAUTRE", "0,00", "12,00"), row("607000", "12,00", "0,00"))
    assert [amounts(each) for each in fec(*by_hand, *SALE).marked(MARK)] == [EXPECTED]


def test_lines_that_balance_early_belong_to_the_one_entry_that_has_a_third_party() -> None:
    rows = (
        row("411000", "100,00", "0,00", auxiliary="CEXEMPLE", label=f"Exemple #{MARK}"),
        row("706000", "0,00", "100,00"),
        row("709700", "20,00", "0,00"),
        row("445710", "0,00", "20,00"),
    )
    (found,) = fec(*rows).marked(MARK)
    assert len(found.lines) == 4


def test_entry_numbers_keep_entries_apart_where_there_are_any() -> None:
    numbered = [each.replace("VENTES\t", f"VENTES\t{number}") for number in (1, 2) for each in SALE]
    assert len(fec(*numbered).marked(MARK)) == 2
    assert fec(*numbered[:3]).marked(MARK)[0].first.number == "1"


def test_a_mark_counts_at_the_end_of_a_label_only() -> None:
    assert fec(row("411000", "1,00", "", label=f"#{MARK} Exemple")).marked(MARK) == []
    assert fec(row("411000", "1,00", "", label=f"Exemple #{MARK}  ")).marked(MARK) != []


def test_a_header_alone_is_an_empty_year() -> None:
    assert Fec(HEADER.encode()).lines == ()
    assert Fec(HEADER.encode()).marked(MARK) == []


def test_a_line_of_somebody_else_without_a_date_does_not_spoil_the_rest() -> None:
    assert len(fec(row("120000", "1,00", "1,00", day=""), *SALE).marked(MARK)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \r\n",
        b"<html><body>Maintenance</body></html>",
        b"OK",
        b"null",
        b'{"Fec": null}',
        b'{"cut',
        b'""',
        b"a\tb\tc\n1\t2\t3",
        HEADER.encode() + b"\nVE\tVENTES\t\t20260203\t4110",
        "\n".join([HEADER, row("706000", "douze", "0")]).encode(),
        "\n".join([HEADER, row("706000", "1,005", "0")]).encode(),
        "\n".join([HEADER, row("706000", "NaN", "0")]).encode(),
    ],
)
def test_what_is_no_whole_fec_is_never_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(UnreadableFec) as refused:
        Fec(body)
    assert "douze" not in str(refused.value)
