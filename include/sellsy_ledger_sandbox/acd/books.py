"""The books of one emulated ACD dossier, and every check of what is written into them.

Codes of refusals are those that clients of the API report; where none is known the server answers a French sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sellsy_ledger_sandbox.base import HandEntry, World

__all__ = [
    "AUXILIARY_MAX",
    "Account",
    "Booked",
    "Document",
    "Dossier",
    "Line",
    "Refusal",
    "book",
    "create_account",
    "type_in",
]

LABEL_MAX, AUXILIARY_MAX = 50, 13
NATURES = {"sales": "Vente", "purchases": "Achat", "bank": "Tresorerie"}
BAD_VALUE = "Le format de la chaîne d'entrée est incorrect."
COLLECTIVES = {"C": "411000", "F": "401000"}


class Refusal(Exception):
    """A refusal in ACD's own body; an empty ``code`` makes it a bare sentence."""

    def __init__(self, code: str, text: str, status: int = 0) -> None:
        super().__init__(code or text)
        self.code, self.text, self.status = code, text, status


@dataclass
class Account:
    """A general account (``category`` empty), or a customer's (C) or supplier's (F)."""

    code: str
    label: str
    category: str = ""
    inactive: bool = False
    analytic: bool = False


@dataclass
class Journal:
    """A shared journal; ``takes_number`` is what the server enforces, ``listed`` what its list says."""

    code: str
    label: str
    nature: str
    takes_number: bool
    listed: bool


@dataclass
class Document:
    """A file of the document store or of the tray."""

    id: int
    name: str
    body: bytes
    at: str

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Line:
    """One line of an entry, in cents."""

    account: Account
    label: str
    debit: int
    credit: int
    piece: str
    vat_code: str
    extra: dict[str, Any]


@dataclass
class Booked:
    """One entry as the dossier keeps it: no id, no key."""

    journal: Journal
    day: date
    lines: list[Line]
    document: Document | None = None
    validated: date | None = None
    lettering: str = ""


@dataclass
class Year:
    """A fiscal year."""

    start: date
    end: date
    closed: bool


@dataclass
class Dossier:
    """One client dossier: chart, journals, years, third parties, entries, files."""

    code: str
    name: str
    world: World
    shared: bool = True
    shifted: bool = False
    has_ged_plan: bool = True
    has_ged: bool = True
    entries: list[Booked] = field(default_factory=list)
    files: list[Document] = field(default_factory=list)
    tray: list[Document] = field(default_factory=list)
    next_file: int = 987_654

    def __post_init__(self) -> None:
        self.accounts = {each["number"]: Account(each["number"], each["label"]) for each in self.world.chart}
        self.accounts["706900"] = Account("706900", "Prestations à ventiler", analytic=True)
        self.accounts["471900"] = Account("471900", "Compte d'attente (ancien)", inactive=True)
        self.journals = {
            each["code"]: Journal(
                each["code"],
                each["label"],
                NATURES.get(each["kind"], "OperationDiverse"),
                takes_number=each["kind"] == "sales",
                listed=each["kind"] == "sales",
            )
            for each in self.world.journals
        }
        self.years = [
            Year(_day_of(each["start"], self.shifted), _day_of(each["end"], self.shifted), each["closed"])
            for each in self.world.fiscal_years
        ]

    def keep(self, name: str, body: bytes) -> Document:
        """A new file; its number is never used again."""
        self.next_file += 1
        return Document(self.next_file, name, body, f"{self.world.now():%Y-%m-%dT%H:%M:%S}")

    def vat_codes(self) -> set[str]:
        """The codes a line may carry."""
        return {each["code"] for each in self.world.vat_codes}


def _day_of(iso: str, shifted: bool) -> date:
    """The day; for a year that spans two, the first of July and the 30th of June instead."""
    day = date.fromisoformat(iso)
    if not shifted:
        return day
    return date(day.year - 1, 7, 1) if day.month == 1 else date(day.year, 6, 30)


# -- third parties -----------------------------------------------------------------------------------------------
def create_account(dossier: Dossier, body: Mapping[str, Any], category: str) -> None:
    """A new account; one that exists is refused and left as it is."""
    code, label = body.get("code"), body.get("lib")
    if not isinstance(code, str) or not isinstance(label, str) or not code.strip() or not label.strip():
        raise Refusal("", BAD_VALUE, 400)
    if len(code) > AUXILIARY_MAX:
        raise Refusal("codeCompteTropLong", f"Le code {code} dépasse {AUXILIARY_MAX} caractères")
    if code in dossier.accounts:
        raise Refusal("compteExisteDeja", f"Le compte {code} existe déjà")
    if category and not code.startswith(category):
        raise Refusal("racineIncorrecte", f"Le compte {code} ne commence pas par {category}")
    dossier.accounts[code] = Account(code, label, category)


# -- entries -----------------------------------------------------------------------------------------------------
def book(dossier: Dossier, body: Mapping[str, Any], *, french: bool) -> Booked:
    """Check an entry as the server does, then keep it. Fields that nobody knows are let through."""
    journal = dossier.journals.get(str(body.get("journal") or ""))
    if journal is None:
        raise Refusal("", f"Journal {body.get('journal')} introuvable ou non partagé", 400)
    raw_lines = body.get("lignesecriture")
    if not isinstance(raw_lines, list) or len(raw_lines) < 2 or not all(isinstance(each, dict) for each in raw_lines):
        raise Refusal("", BAD_VALUE, 400)
    days = {_day(body, each) for each in raw_lines}
    for day in days:
        _check_year(dossier, day)
    lines = [_line(dossier, journal, each, french=french) for each in raw_lines]
    if sum(line.debit for line in lines) != sum(line.credit for line in lines):
        raise Refusal("ecritureNonEquilibre", f"Ecriture déséquilibrée sur le journal {journal.code}")
    booked = Booked(journal, min(days), lines, _document(dossier, body.get("referenceged")))
    dossier.entries.append(booked)
    return booked


def type_in(dossier: Dossier, entry: HandEntry) -> None:
    """Keep an entry that the firm typed; a third party's account is opened when there is none."""
    if entry["journal"] not in dossier.journals:
        raise ValueError(f"journal {entry['journal']} does not exist")
    lines = []
    for each in entry["lines"]:
        code = each.get("auxiliary_account") or each["account"]
        category = next((one for one, control in COLLECTIVES.items() if control[:3] == each["account"][:3]), "")
        if code not in dossier.accounts and not category:
            raise ValueError(f"account {code} does not exist")
        account = dossier.accounts.setdefault(code, Account(code, entry["third_party_name"], category))
        label = each["label"][:LABEL_MAX]
        lines.append(Line(account, label, each["debit_cents"], each["credit_cents"], entry["piece"], "", {}))
    dossier.entries.append(Booked(dossier.journals[entry["journal"]], date.fromisoformat(entry["date"]), lines))


def _day(body: Mapping[str, Any], line: Mapping[str, Any]) -> date:
    parts = (body.get("annee"), body.get("mois"), line.get("jour"))
    with suppress(ValueError, TypeError, OverflowError):
        if all(isinstance(part, int) and not isinstance(part, bool) for part in parts):
            return date(*parts)  # type: ignore[arg-type]  # integers, as checked
    raise Refusal("", BAD_VALUE, 400)


def _check_year(dossier: Dossier, day: date) -> None:
    year = next((each for each in dossier.years if each.start <= day <= each.end), None)
    if year is None:
        raise Refusal("", f"Aucun exercice ne contient la date {day:%d/%m/%Y}", 400)
    if year.closed:
        raise Refusal("", f"L'exercice du {year.start:%d/%m/%Y} au {year.end:%d/%m/%Y} est clôturé", 400)


def _line(dossier: Dossier, journal: Journal, raw: Mapping[str, Any], *, french: bool) -> Line:
    account = dossier.accounts.get(str(raw.get("compte") or ""))
    if account is None:
        raise Refusal("compteInexistant", f"Le compte {raw.get('compte')} n'existe pas")
    if account.inactive:
        raise Refusal("", f"Le compte {account.code} est inactif", 400)
    if account.analytic and not raw.get("analytiques"):
        raise Refusal("analytiqueCleRepartitionInexistante", f"Compte {account.code} : clé de répartition absente")
    vat_code = raw.get("codetva") or ""
    if vat_code and vat_code not in dossier.vat_codes():
        raise Refusal("", f"Code TVA {vat_code} inexistant", 400)
    if raw.get("numerofacture") and not journal.takes_number:
        in_french = f"Le numéro de facture n'est pas activé sur le journal {journal.code}"
        raise Refusal("", in_french if french else f"invoice number is not enabled on journal {journal.code}", 400)
    label = raw.get("libelle")
    if not isinstance(label, str) or not label.strip():
        raise Refusal("", BAD_VALUE, 400)
    debit, credit = _cents(raw.get("debit")), _cents(raw.get("credit"))
    if bool(debit) == bool(credit):
        raise Refusal("", BAD_VALUE, 400)
    known = {"jour", "compte", "codetva", "libelle", "debit", "credit", "numeropiece", "numerofacture"}
    extra = {name: value for name, value in raw.items() if name not in known}
    # A longer label is cut, not refused.
    return Line(account, label[:LABEL_MAX], debit, credit, str(raw.get("numeropiece") or ""), vat_code, extra)


def _cents(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Refusal("", BAD_VALUE, 400)
    cents = Decimal(value) * 100
    if not cents.is_finite() or cents < 0 or cents != cents.to_integral_value():
        raise Refusal("", BAD_VALUE, 400)
    return int(cents)


def _document(dossier: Dossier, reference: object) -> Document | None:
    if reference in (None, ""):
        return None
    found = next((each for each in dossier.files if str(each.id) == str(reference)), None)
    if found is None:
        raise Refusal("", f"Document GED {reference} introuvable", 400)
    return found
