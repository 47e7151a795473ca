"""Entries as a Cegid TRA file, version 011, standard entries of 222 characters (``STD``).

A header, then parameter records (journals and third-party accounts, only those that the options name), then entries.
A third-party line names the collective account with line kind ``X`` and the auxiliary account; the name of its PDF
follows in a ``G`` line. The PDF lies beside the file, at the root of the same archive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Journal, LedgerIndex
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.formats.base import (
    ACCOUNT,
    AUXILIARY,
    JOURNAL,
    LINE_END,
    PDF_NAME,
    PIECE_TYPES,
    Auxiliary,
    FileEntry,
    balanced,
)
from sellsy_ledger.formats.script import Script

__all__ = ["ENCODING", "Options", "encoding", "entry_lines", "head", "number", "tail"]

ENCODING = "cp1252"
_SCRIPT = Script("TRA", ENCODING)
# A line that starts with stars is a parameter record, and the journal is what an entry's line starts with.
_CODES = Script("TRA", ENCODING, never_first="*")
_NO_DATE = "01011900"
_NATURES = {"sales": "VTE", "purchases": "ACH"}
_ISO_3166 = (
    "AT:AUT BE:BEL BG:BGR CA:CAN CH:CHE CY:CYP CZ:CZE DE:DEU DK:DNK EE:EST ES:ESP FI:FIN FR:FRA GB:GBR GR:GRC HR:HRV "
    "HU:HUN IE:IRL IT:ITA LT:LTU LU:LUX LV:LVA MA:MAR MC:MCO MT:MLT NL:NLD NO:NOR PL:POL PT:PRT RO:ROU SE:SWE SI:SVN "
    "SK:SVK TN:TUN US:USA"
)
_COUNTRIES = dict(pair.split(":") for pair in _ISO_3166.split())
"""Three letters, as Cegid writes them, of the countries that French companies trade with most; others stay blank."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer's Cegid takes.

    Attributes:
        product: two letters of the header (S1, S3, S5…); integrators use S5.
        origin: EXP, an accounting firm's file, or CLI, a company's.
        user: who made the file, for the header.
        company_name: for the header.
        written_at: when the file was made, for the header; None leaves it blank.
        journals: journals to be written as parameter records.
        third_parties: third-party accounts to be written in full, each once.
        entry_type: N normal, S simulation.
    """

    product: str = "S5"
    origin: Literal["EXP", "CLI"] = "EXP"
    user: str = "SELLSY"
    company_name: str = ""
    written_at: dt.datetime | None = None
    journals: tuple[Journal, ...] = ()
    third_parties: tuple[Auxiliary, ...] = ()
    entry_type: Literal["N", "S"] = "N"


_DEFAULTS = Options()


def encoding(options: Options = _DEFAULTS) -> str:
    """The Python name of the file's encoding."""
    return ENCODING


def head(options: Options = _DEFAULTS) -> str:
    """Header, then the journals and third-party accounts that the options name.

    Raises:
        DocumentError: a code does not fit its field.
    """
    at = options.written_at
    moment = f"{_date(at.date())}{at.hour:02d}{at.minute:02d}" if at else ""
    header = (
        f"***{_SCRIPT.words(options.product, 2):<2}{options.origin}JRLSTD   {_NO_DATE}{_NO_DATE}011     "
        f"{moment:<12}{_SCRIPT.words(options.user, 35):<35}{_SCRIPT.words(options.company_name, 35):<35}"
        f"{'':13}{_NO_DATE}001---{'':72}"
    )
    records = [header, *map(_journal, options.journals), *map(_third_party, options.third_parties)]
    return "".join(f"{record}{LINE_END}" for record in records)


def tail(options: Options = _DEFAULTS) -> str:
    """Nothing."""
    return ""


def number(one: FileEntry, options: Options = _DEFAULTS) -> str:
    """The piece reference: the document's number where it fits 35 characters, else the piece number."""
    return _SCRIPT.document_number(one, 35)


def entry_lines(one: FileEntry, ledger: LedgerIndex, options: Options = _DEFAULTS) -> Iterator[str]:
    """The lines of one entry, with the document line after the third-party line.

    Raises:
        DocumentError: a value does not fit its field.
        InvariantBroken: the entry does not balance.
    """
    entry = balanced(one)
    start = f"{_CODES.exact(JOURNAL, entry.journal, 3):<3}{_date(entry.date)}{PIECE_TYPES[one.kind]}"
    reference = f"{number(one, options):<35}"
    due = _date(entry.due_date) if entry.due_date else ""
    document = f"{_SCRIPT.exact(PDF_NAME, one.pdf_name, 255):<255}" if one.pdf_name else ""
    # Cegid wants it after the third party's line; an entry without one keeps its PDF all the same.
    holder = next((line for line in entry.lines if line.auxiliary_account), entry.lines[0])
    lines = []
    for line in entry.lines:
        account = f"{_SCRIPT.exact(ACCOUNT, line.account, 17):<17}"
        auxiliary = line.auxiliary_account or ""
        if auxiliary:
            auxiliary = _SCRIPT.exact(AUXILIARY, auxiliary, 17)
        written = _SCRIPT.amount(line.debit_cents or line.credit_cents, 20)
        lines.append(
            f"{start}{account}{'X' if auxiliary else ' '}{auxiliary:<17}{reference}"
            f"{_SCRIPT.words(line.label, 35):<35}   {due if auxiliary else '':<8}{'D' if line.debit_cents else 'C'}"
            f"{written:>20}{options.entry_type}{'':21}E--{'':47}{LINE_END}"
        )
        if document and line is holder:
            lines.append(f"{start}{account}G{auxiliary:<17}{reference}{document}{LINE_END}")
    return iter(lines)


@lru_cache(maxsize=4096)
def _date(day: dt.date) -> str:
    return f"{day.day:02d}{day.month:02d}{day.year:04d}"


def _journal(journal: Journal) -> str:
    code = _CODES.exact(JOURNAL, journal.code, 3)
    label = _SCRIPT.words(journal.label, 35) or code
    return f"***JAL{code:<3}{label:<35}{_NATURES.get(journal.kind, 'OD'):<3}{'':26}-{'':148}"


def _third_party(auxiliary: Auxiliary) -> str:
    code = _SCRIPT.exact(AUXILIARY, auxiliary.account, 17)
    control = _SCRIPT.exact(ACCOUNT, auxiliary.control, 17)
    sales = auxiliary.direction is Direction.SALES
    party = auxiliary.third_party or ThirdParty(direction=auxiliary.direction, type="", id=None, name="")
    address = party.address
    name = _SCRIPT.words(auxiliary.name or party.name, 35) or code
    return (
        f"***CAE{code:<17}{name:<35}{'CLI' if sales else 'FOU'}X{control:<17}{'':187}"
        f"{_SCRIPT.words(address.line, 35):<35}{'':70}{_whole(address.postal_code, 9):<9}"
        f"{_SCRIPT.words(address.city, 35):<35}{'':47}{_COUNTRIES.get(address.country_code.upper(), ''):<3}{'':24}"
        f"{_whole(party.phone, 25):<25}{'':66}{_whole(party.vat_number, 17, ' '):<17}{_whole(party.siret, 17, ' '):<17}"
        f"{'':5}"
    )


def _whole(text: str, longest: int, unwanted: str = "") -> str:
    """A detail that is worth nothing when cut: whole, or blank."""
    plain = _SCRIPT.words(text)
    if unwanted:
        plain = plain.replace(unwanted, "")
    return plain if len(plain) <= longest else ""
