"""Generated company files for the measure of doubles: documents of the source, entries of the books, and the truth.

Seeded: the same seed always makes the same. Each document is either in the books, as another hand typed it, or not in
them, beside something that is easily taken for it. The truth is known because it was made so, not because anything of
the product was asked.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction, Document, Kind, ThirdPartyRef
from sellsy_ledger.core.third_parties import ThirdParty

__all__ = ["ABSENT", "PRESENT", "Dossier", "make"]

_WORDS = ("Zinc", "Cuivre", "Atelier", "Moulin", "Verre", "Papier", "Lumen", "Orange", "Boreal", "Garonne", "Fournil")
_PLACES = ("Nord", "Lyon", "Bretagne", "Alsace", "Gascogne", "Provence", "Picardie", "Vendee", "Savoie", "Artois")
_FORMS = ("SARL", "SAS", "SA", "EURL", "")
_STYLES: tuple[Callable[[int, int], str], ...] = (
    lambda year, count: f"F-{year}-{count:04d}",
    lambda year, count: f"FA{year}{count:05d}",
    lambda year, count: f"{year}/{count:03d}",
    lambda year, count: f"{700_000 + (year - 2025) * 20_000 + count * 7}",
    lambda year, count: f"INV-{year % 100}{count:06d}",
    lambda year, count: f"{count}",
)


@dataclass
class Supplier:
    """One supplier: how it is called, and how it numbers."""

    id: int
    name: str
    account: str
    style: Callable[[int, int], str]
    count: int = 0


@dataclass
class Dossier:
    """``truth``: document key → ids of the entries that it is; ``cases``: document key → what was made of it."""

    documents: list[tuple[Document, ThirdParty]] = field(default_factory=list)
    entries: list[BookedEntry] = field(default_factory=list)
    truth: dict[str, set[str]] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.dossier = Dossier()
        names = [f"{word} {place}" for word in _WORDS for place in _PLACES]
        self.random.shuffle(names)
        self.suppliers = [
            Supplier(
                id, f"{name} {self.random.choice(_FORMS)}".strip(), _account(name, id), self.random.choice(_STYLES)
            )
            for id, name in enumerate(names[:40])  # noqa: A001
        ]

    # -- documents -------------------------------------------------------------------------------------------------
    def document(self, supplier: Supplier, *, kind: Kind = Kind.PURCHASE_INVOICE, **fields: object) -> Document:
        supplier.count += self.random.choice((1, 1, 2, 9))
        day = dt.date(2026, 1, 1) + dt.timedelta(days=self.random.randrange(330))
        cents = self.random.choice((2999, 12000, 120000, self.random.randrange(500, 900_000)))
        number = supplier.style(day.year, supplier.count)
        known = {"number": number, "date": day, "gross_cents": cents, **fields}
        document = Document(
            kind=kind,
            id=len(self.dossier.documents) + 1,
            currency="EUR",
            net_cents=known["gross_cents"],  # type: ignore[arg-type]
            vat=(),
            third_party=ThirdPartyRef(type="company", id=supplier.id),
            third_party_name=supplier.name,
            **known,  # type: ignore[arg-type]
        )
        party = ThirdParty(direction=Direction.PURCHASES, type="company", id=supplier.id, name=supplier.name)
        self.dossier.documents.append((document, party))
        self.dossier.truth[document.key] = set()
        return document

    def entry(self, document: Document, supplier: Supplier, *, is_it: bool, **changes: object) -> None:
        sign = 1 if document.kind.is_credit_note else -1
        known: dict[str, object] = {
            "entry_id": f"AC {len(self.dossier.entries) + 1}",
            "journal": "AC",
            "date": document.date,
            "third_party_account": supplier.account,
            "third_party_name": supplier.name,
            "gross_cents": sign * document.gross_cents,
            "numbers": (document.number, supplier.name),
            **changes,
        }
        self.dossier.entries.append(BookedEntry(**known))  # type: ignore[arg-type]
        if is_it:
            self.dossier.truth[document.key].add(str(known["entry_id"]))

    def label(self, supplier: Supplier, number: str) -> str:
        return self.random.choice(("{name} fact {number}", "FACTURE N°{number} {name}", "{name} {number}")).format(
            name=supplier.name, number=number
        )

    def slip(self, text: str) -> str:
        """One letter lost, doubled or swapped, behind the first two."""
        place = self.random.randrange(min(2, len(text) - 1), max(len(text) - 2, min(3, len(text))))
        return self.random.choice(
            (
                text[:place] + text[place + 1 :],
                text[:place] + text[place] + text[place:],
                text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :],
            )
        )


def _account(name: str, identity: int) -> str:
    return f"401{''.join(name.split()).upper()[:8]}{identity}"


def _bare(number: str) -> str:
    return "".join(character for character in number if character.isalnum())


def _without_zeros(number: str) -> str:
    parts = number.replace("/", "-").split("-")
    return " ".join(part.lstrip("0") or "0" for part in parts)


def _copied(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(document, supplier, is_it=True)


def _respelled(make: _Maker, document: Document, supplier: Supplier) -> None:
    number = make.random.choice((_bare, _without_zeros, str.lower, lambda text: f"FACT {text}"))(document.number)
    make.entry(document, supplier, is_it=True, numbers=(number, supplier.name))


def _cut(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(document, supplier, is_it=True, numbers=(_bare(document.number)[-8:], supplier.name))


def _in_label(make: _Maker, document: Document, supplier: Supplier) -> None:
    piece = f"{make.random.randrange(1, 999)}"
    make.entry(document, supplier, is_it=True, numbers=(piece, make.label(supplier, document.number)))


def _label_only(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(document, supplier, is_it=True, numbers=(f"{supplier.name} {document.date:%B}",))


def _mistyped_name(make: _Maker, document: Document, supplier: Supplier) -> None:
    name = make.slip(supplier.name)
    make.entry(
        document,
        supplier,
        is_it=True,
        third_party_name=name,
        third_party_account=_account(name, 900),
        numbers=(document.number, name),
    )


def _mistyped_number(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(document, supplier, is_it=True, numbers=(make.slip(document.number), supplier.name))


def _other_day(make: _Maker, document: Document, supplier: Supplier) -> None:
    day = document.date + dt.timedelta(days=make.random.choice((-9, 4, 12, 27)))
    make.entry(document, supplier, is_it=True, date=day)


def _near_amount(make: _Maker, document: Document, supplier: Supplier) -> None:
    cents = -document.gross_cents + make.random.choice((-90, -1, 1, 10, 100))
    make.entry(document, supplier, is_it=True, gross_cents=cents)


def _split(make: _Maker, document: Document, supplier: Supplier) -> None:
    part = document.gross_cents // 3
    make.entry(document, supplier, is_it=True, gross_cents=-part)
    make.entry(document, supplier, is_it=True, gross_cents=part - document.gross_cents)


PRESENT: dict[str, Callable[[_Maker, Document, Supplier], None]] = {
    "copied": _copied,
    "number respelled": _respelled,
    "number cut": _cut,
    "number in the label": _in_label,
    "label without number": _label_only,
    "name mistyped": _mistyped_name,
    "number mistyped": _mistyped_number,
    "other day": _other_day,
    "near amount": _near_amount,
    "split in two": _split,
}


def _nothing(make: _Maker, document: Document, supplier: Supplier) -> None:
    """Nothing is there."""


def _credit_note(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(document, supplier, is_it=False, gross_cents=document.gross_cents)


def _payment(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(
        document,
        supplier,
        is_it=False,
        journal="BQ",
        gross_cents=document.gross_cents,
        numbers=(f"VIR {document.number}", supplier.name),
    )


def _other_supplier(make: _Maker, document: Document, supplier: Supplier) -> None:
    other = make.random.choice([one for one in make.suppliers if one.name[:4] != supplier.name[:4]])
    make.entry(document, other, is_it=False, numbers=(document.number, other.name))


def _other_year(make: _Maker, document: Document, supplier: Supplier) -> None:
    make.entry(document, supplier, is_it=False, date=document.date.replace(year=2025, day=1))


def _subscription(make: _Maker, document: Document, supplier: Supplier) -> None:
    """The month before and the month after, for the same amount and under numbers of their own."""
    for months, count in ((-1, -1), (1, 1)):
        day = document.date + dt.timedelta(days=30 * months)
        number = supplier.style(2026, max(supplier.count + count, 1) if supplier.count + count else 999)
        make.entry(document, supplier, is_it=False, date=day, numbers=(number, supplier.name))
    supplier.count += 1


def _same_day(make: _Maker, document: Document, supplier: Supplier) -> None:
    """The next number, the same day, for the same amount: two lines of one telephone contract."""
    supplier.count += 1
    number = supplier.style(2026, supplier.count)
    make.entry(document, supplier, is_it=False, numbers=(number, supplier.name))


ABSENT: dict[str, Callable[[_Maker, Document, Supplier], None]] = {
    "nothing": _nothing,
    "its credit note": _credit_note,
    "its payment": _payment,
    "number of another supplier": _other_supplier,
    "number of another year": _other_year,
    "subscription": _subscription,
    "next number, same day and amount": _same_day,
}


def make(seed: int, documents: int = 200) -> Dossier:
    """One company file with as many documents; half of them are in the books."""
    maker = _Maker(seed)
    for _ in range(documents):
        supplier = maker.random.choice(maker.suppliers)
        kind = Kind.PURCHASE_CREDIT_NOTE if maker.random.random() < 0.1 else Kind.PURCHASE_INVOICE
        document = maker.document(supplier, kind=kind)
        cases = PRESENT if maker.random.random() < 0.5 else ABSENT
        case = maker.random.choice(list(cases))
        if document.kind.is_credit_note and case in ("near amount", "split in two"):
            case = "copied"
        if case == "its credit note" and document.kind.is_credit_note:
            case = "nothing"
        if case == "its payment" and document.kind.is_credit_note:
            case = "nothing"
        maker.dossier.cases[document.key] = case
        (PRESENT | ABSENT)[case](maker, document, supplier)
    return maker.dossier
