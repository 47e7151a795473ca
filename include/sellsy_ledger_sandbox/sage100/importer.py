"""Fichier > Importer: a PNM or ``#MECG`` file, as Sage reads it. It books whatever it is given, twice if given twice.

Everything is checked before anything is booked. Faults have the words that Sage's support notes give them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sellsy_ledger_sandbox.sage100.books import Books, Line, NotTaken, is_collective

__all__ = ["Delivery", "import_file"]

WIDTHS = (105, 112, 138, 141, 164, 199)
WRONG_FORMAT = "Format de fichier incorrect !"
CURRENCIES = ("EUR", "USD", "GBP", "CHF")
MECG_FIELDS = {31: 39}
MECG_SHORTEST = 18
_AMOUNT = re.compile(r"0*\d{1,14}\.\d{2}")
_FLAT_AMOUNT = re.compile(r"\d{1,11},\d{2}")
_TYPES = ("FC", "AC", "RC", "FF", "AF", "RF", "OD", "  ")


@dataclass
class Delivery:
    """What goes with a file.

    Attributes:
        keys: ``(piece, third party)`` → the deliverer's own key, from its manifest.
        pdfs: the same → SHA-256 of the PDF beside the file.
        creates_third_parties: whether unknown third parties are created.
        opens_accounts: Sage's option *Ouverture compte en saisie*: unknown general accounts are opened.
    """

    keys: Mapping[tuple[str, str], str]
    pdfs: Mapping[tuple[str, str], str]
    creates_third_parties: bool = True
    opens_accounts: bool = False


@dataclass
class _Row:
    place: int
    journal: str
    day: date
    kind: str
    account: str
    third_party: str
    piece: str
    invoice_number: str
    reference: str
    label: str
    on_debit: bool
    cents: int
    due: str | None


def import_file(books: Books, body: bytes, delivery: Delivery, charset: str = "") -> int:
    """Import a file; returns how many entries were booked.

    Raises:
        NotTaken: nothing was booked.
    """
    flat = body.startswith(b"#FLG")
    text = _decoded(body, charset or ("cp850" if flat else "cp1252"))
    rows = [row for row in (_flat_rows if flat else _fixed_rows)(text) if row.cents]
    _check(books, rows, delivery)
    entries = list(_entries(rows))
    for entry in entries:
        _book(books, entry, delivery)
    return len(entries)


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise NotTaken(WRONG_FORMAT) from None


def _lines(text: str) -> list[str]:
    if "\n" in text.replace("\r\n", "") or "\r" in text.replace("\r\n", ""):
        raise NotTaken(WRONG_FORMAT)
    return text.split("\r\n")


# -- PNM ---------------------------------------------------------------------------------------------------------
def _fixed_rows(text: str) -> Iterator[_Row]:
    lines = _lines(text)
    while len(lines) > 1 and lines[-1] == "":
        lines.pop()
    if len(lines[0]) > 30 or len(lines) < 2:
        raise NotTaken(WRONG_FORMAT)
    width = len(lines[1])
    if width not in WIDTHS or any(len(line) != width for line in lines[1:]):
        raise NotTaken(WRONG_FORMAT)
    for place, line in enumerate(lines[1:], 2):
        yield _fixed_row(line, place, width)


def _fixed_row(line: str, place: int, width: int) -> _Row:
    amount, side = line[84:104].strip(), line[83]
    kind = line[24]
    third_party = line[25:38].strip()
    sound = (
        line[9:11] in _TYPES
        and kind in "GX "
        and (kind == "X") == bool(third_party)
        and side in "DC"
        and bool(_AMOUNT.fullmatch(amount))
        and line[104] in "NAS"
    )
    if not sound:
        raise NotTaken(f"Une incohérence à la ligne {place} a été détectée !")
    if width >= 141 and line[138:141] not in CURRENCIES:
        raise NotTaken(f"La devise {line[138:141].strip()} n'existe pas à la ligne {place}")
    reference = line[38:51].strip()
    return _Row(
        place=place,
        journal=line[0:3].strip(),
        day=_day(line[3:9], place),
        kind=line[9:11],
        account=line[11:24].strip(),
        third_party=third_party.upper(),
        piece=reference.upper(),
        invoice_number=reference,
        reference="",
        label=line[51:76].strip(),
        on_debit=side == "D",
        cents=int(Decimal(amount) * 100),
        due=line[77:83].strip() or None,
    )


# -- the flat format ---------------------------------------------------------------------------------------------
def _flat_rows(text: str) -> Iterator[_Row]:
    lines = _lines(text)
    head = lines[:3]
    if len(head) < 3 or head[0] != "#FLG 000" or not re.fullmatch(r"#VER \d{1,2}", head[1]) or head[2] != "#DEV EUR":
        raise NotTaken(WRONG_FORMAT)
    if lines[-2:] != ["#FIN", ""]:
        raise NotTaken(WRONG_FORMAT)
    blocks: list[tuple[int, list[str]]] = []
    for place, line in enumerate(lines[3:-2], 4):
        if line.startswith("#"):
            if line != "#MECG":
                raise NotTaken(WRONG_FORMAT)
            blocks.append((place, []))
        elif not blocks:
            raise NotTaken(WRONG_FORMAT)
        else:
            blocks[-1][1].append(line)
    wanted = MECG_FIELDS.get(int(head[1][5:])) or len(blocks[0][1] if blocks else ())
    for place, fields in blocks:
        if len(fields) != wanted or wanted < MECG_SHORTEST:
            raise NotTaken(f"Une incohérence à la ligne {place} a été détectée !")
        yield _flat_row(fields, place)


def _flat_row(fields: list[str], place: int) -> _Row:
    journal, day, _, piece, invoice, _, account, _, third_party = fields[:9]
    label, due, side, amount = fields[10], fields[12], fields[16], fields[17]
    reference = fields[32] if len(fields) > 32 else ""
    fits = (
        len(journal) <= 6
        and len(piece) <= 13
        and len(invoice) <= 17
        and 3 <= len(account) <= 13
        and len(third_party) <= 17
        and len(label) <= 69
        and len(reference) <= 17
        and piece == piece.upper()
    )
    if not fits or side not in ("0", "1") or not _FLAT_AMOUNT.fullmatch(amount):
        raise NotTaken(f"Une incohérence à la ligne {place} a été détectée !")
    return _Row(
        place=place,
        journal=journal,
        day=_day(day, place),
        kind="",
        account=account,
        third_party=third_party.upper(),
        piece=piece,
        invoice_number=invoice,
        reference=reference,
        label=label,
        on_debit=side == "0",
        cents=int(Decimal(amount.replace(",", ".")) * 100),
        due=due or None,
    )


# -- checks and booking ------------------------------------------------------------------------------------------
def _day(text: str, place: int) -> date:
    with suppress(ValueError):
        if text.isdecimal() and len(text) == 6:
            return datetime.strptime(text, "%d%m%y").date()  # noqa: DTZ007 - a day has no zone
    raise NotTaken(f"Une incohérence à la ligne {place} a été détectée !")


def _check(books: Books, rows: Iterable[_Row], delivery: Delivery) -> None:
    totals: dict[tuple[str, int, int], int] = defaultdict(int)
    for row in rows:
        if row.journal not in books.journals:
            raise NotTaken(f"Le journal n'existe pas à la ligne {row.place}")
        if fault := books.year_fault(row.day):
            raise NotTaken(f"{fault} à la ligne {row.place}")
        if row.account not in books.accounts and not delivery.opens_accounts:
            raise NotTaken(f"Le compte général n'existe pas à la ligne {row.place}")
        if bool(row.third_party) != is_collective(row.account):
            raise NotTaken(f"Une incohérence à la ligne {row.place} a été détectée !")
        if row.third_party and row.third_party not in books.third_parties and not delivery.creates_third_parties:
            raise NotTaken(f"Le tiers n'existe pas à la ligne {row.place}")
        totals[row.journal, row.day.year, row.day.month] += row.cents if row.on_debit else -row.cents
    for (journal, year, month), total in totals.items():
        if total:
            raise NotTaken(
                f"Les écritures générales ne sont pas équilibrées pour le journal [{journal}] ({month:02d}/{year})"
            )


def _entries(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Lines that follow each other with one journal, day, type and number are an entry; once they balance, another
    third party begins the next one (two suppliers may have used the same number).
    """
    entry: list[_Row] = []
    balance = 0
    for row in rows:
        if entry and (_head(row) != _head(entry[0]) or (balance == 0 and row.third_party)):
            yield entry
            entry, balance = [], 0
        entry.append(row)
        balance += row.cents if row.on_debit else -row.cents
    if entry:
        yield entry


def _head(row: _Row) -> tuple[object, ...]:
    return row.journal, row.day, row.kind, row.piece, row.invoice_number, row.reference


def _book(books: Books, rows: list[_Row], delivery: Delivery) -> None:
    lines = []
    for row in rows:
        row.account = books.opened(row.account)
        if row.third_party and row.third_party not in books.third_parties:
            kind = "Client" if row.account.startswith("411") else "Fournisseur"
            books.add_third_party(row.third_party, row.label, kind, row.account)
        lines.append(
            Line(
                id=books.new_id("ecriture"),
                journal=row.journal,
                day=row.day,
                piece=row.piece,
                invoice_number=row.invoice_number,
                reference=row.reference,
                account=row.account,
                third_party=row.third_party,
                label=row.label[: books.label_max],
                debit_cents=row.cents if row.on_debit else 0,
                credit_cents=0 if row.on_debit else row.cents,
                due=row.due,
            )
        )
    party = next((row.third_party for row in rows if row.third_party), "")
    names = [(number, party) for number in (rows[0].piece, rows[0].invoice_number)]
    key = next((delivery.keys[name] for name in names if name in delivery.keys), None)
    pdf = next((delivery.pdfs[name] for name in names if name in delivery.pdfs), None)
    books.book(lines, key=key or rows[0].invoice_number, pdf_sha256=pdf)
