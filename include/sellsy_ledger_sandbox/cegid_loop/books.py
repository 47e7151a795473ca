"""The books of one emulated Cegid Loop folder, and every check that an import makes when it is carried out.

Refusals are French sentences, as the import report of the tool gives them; their exact words are not published.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sellsy_ledger_sandbox.base import Entry, HandEntry, World

__all__ = ["LABEL_MAX", "THIRD_PARTY_MAX", "Booked", "Folder", "ImportFailed", "ImportOptions", "RawLine"]

LABEL_MAX, THIRD_PARTY_MAX = 35, 17
WAITING_ACCOUNT = "471000"
JOURNAL_TYPES = {"purchases": 1, "other": 2, "bank": 4, "sales": 8}
COLLECTIVE = {"411": "client", "401": "supplier"}


class ImportFailed(Exception):
    """Why an import ended in error; nothing of it is booked. ``line`` counts from 1, 0 = the import as a whole."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass
class RawLine:
    """One line as an import brings it, whatever its format; amounts in cents."""

    day: date
    journal: str
    account: str
    label: str
    piece: str
    debit: int
    credit: int
    third_party: str = ""
    third_party_name: str = ""
    piece_date: date | None = None
    due: date | None = None
    reference: str = ""
    file_uri: str = ""


@dataclass
class ImportOptions:
    """The options of an import that change what is booked, with the API's own defaults."""

    fail_on_unbalanced: bool = False
    balance_auto: bool = True
    create_third_parties: bool = True
    create_accounts: bool = False
    create_journals: bool = False
    period: tuple[date, date] | None = None


@dataclass
class Booked:
    """One entry as the folder keeps it."""

    id: str
    lines: list[dict[str, Any]]
    reference: str
    pdf_sha256: str | None = None

    @property
    def key(self) -> str:
        """What it carries of its sender's key: the reference, else the piece."""
        return self.reference or str(self.lines[0]["piece"])


@dataclass
class Folder:
    """One accounting folder: chart, journals, third parties, entries."""

    world: World
    code: str
    name: str
    siret: str
    nested: bool = False
    entries: list[Booked] = field(default_factory=list)
    third_parties: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._last_id = 0
        self.third_parties = {"client": [], "supplier": []}
        self.accounts: list[dict[str, Any]] = [
            {
                "objectId": self.new_id(),
                "revisionId": 1,
                "numero": each["number"],
                "libelle": each["label"],
                "type": int(each["number"][0]) if each["number"][0] in "1234567" else 7,
                "collectif": each["number"][:3] in COLLECTIVE,
                "lettrable": each["number"][:3] in COLLECTIVE,
                "pointable": False,
                "centralisable": False,
                "analytique": False,
                "ferme": False,
            }
            for each in self.world.chart
        ]
        self.journals: list[dict[str, Any]] = [
            {
                "objectId": self.new_id(),
                "code": each["code"],
                "libelle": each["label"],
                "type": JOURNAL_TYPES.get(each["kind"], 2),
            }
            for each in self.world.journals
        ]
        self.vat_codes: list[dict[str, Any]] = [
            {"objectId": self.new_id(), "code": each["code"], "description": each["label"], "regime": 1}
            for each in self.world.vat_codes
        ]

    def new_id(self) -> str:
        """A uuid that nothing in this folder has yet; the same sequence after a restart."""
        self._last_id += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.code}:{self._last_id}"))

    # -- carrying an import out --------------------------------------------------------------------------------
    def book(self, lines: list[RawLine], options: ImportOptions) -> list[Booked]:
        """Check every line, then book them, one entry for each piece of a journal and day.

        Raises:
            ImportFailed: nothing was booked.
        """
        for number, line in enumerate(lines, 1):
            self._check(line, number, options)
        groups: dict[tuple[str, date, str], list[RawLine]] = {}
        for line in lines:
            groups.setdefault((line.journal, line.day, line.piece), []).append(line)
        for group in groups.values():
            self._balance(group, options)
        booked = [self._book(group, options) for group in groups.values()]
        self.entries.extend(booked)
        return booked

    def type_in(self, entry: HandEntry) -> None:
        """Book an entry that somebody typed in Loop.

        Raises:
            ValueError: it cannot be.
        """
        lines = [
            RawLine(
                day=date.fromisoformat(entry["date"]),
                journal=entry["journal"],
                account=each["account"],
                label=each["label"],
                piece=entry["piece"],
                debit=each["debit_cents"],
                credit=each["credit_cents"],
                third_party=each.get("auxiliary_account") or "",
                third_party_name=entry["third_party_name"],
            )
            for each in entry["lines"]
        ]
        try:
            self.book(lines, ImportOptions(fail_on_unbalanced=True))
        except ImportFailed as failure:
            raise ValueError(failure.message) from failure

    def _check(self, line: RawLine, number: int, options: ImportOptions) -> None:
        day = line.day.isoformat()
        if options.period and not options.period[0] <= line.day <= options.period[1]:
            raise ImportFailed(f"La date {day} est hors contexte", number)
        year = next((each for each in self.world.fiscal_years if each["start"] <= day <= each["end"]), None)
        if year is None:
            raise ImportFailed(f"La date {day} n'appartient à aucun exercice", number)
        if year["closed"]:
            raise ImportFailed(f"L'exercice du {year['start']} au {year['end']} est clôturé", number)
        if line.journal == "AN" or all(each["code"] != line.journal for each in self.journals):
            raise ImportFailed(f"Le journal {line.journal} n'existe pas", number)
        account = self.account(line.account)
        if account is None:
            raise ImportFailed(f"Le compte {line.account} n'existe pas", number)
        if account["ferme"]:
            raise ImportFailed(f"Le compte {line.account} est fermé", number)
        if line.third_party and not account["collectif"]:
            raise ImportFailed(f"Le compte {line.account} n'est pas collectif : le tiers ne peut y être saisi", number)
        if (line.debit > 0) == (line.credit > 0) or line.debit < 0 or line.credit < 0:
            raise ImportFailed("Montant au débit ou au crédit attendu", number)

    def account(self, number: str) -> dict[str, Any] | None:
        """The account of that number, padding zeros left out of the comparison."""
        bare = number.rstrip("0")
        return next((each for each in self.accounts if each["numero"].rstrip("0") == bare), None)

    def _balance(self, group: list[RawLine], options: ImportOptions) -> None:
        gap = sum(line.debit - line.credit for line in group)
        if gap and options.fail_on_unbalanced:
            raise ImportFailed("L'écriture est déséquilibrée")
        if gap and options.balance_auto:
            first = group[0]
            group.append(
                RawLine(
                    day=first.day,
                    journal=first.journal,
                    account=WAITING_ACCOUNT,
                    label="Equilibrage automatique",
                    piece=first.piece,
                    debit=max(-gap, 0),
                    credit=max(gap, 0),
                    reference=first.reference,
                )
            )

    def _book(self, group: list[RawLine], options: ImportOptions) -> Booked:
        lines = [self._line(line, options) for line in group]
        reference = next((line.reference for line in group if line.reference), "")
        return Booked(self.new_id(), lines, reference)

    def _line(self, line: RawLine, options: ImportOptions) -> dict[str, Any]:
        account = self.account(line.account)
        assert account is not None
        return {
            "id": self.new_id(),
            "journal": line.journal,
            "account": account["numero"],
            "third_party": self._third_party(line, options) if line.third_party else None,
            "day": line.day,
            "piece_date": line.piece_date or line.day,
            "due": line.due,
            # Longer texts are cut without a word.
            "label": line.label[:LABEL_MAX],
            "piece": line.piece,
            "reference": line.reference or None,
            "debit": line.debit,
            "credit": line.credit,
            "lettering": None,
        }

    def _third_party(self, line: RawLine, options: ImportOptions) -> str:
        code = line.third_party[:THIRD_PARTY_MAX]
        held = self.third_parties[COLLECTIVE.get(line.account[:3], "client")]
        if any(each["code"] == code for each in held):
            return code
        if not options.create_third_parties:
            return "ATTENTE"
        held.append(
            {
                "objectId": self.new_id(),
                "code": code,
                "nature": 2,
                # The JSON import brings no name: the code stands in for it.
                "raisonSociale": line.third_party_name or code,
                "SIRET": None,
                "actif": True,
                "compteContrepartie": None,
            }
        )
        return code

    # -- what is asked of them ---------------------------------------------------------------------------------
    def lines(self) -> Iterable[dict[str, Any]]:
        """Every line of every entry."""
        for entry in self.entries:
            yield from entry.lines

    def witness(self) -> list[Entry]:
        """The entries in the form of the control surface; the key is the reference, else the piece."""
        return [
            {
                "key": entry.key,
                "journal": entry.lines[0]["journal"],
                "date": entry.lines[0]["day"].isoformat(),
                "piece": entry.lines[0]["piece"],
                "lines": [
                    {
                        "account": line["account"],
                        "debit_cents": line["debit"],
                        "credit_cents": line["credit"],
                        "label": line["label"],
                        "auxiliary_account": line["third_party"],
                    }
                    for line in entry.lines
                ],
                "pdf_sha256": entry.pdf_sha256,
                "draft": False,
                "company": self.name,
                "id": entry.id,
            }
            for entry in self.entries
        ]
