"""The accountant's own lists, as CSV files in the folder ``reference``: accounts, third parties, journals, years.

Sage 100 has no interface to ask. What is not there is told as unlisted, and the settings are then trusted. Separator
``;``, tab or ``,``; UTF-8 or Windows; column names in any case, with or without accents; more columns do no harm.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping

from unidecode import unidecode

from sellsy_ledger.connectors.sage100.depot import Depot
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import ConfigurationError

__all__ = ["FILES", "FOLDER", "read_reference"]

FOLDER = "reference"
# What Sage calls a column when it prints or exports the list.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("numero", "compte", "numero de compte", "n compte", "compte general"),
    "label": ("intitule", "libelle", "nom", "raison sociale"),
    "asleep": ("sommeil", "en sommeil", "mis en sommeil"),
    "code": ("code", "code journal", "journal"),
    "kind": ("type", "type de journal", "type tiers", "qualite"),
    "auxiliary": ("compte tiers", "numero", "numero de compte", "tiers", "compte", "n compte tiers"),
    "siret": ("siret", "n siret"),
    "siren": ("siren",),
    "vat_number": ("identifiant", "tva intracom", "tva", "n identifiant", "numero de tva"),
    "start": ("debut", "date debut", "date de debut"),
    "end": ("fin", "date fin", "date de fin"),
    "closed": ("cloture", "clos", "etat"),
    "locked": ("verrouille jusqu au", "bloque jusqu au", "date limite"),
}
_YES = ("oui", "o", "1", "vrai", "true", "x", "yes", "clos", "cloture")
# Words, or the index that Sage itself writes.
_JOURNAL_KINDS = {
    **dict.fromkeys(("vente", "ventes", "1"), "sales"),
    **dict.fromkeys(("achat", "achats", "0"), "purchases"),
}
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y")
_CUSTOMER, _SUPPLIER = ("client", "clients", "0"), ("fournisseur", "fournisseurs", "1")

Row = Callable[[str], str]
"""Column → its text, empty where there is none."""


def read_reference(depot: Depot) -> Ledger:
    """What the lists tell, ``unlisted`` naming what they do not.

    Raises:
        ConfigurationError: a list cannot be read; file, line and column are named.
    """
    names = {name.lower(): name for name in depot.names(FOLDER)}
    read = {name: _read(depot, names[name]) if name in names else None for name in FILES}
    accounts, journals = read["comptes.csv"], read["journaux.csv"]
    return Ledger(
        accounts=tuple(_account(row) for row in accounts or ()),
        journals=tuple(_journal(row) for row in journals or ()),
        third_parties=tuple(party for row in read["tiers.csv"] or () if (party := _third_party(row))),
        fiscal_years=tuple(_year(row) for row in read["exercices.csv"] or ()),
        tool="sage100",
        unlisted=tuple(name for name, found in (("accounts", accounts), ("journals", journals)) if found is None),
    )


FILES: Mapping[str, tuple[str, ...]] = {
    "comptes.csv": ("number",),
    "journaux.csv": ("code",),
    "tiers.csv": ("auxiliary", "label"),
    "exercices.csv": ("start", "end"),
}
"""The lists and the columns that each must have."""


def _read(depot: Depot, name: str) -> list[Row]:
    text = _text(depot.read(f"{FOLDER}/{name}"))
    first = text.partition("\n")[0]
    delimiter = max(";\t,", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = _columns(next(rows, []), name)
        return list(_rows(rows, columns, name))
    except csv.Error as error:
        raise _wrong(name, rows.line_num, f"it is no CSV ({error})") from None


def _rows(rows: Iterator[list[str]], columns: Mapping[str, int], name: str) -> Iterator[Row]:
    for place, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        values = {column: row[at].strip() if at < len(row) else "" for column, at in columns.items()}
        for column in FILES[name.lower()]:
            if not values[column]:
                raise _wrong(name, place, f"the column {_NAMES[column][0]} is empty")
        values["where"] = f"{name}:{place}"
        yield _getter(values)


def _getter(values: Mapping[str, str]) -> Row:
    return lambda column: values.get(column, "")


def _columns(header: list[str], name: str) -> dict[str, int]:
    plain = [_plain(cell) for cell in header]
    found: dict[str, int] = {}
    for column, names in _NAMES.items():
        at = next((plain.index(each) for each in names if each in plain), None)
        if at is not None:
            found[column] = at
    for column in FILES[name.lower()]:
        if column not in found:
            raise _wrong(name, 1, f"there is no column {_NAMES[column][0]}")
    return found


def _account(row: Row) -> Account:
    return Account(number=row("number"), label=row("label"), active=not _is_yes(row("asleep")))


def _journal(row: Row) -> Journal:
    kind = _JOURNAL_KINDS.get(_plain(row("kind")), "other")
    return Journal(code=row("code"), label=row("label"), kind=kind, open=not _is_yes(row("asleep")))


def _third_party(row: Row) -> LedgerThirdParty | None:
    """None for employees and others."""
    kind, account = _plain(row("kind")), row("auxiliary").upper()
    if kind in _CUSTOMER or (not kind and not account.startswith(("401", "F"))):
        direction = Direction.SALES
    elif kind in _SUPPLIER or not kind:
        direction = Direction.PURCHASES
    else:
        return None
    return LedgerThirdParty(
        auxiliary_account=account,
        name=row("label"),
        direction=direction,
        siret="".join(row("siret").split()),
        siren="".join(row("siren").split()),
        vat_number="".join(row("vat_number").split()).upper(),
        active=not _is_yes(row("asleep")),
    )


def _year(row: Row) -> FiscalYear:
    start, end = _day(row, "start"), _day(row, "end")
    if end < start:
        raise ConfigurationError(f"{row('where')}: the year ends before it starts.", field="folder", tool="sage100")
    locked = _day(row, "locked") if row("locked") else None
    return FiscalYear(start=start, end=end, closed=_is_yes(row("closed")), locked_until=locked)


def _day(row: Row, column: str) -> dt.date:
    text = row(column).split(" ")[0]
    # Without separators a single digit would do for a day or a month: 311227 must not be 3 January 1227.
    forms = {6: ("%d%m%y",), 8: ("%d%m%Y",)}.get(len(text), ()) if text.isdecimal() else DATE_FORMS
    for form in forms:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ConfigurationError(
        f"{row('where')}: {_NAMES[column][0]} is no date: write 31/12/2026.", field="folder", tool="sage100"
    )


def _text(body: bytes) -> str:
    """UTF-8 where it is that, else Windows; spreadsheets also save UTF-16 ("texte Unicode")."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _plain(text: str) -> str:
    """``"N° compte"`` → ``"n compte"``."""
    letters = unidecode(text.replace("°", " ")).lower()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def _is_yes(text: str) -> bool:
    return _plain(text) in _YES


def _wrong(name: str, line: int, what: str) -> ConfigurationError:
    return ConfigurationError(f"{FOLDER}/{name}, line {line}: {what}.", field="folder", tool="sage100")
