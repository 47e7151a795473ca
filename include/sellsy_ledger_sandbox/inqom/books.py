"""The books of one emulated Inqom folder, and every check of what is written into them. Amounts in cents.

Words of refusals are invented: the shape of Inqom's error bodies is not documented; some are JSON here, some text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sellsy_ledger_sandbox.base import HandEntry, World
from sellsy_ledger_sandbox.inqom.papers import Paper

__all__ = ["Booked", "Folder", "Line", "Period", "Refusal", "book_all", "create_account", "type_in", "update_all"]

ENTRIES_MAX = 50
NUMBER_MAX, NAME_MAX, REFERENCE_MAX, CURRENCY_MAX = 22, 100, 256, 5
JOURNAL_TYPES = {"sales": "Sell", "purchases": "Buy", "bank": "Bank"}
COLLECTIVE = {"411": "4111", "401": "4011"}
ENTRY_FIELDS = {"JournalId", "Date", "AccountingDocumentId", "Document", "EntryRef", "DueDate", "ExternalId", "Lines"}
LINE_FIELDS = {
    "Label",
    "DebitAmount",
    "CreditAmount",
    "Currency",
    "AccountNumber",
    "ExternalId",
    "Quantities",
    "Analytics",
}


class Refusal(Exception):
    """An error answer: its status, and a body that is JSON or text."""

    def __init__(self, body: Any, status: int = 400) -> None:
        super().__init__(str(body))
        self.body, self.status = body, status


@dataclass
class Line:
    """One line of an entry, in cents."""

    id: int
    account: str
    debit: int
    credit: int
    label: str
    external_id: str | None = None
    letter: str | None = None


@dataclass
class Booked:
    """One entry as the folder keeps it; ``key`` is what it keeps of the caller's own key."""

    id: int
    day: date
    journal: dict[str, Any]
    key: str | None
    reference: str
    paper: Paper | None
    lines: list[Line]


@dataclass
class Period:
    """One accounting period."""

    id: int
    begin: date
    end: date
    locked: bool


@dataclass
class Folder:
    """One accounting folder: chart, journals, periods, documents, entries."""

    id: int
    name: str
    siren: str
    accounts: dict[str, dict[str, Any]]
    journals: list[dict[str, Any]]
    periods: list[Period]
    entries: list[Booked] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    last_id: int = 0

    @classmethod
    def of(cls, world: World, folder_id: int, name: str, siren: str) -> Folder:
        """A folder with the world's books."""
        accounts = {each["number"]: _account(each["number"], each["label"], each["number"][:3]) for each in world.chart}
        for root, parent in COLLECTIVE.items():
            accounts[parent] = _account(parent, "Clients" if root == "411" else "Fournisseurs", root, impactable=False)
        journals = [
            {
                "Id": folder_id * 10 + 501 + position,
                "Name": each["code"],
                "Description": each["label"],
                "Type": JOURNAL_TYPES.get(each["kind"], "Misc"),
            }
            for position, each in enumerate(world.journals)
        ]
        periods = [
            Period(
                folder_id * 10 + 7001 + position,
                date.fromisoformat(each["start"]),
                date.fromisoformat(each["end"]),
                each["closed"],
            )
            for position, each in enumerate(world.fiscal_years)
        ]
        return cls(folder_id, name, siren, accounts, journals, periods, last_id=folder_id * 1000)

    def new_id(self) -> int:
        """A number that nothing in this folder has yet."""
        self.last_id += 1
        return self.last_id

    def period(self, day: date) -> Period | None:
        """The period that holds ``day``."""
        return next((each for each in self.periods if each.begin <= day <= each.end), None)

    def journal(self, name: str) -> dict[str, Any] | None:
        """The journal of that code."""
        return next((each for each in self.journals if each["Name"] == name), None)

    def impactable(self, number: str) -> bool:
        """True when an entry may use the account."""
        return bool(self.accounts.get(number, {}).get("IsImpactable"))


def _account(number: str, name: str, parent: str, *, impactable: bool = True) -> dict[str, Any]:
    return {
        "Number": number,
        "Name": name,
        "IsImpactable": impactable,
        "IsDivisible": not impactable,
        "IsManaged": False,
        "ParentAccountNumber": parent,
    }


# -- accounts ------------------------------------------------------------------------------------------------------
def create_account(folder: Folder, raw: Any) -> str:
    """Make an account; the number really made: 411X becomes 4111X."""
    if not isinstance(raw, dict) or set(raw) - {"AccountNumber", "Name", "Auxiliarize"}:
        raise Refusal({"Message": "La requête est invalide."})
    number, name = raw.get("AccountNumber"), raw.get("Name")
    if not isinstance(number, str) or not re.fullmatch(r"[1-9][0-9]{2}[0-9A-Z]*", number) or len(number) > NUMBER_MAX:
        raise Refusal({"Errors": {"AccountNumber": ["Le numéro de compte est invalide."]}})
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME_MAX:
        raise Refusal({"Errors": {"Name": ["Le nom doit avoir de 1 à 100 caractères."]}})
    parent = COLLECTIVE.get(number[:3])
    if parent and raw.get("Auxiliarize", True) and not number.startswith(parent):
        number = parent + number[3:]
    if number in folder.accounts:
        raise Refusal(f"Le compte {number} existe déjà.")
    folder.accounts[number] = _account(number, name, parent or number[:3])
    return number


# -- entries -------------------------------------------------------------------------------------------------------
def book_all(folder: Folder, raw: Any) -> list[Booked]:
    """Book 1 to 50 entries, all or none."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= ENTRIES_MAX:
        raise Refusal({"Message": f"Envoyez de 1 à {ENTRIES_MAX} écritures."})
    before = folder.last_id
    try:
        booked = [_entry(folder, each) for each in raw]
    except Refusal:
        folder.last_id = before
        raise
    folder.entries.extend(booked)
    return booked


def update_all(folder: Folder, raw: Any) -> list[Booked]:
    """Put 1 to 50 entries in the places of those with their ids, all or none; a line that is not named is gone.

    What lettered lines and locked periods draw is not documented: they are refused.
    """
    if not isinstance(raw, list) or not 1 <= len(raw) <= ENTRIES_MAX or not all(isinstance(each, dict) for each in raw):
        raise Refusal({"Message": f"Envoyez de 1 à {ENTRIES_MAX} écritures."})
    before = folder.last_id
    try:
        updated = [_update(folder, each) for each in raw]
    except Refusal:
        folder.last_id = before
        raise
    places = {booked.id: place for place, booked in enumerate(folder.entries)}
    for booked in updated:
        folder.entries[places[booked.id]] = booked
    return updated


def _update(folder: Folder, raw: dict[str, Any]) -> Booked:
    held = next((each for each in folder.entries if each.id == raw.get("Id")), None)
    if held is None:
        raise Refusal({"Message": "L'écriture n'existe pas."})
    period = folder.period(held.day)
    if period is None or period.locked:
        raise Refusal("La période comptable est verrouillée.")
    if any(line.letter for line in held.lines):
        raise Refusal("L'écriture est lettrée : délettrez-la avant de la modifier.")
    body = {name: value for name, value in raw.items() if name != "Id"}
    told = body.get("Lines")
    sent = told if isinstance(told, list) else []
    ids = [line.get("Id") for line in sent if isinstance(line, dict)]
    if {each for each in ids if each is not None} - {line.id for line in held.lines}:
        raise Refusal({"Message": "Une ligne n'appartient pas à l'écriture."})
    body["Lines"] = [{k: v for k, v in line.items() if k != "Id"} if isinstance(line, dict) else line for line in sent]
    made = _entry(folder, body)
    made.id = held.id
    for line, line_id in zip(made.lines, ids, strict=False):
        line.id = line_id or line.id
    return made


def type_in(folder: Folder, entry: HandEntry) -> None:
    """Book what somebody typed: the number in the label, no document; a third party's account is opened.

    Raises:
        ValueError: it cannot be.
    """
    journal = folder.journal(entry["journal"])
    if journal is None:
        raise ValueError(f"journal {entry['journal']} does not exist")
    lines = []
    for each in entry["lines"]:
        number = each.get("auxiliary_account") or each["account"]
        if each.get("auxiliary_account"):
            folder.accounts.setdefault(number, _account(number, entry["third_party_name"], number[:4]))
        elif not folder.impactable(number):
            raise ValueError(f"account {number} takes no entry")
        lines.append(Line(folder.new_id(), number, each["debit_cents"], each["credit_cents"], each["label"].upper()))
    day = date.fromisoformat(entry["date"])
    folder.entries.append(Booked(folder.new_id(), day, journal, None, entry["piece"], None, lines))


def _entry(folder: Folder, raw: Any) -> Booked:
    _known(raw, ENTRY_FIELDS, "écriture")
    journal = next((each for each in folder.journals if each["Id"] == raw.get("JournalId")), None)
    if journal is None:
        raise Refusal({"Message": "Le journal n'existe pas dans ce dossier."})
    day = _day(raw.get("Date"), "Date")
    period = folder.period(day)
    if period is None:
        raise Refusal("La date n'appartient à aucune période comptable.")
    if period.locked:
        raise Refusal("La période comptable est verrouillée.")
    document = raw.get("Document") or {}
    _known(document, {"Reference", "Date"}, "pièce")
    if "Date" in document:
        _day(document["Date"], "Document.Date")
    reference = _text(document.get("Reference", ""), "Document.Reference", REFERENCE_MAX)
    external_id = raw.get("ExternalId")
    if external_id is not None:
        _text(external_id, "ExternalId", REFERENCE_MAX)
    paper = _paper(folder, raw.get("AccountingDocumentId"))
    entry_id = folder.new_id()
    lines = _lines(folder, raw.get("Lines"))
    return Booked(entry_id, day, journal, external_id, reference, paper, lines)


def _paper(folder: Folder, document_id: Any) -> Paper | None:
    if document_id is None:
        return None
    found = next((each for each in folder.papers if each.id == document_id), None)
    if found is None:
        raise Refusal({"Message": "AccountingDocumentId : document introuvable."})
    return found


def _lines(folder: Folder, raw: Any) -> list[Line]:
    if not isinstance(raw, list) or len(raw) < 2:
        raise Refusal({"Message": "Une écriture a au moins deux lignes."})
    problems: list[dict[str, Any]] = []
    lines = []
    for position, each in enumerate(raw):
        try:
            lines.append(_line(folder, each))
        except Refusal as refusal:
            problems.append({"Line": position, "Message": refusal.body})
    if problems:
        raise Refusal({"Message": problems[0]["Message"], "Errors": problems})
    if sum(line.debit for line in lines) != sum(line.credit for line in lines):
        raise Refusal([{"Message": "L'écriture n'est pas équilibrée."}])
    return lines


def _line(folder: Folder, raw: Any) -> Line:
    _known(raw, LINE_FIELDS, "ligne")
    label = _text(raw.get("Label"), "Label", REFERENCE_MAX)
    if not label.strip():
        raise Refusal("Le libellé est obligatoire.")
    currency = _text(raw.get("Currency"), "Currency", CURRENCY_MAX)
    if currency != "EUR":
        raise Refusal("La devise n'est pas gérée.")
    number = _text(raw.get("AccountNumber"), "AccountNumber", NUMBER_MAX)
    if not folder.impactable(number):
        raise Refusal(f"Le compte {number} n'existe pas ou n'est pas imputable.")
    debit, credit = _cents(raw.get("DebitAmount", 0)), _cents(raw.get("CreditAmount", 0))
    if bool(debit) is bool(credit):
        raise Refusal("Renseignez un débit ou un crédit.")
    external_id = raw.get("ExternalId")
    if external_id is not None:
        _text(external_id, "ExternalId", REFERENCE_MAX)
    return Line(folder.new_id(), number, debit, credit, label.upper(), external_id)


def _known(raw: Any, fields: set[str], what: str) -> None:
    if not isinstance(raw, Mapping) or set(raw) - fields:
        raise Refusal({"Message": f"La requête est invalide ({what})."})


def _text(value: Any, name: str, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise Refusal(f"{name} est invalide.")
    return value


def _day(value: Any, name: str) -> date:
    with suppress(ValueError, TypeError):
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    raise Refusal({"Message": f"{name} est invalide."})


def _cents(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Refusal("Le montant est invalide.")
    cents = Decimal(value) * 100
    if not cents.is_finite() or cents < 0 or cents != cents.to_integral_value():
        raise Refusal("Le montant est invalide.")
    return int(cents)
