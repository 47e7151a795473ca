"""What a format does not take: the entry is refused whole, with its field, and nothing is cut in silence."""

from __future__ import annotations

import datetime as dt
from itertools import islice, repeat
from typing import Any

import msgspec
import pytest

from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, InvariantBroken
from sellsy_ledger.formats import catalogue, fec, mecg, pnm, quadra, tra
from sellsy_ledger.formats.base import FileEntry, file_bytes, same_number
from tests.unit.formats.entries import SALE, line

INDEX = LedgerIndex(Ledger())
FORMATS = {name: catalogue.load(name) for name in catalogue.NAMES}
INQOM = fec.Options(journal_max=4, account_max=32, auxiliary_max=32, piece_max=256, amount_max_cents=999_999_999_999)


def sale(**changes: Any) -> FileEntry:
    """The sale with another number, journal… (``account``, ``auxiliary`` and ``cents`` are the third-party line's)."""
    account, auxiliary = changes.pop("account", "411000"), changes.pop("auxiliary", "CDUPONT")
    cents = changes.pop("cents", 12000)
    own = {name: changes.pop(name) for name in ("pdf_name", "reference", "kind") if name in changes}
    lines = (line(account, cents, "x", auxiliary), line("706000", -cents, "x"))
    entry = msgspec.structs.replace(SALE.entry, **{"lines": lines, **changes})
    return msgspec.structs.replace(SALE, entry=entry, **own)


def text(file_format: Any, one: FileEntry, options: Any = None) -> str:
    return "".join(file_format.entry_lines(one, INDEX, options or file_format.Options()))


TOO_LONG = [
    (pnm, {"journal": "VENT"}, "journal", 3),
    (pnm, {"account": "4" * 14}, "compte", 13),
    (pnm, {"auxiliary": "C" * 14}, "compte auxiliaire", 13),
    (pnm, {"number": "F" * 14, "piece": "F" * 14}, "numéro de pièce", 13),
    (pnm, {"cents": 10**19}, "montant", 20),
    (mecg, {"journal": "VENTES1"}, "journal", 6),
    (mecg, {"account": "4" * 14}, "compte", 13),
    (mecg, {"auxiliary": "C" * 18}, "compte auxiliaire", 17),
    (mecg, {"piece": "F" * 14}, "numéro de pièce", 13),
    (mecg, {"reference": "R" * 18}, "référence", 17),
    (mecg, {"cents": 10**13}, "montant", 14),
    (tra, {"journal": "VENT"}, "journal", 3),
    (tra, {"account": "4" * 18}, "compte", 17),
    (tra, {"auxiliary": "C" * 18}, "compte auxiliaire", 17),
    (tra, {"number": "F" * 36, "piece": "F" * 36}, "numéro de pièce", 35),
    (tra, {"cents": 10**19}, "montant", 20),
    (tra, {"pdf_name": "f" * 256}, "nom du PDF", 255),
    (quadra, {"journal": "VENT"}, "journal", 3),
    (quadra, {"account": "4" * 9}, "compte", 8),
    (quadra, {"auxiliary": "C" * 9}, "compte auxiliaire", 8),
    (quadra, {"number": "F" * 21, "piece": "F" * 21}, "numéro de pièce", 20),
    (quadra, {"cents": 10**12}, "montant", 12),
    (quadra, {"pdf_name": "facture-1.pdf"}, "nom du PDF", 12),
]
TOO_LONG_FOR_INQOM = [
    ({"journal": "VENTE"}, "journal", 4),
    ({"account": "4" * 33}, "compte", 32),
    ({"auxiliary": "C" * 33}, "compte auxiliaire", 32),
    ({"number": "F" * 257, "piece": "F" * 257}, "numéro de pièce", 256),
    ({"cents": 10**12}, "montant", 13),
]


@pytest.mark.parametrize(
    ("file_format", "changes", "field", "longest", "options"),
    [*((*row, None) for row in TOO_LONG), *((fec, *row, INQOM) for row in TOO_LONG_FOR_INQOM)],
)
def test_what_identifies_something_is_refused_rather_than_cut(
    file_format: Any, changes: dict[str, Any], field: str, longest: int, options: Any
):
    with pytest.raises(DocumentError) as refused:
        file_format.entry_lines(sale(**changes), INDEX, options or file_format.Options())

    assert refused.value.field == field
    assert refused.value.reason is Reason.REFUSED_BY_TOOL
    detail = refused.value.facts["detail"]
    assert detail.startswith(f"{field} « ")
    assert f" {longest} caractères" in detail


@pytest.mark.parametrize("file_format", FORMATS.values(), ids=FORMATS)
def test_the_longest_that_fits_is_written_whole(file_format: Any):
    limits = {name: longest for each, changes, name, longest in TOO_LONG if each is file_format and name != "montant"}
    one = sale(
        account="4" * limits.get("compte", 40),
        auxiliary="C" * limits.get("compte auxiliaire", 40),
        number="F" * limits.get("numéro de pièce", 40),
        piece="F" * limits.get("numéro de pièce", 40),
        journal="V" * limits.get("journal", 40),
        due_date=None,
    )
    written = text(file_format, one)
    for field in ("journal", "compte auxiliaire", "numéro de pièce", *(() if file_format is quadra else ("compte",))):
        letter = {"journal": "V", "compte": "4", "compte auxiliaire": "C", "numéro de pièce": "F"}[field]
        assert letter * limits.get(field, 40) in written


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "411\r\n0"}, "compte"),
        ({"account": " 4110"}, "compte"),
        ({"account": "411☕"}, "compte"),
        ({"account": ""}, "compte"),
        ({"auxiliary": "C\t1"}, "compte auxiliaire"),
        ({"auxiliary": "C  1"}, "compte auxiliaire"),
        ({"auxiliary": "Cł"}, "compte auxiliaire"),
        ({"journal": "V\x00"}, "journal"),
        ({"journal": ""}, "journal"),
        ({"number": "", "piece": ""}, "numéro de pièce"),
        ({"number": "☕", "piece": "☕"}, "numéro de pièce"),
    ],
)
def test_an_account_is_never_respelled_and_nothing_that_identifies_is_empty(
    name: str, changes: dict[str, Any], field: str
):
    with pytest.raises(DocumentError) as refused:
        FORMATS[name].entry_lines(sale(**changes), INDEX)
    assert refused.value.field == field


def test_no_journal_opens_a_record_of_its_own():
    for file_format, journal in ((tra, "***"), (mecg, "#FIN")):
        with pytest.raises(DocumentError) as refused:
            file_format.entry_lines(sale(journal=journal), INDEX)
        assert refused.value.field == "journal"


def test_two_digits_of_a_year_never_mean_another_century():
    for file_format in (pnm, mecg, quadra):
        for changes, field in (
            ({"date": dt.date(1999, 12, 31)}, "date"),
            ({"due_date": dt.date(2126, 1, 1)}, "échéance"),
        ):
            with pytest.raises(DocumentError) as refused:
                file_format.entry_lines(sale(**changes), INDEX)
            assert refused.value.field == field
            assert "hors des années 2000 à 2049" in refused.value.facts["detail"]
    assert "31121999" in text(tra, sale(date=dt.date(1999, 12, 31)))
    assert "\t09990203\t" in text(fec, sale(date=dt.date(999, 2, 3)))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "lines",
    [
        (line("411000", 12000, "x", "C1"), line("706000", -11999, "x")),
        (line("411000", 12000, "x", "C1"), line("706000", -12000, "x"), line("707000", 0, "x")),
        (msgspec.structs.replace(line("411000", 100, "x"), credit_cents=100),),
        (msgspec.structs.replace(line("411000", 0, "x"), debit_cents=-100, credit_cents=-100),),
        (),
    ],
)
def test_an_entry_that_does_not_balance_is_our_own_mistake(name: str, lines: Any):
    with pytest.raises(InvariantBroken):
        FORMATS[name].entry_lines(sale(lines=lines), INDEX)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_of_a_refused_entry_is_handed_out(name: str):
    """The last line is the one at fault: a caller that writes line by line must not have written the first ones."""
    file_format = FORMATS[name]
    lines = (line("411000", 100, "x", "C1"), line("7" * 60 + "\n", -100, "x"))
    with pytest.raises(DocumentError):
        file_format.entry_lines(sale(lines=lines), INDEX)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_made_entry_by_entry(name: str):
    """Of an endless list of entries the first three parts come at once: nothing is collected."""
    parts = list(islice(file_bytes(FORMATS[name], repeat(SALE), INDEX), 3))
    assert parts[1] == parts[2] != b""


@pytest.mark.parametrize(("file_format", "longest"), [(pnm, 13), (tra, 35), (quadra, 20)])
def test_a_number_too_long_gives_way_to_the_piece_number_of_the_tool(file_format: Any, longest: int):
    number = "F" * longest + "1"
    assert file_format.number(sale(number=number, piece="F1")) == "F1"
    assert number not in text(file_format, sale(number=number, piece="F1"))
    assert mecg.invoice_number(sale(number="F" * 18, piece="F1")) == "F1"


def test_documents_that_come_to_the_same_number_are_found():
    def one(number: str, piece: str, pdf_name: str = "") -> FileEntry:
        return sale(number=number, piece=piece, pdf_name=pdf_name)

    first, second, other = one("2026-000000000017", "0017"), one("2027-000000000017", "0017"), one("0018", "0018")
    assert same_number([first, second, other, first, one("", "")], pnm.number) == {
        "0017": ("2026-000000000017", "2027-000000000017")
    }
    assert same_number([first, other], pnm.number) == {}
    assert same_number([one("f-1", "f-1"), one("F-1", "F-1")], mecg.number) == {"F-1": ("F-1", "f-1")}
    acd = fec.Options(piece_ref="pdf_name")
    assert same_number(
        [one("A", "A", "A_1234567890.pdf"), one("B", "B", "B_1234567890.pdf")], lambda entry: fec.number(entry, acd)
    ) == {"1234567890": ("A", "B")}


def test_quadra_names_attachments_in_eight_and_three_characters():
    assert quadra.attachment_name(42) == "00000042.pdf"
    with pytest.raises(ValueError, match=r"no 8\.3 name"):
        quadra.attachment_name(10**8)


def test_no_other_format_is_known():
    with pytest.raises(ValueError, match="xls"):
        catalogue.load("xls")
