"""The books of Sage 100 companies: charts, journals, years, third parties, entries; whatever way led to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sellsy_ledger_sandbox.base import Entry, HandEntry, World

__all__ = ["Books", "Line", "NotTaken", "ThirdParty"]

JOURNAL_TYPES = {"sales": "Vente", "purchases": "Achat", "bank": "Tresorerie"}
COLLECTIVE = ("401", "404", "411")


class NotTaken(Exception):
    """Sage does not take it: every reason, in its own French words."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(reasons[0])
        self.reasons = reasons


@dataclass
class ThirdParty:
    """A customer or supplier."""

    id: str
    number: str
    name: str
    type: str
    control: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Line:
    """One ledger line; amounts in cents."""

    id: str
    journal: str
    day: date
    piece: str
    invoice_number: str
    reference: str
    account: str
    third_party: str
    label: str
    debit_cents: int
    credit_cents: int
    due: str | None = None
    provenance: str | None = None
    sequence: int | None = None


class Books:
    """One company.

    Args:
        world: the facts that all tools share.
        company: its code.
        label_max: characters of a label that this Sage keeps.
    """

    def __init__(self, world: World, company: str, label_max: int = 69) -> None:
        self.company, self.label_max = company, label_max
        self.accounts = {account["number"]: account["label"] for account in world.chart}
        self.journals = {journal["code"]: journal for journal in world.journals}
        self.years = list(world.fiscal_years)
        self.third_parties: dict[str, ThirdParty] = {}
        self.lines: list[Line] = []
        self.entries: list[Entry] = []
        self._next = 0

    def new_id(self, kind: str) -> str:
        """An id that nothing of this company has yet; the same in each replay."""
        self._next += 1
        return f"{self.company}-{kind}-{self._next}"

    def year_fault(self, day: date) -> str | None:
        """Why a day takes no entry; None when it does."""
        for year in self.years:
            if date.fromisoformat(year["start"]) <= day <= date.fromisoformat(year["end"]):
                return "L'exercice est clôturé" if year["closed"] else None
        return "L'écriture n'appartient pas à un exercice"

    def add_third_party(self, number: str, name: str, kind: str, control: str, **facts: Any) -> ThirdParty:
        """A new one; numbers are unique among all kinds."""
        made = ThirdParty(self.new_id("tiers"), number.upper(), name, kind, control, facts)
        self.third_parties[made.number] = made
        return made

    def opened(self, account: str) -> str:
        """The account, opened under its first ten characters when there is none of that number."""
        if account not in self.accounts:
            account = account[:10]
            self.accounts.setdefault(account, "Compte à créer")
        return account

    def book(self, lines: list[Line], *, key: str | None, pdf_sha256: str | None = None) -> Entry:
        """Write an entry that was checked."""
        first = lines[0]
        self.lines.extend(lines)
        entry: Entry = {
            "key": key or first.reference or first.invoice_number,
            "journal": first.journal,
            "date": first.day.isoformat(),
            "piece": first.invoice_number or first.piece,
            "lines": [
                {
                    "account": line.account,
                    "auxiliary_account": line.third_party or None,
                    "debit_cents": line.debit_cents,
                    "credit_cents": line.credit_cents,
                    "label": line.label,
                }
                for line in lines
            ],
            "pdf_sha256": pdf_sha256,
            "draft": False,
            "company": self.company,
            "id": first.id,
        }
        self.entries.append(entry)
        return entry

    def type_in(self, entry: HandEntry) -> None:
        """Book an entry that somebody typed in Sage: the journal numbers the piece, the rest is as it was typed.

        Raises:
            ValueError: it cannot be.
        """
        day, journal = date.fromisoformat(entry["date"]), entry["journal"]
        unknown = [each["account"] for each in entry["lines"] if each["account"] not in self.accounts]
        if journal not in self.journals or self.year_fault(day) or unknown:
            raise ValueError(f"journal {journal}, day {day} or accounts {unknown} cannot be booked on")
        piece, lines = self.next_piece(journal), []
        for each in entry["lines"]:
            party = (each.get("auxiliary_account") or "").upper()
            if party and party not in self.third_parties:
                kind = "Client" if each["account"].startswith("41") else "Fournisseur"
                self.add_third_party(party, entry["third_party_name"], kind, each["account"])
            lines.append(
                Line(
                    id=self.new_id("ecriture"),
                    journal=journal,
                    day=day,
                    piece=piece,
                    invoice_number=entry["piece"],
                    reference="",
                    account=each["account"],
                    third_party=party,
                    label=each["label"][: self.label_max],
                    debit_cents=each["debit_cents"],
                    credit_cents=each["credit_cents"],
                )
            )
        self.book(lines, key=None)

    def next_piece(self, journal: str) -> str:
        """The number that the journal gives by itself."""
        return f"{journal}{len({line.piece for line in self.lines if line.journal == journal}) + 1:05d}"


def is_collective(account: str) -> bool:
    """True for an account that is kept per third party."""
    return account.startswith(COLLECTIVE)
