"""The OData interface of one company: its rows, the creation of entries and of third parties, with all their checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from sellsy_ledger_sandbox.sage100.books import JOURNAL_TYPES, Books, Line, NotTaken, ThirdParty, is_collective
from sellsy_ledger_sandbox.sage100.edmx import ECRITURE_FIELDS

__all__ = ["Interface"]

HEADER_FIELDS = frozenset({"date", "extProvenance", "extSequence", "ecritures"})
THIRD_PARTY_FIELDS = {
    *("numero", "intitule", "type", "comptePrincipal@odata.bind", "siret", "identifiant", "ape", "qualite"),
    *("classement", "contact", "commentaire", "adresse", "telecom"),
}
ADDRESS_FIELDS = {"adresse", "complement", "codePostal", "ville", "codeRegion", "pays"}
REACH_FIELDS = {"telephone", "telecopie", "site", "eMail"}
NUMBER_MAX = 17
CONTROLS = {"Client": "41", "Fournisseur": "40"}
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00Z")
_KEYED = re.compile(r"/sage100/([^/]+)/(\w+)\('((?:[^']|'')*)'\)")


class Interface:
    """One company (a dataset).

    Args:
        dataset: its id in addresses.
        name: what the list of companies shows.
        books: its books.
    """

    def __init__(self, dataset: str, name: str, books: Books) -> None:
        self.dataset, self.name, self.books = dataset, name, books

    # -- rows ----------------------------------------------------------------------------------------------------
    def rows(self, resource: str) -> tuple[str, Iterator[dict[str, Any]]] | None:
        """``(type, rows)`` of a resource; None when there is no such one."""
        return {
            "comptes": ("Compte", self._accounts()),
            "journaux": ("Journal", self._journals()),
            "tiers": ("Tiers", self._third_parties("")),
            "clients": ("Tiers", self._third_parties("Client")),
            "fournisseurs": ("Tiers", self._third_parties("Fournisseur")),
            "ecritures": ("Ecriture", self._lines()),
        }.get(resource)

    def years(self) -> list[dict[str, Any]]:
        """The fiscal years."""
        return [
            {
                "dateDebut": f"{year['start']}T00:00:00Z",
                "dateFin": f"{year['end']}T00:00:00Z",
                "cloture": year["closed"],
            }
            for year in self.books.years
        ]

    def _accounts(self) -> Iterator[dict[str, Any]]:
        for number, label in self.books.accounts.items():
            yield self._account(number) | {"intitule": label}

    def _account(self, number: str) -> dict[str, Any]:
        label = self.books.accounts.get(number, "")
        return {"id": f"cpt-{number}", "numero": number, "intitule": label, "type": "Detail", "sommeil": False}

    def _journals(self) -> Iterator[dict[str, Any]]:
        for code in self.books.journals:
            yield self._journal(code)

    def _journal(self, code: str) -> dict[str, Any]:
        journal = self.books.journals[code]
        kind = JOURNAL_TYPES.get(journal["kind"], "General")
        return {
            "id": f"jo-{code}",
            "code": code,
            "intitule": journal["label"],
            "type": kind,
            "optContrepartie": "Aucune",
            "compte": None,
        }

    def _third_parties(self, kind: str) -> Iterator[dict[str, Any]]:
        for party in self.books.third_parties.values():
            if kind in ("", party.type):
                yield self._third_party(party)

    def _third_party(self, party: ThirdParty) -> dict[str, Any]:
        return {
            "id": party.id,
            "numero": party.number,
            "intitule": party.name,
            "type": party.type,
            "siret": party.facts.get("siret"),
            "identifiant": party.facts.get("identifiant"),
            "sommeil": False,
            "comptePrincipal": self._account(party.control),
        }

    def _lines(self) -> Iterator[dict[str, Any]]:
        for line in self.books.lines:
            party = self.books.third_parties.get(line.third_party)
            yield {
                "id": line.id,
                "date": f"{line.day.isoformat()}T00:00:00Z",
                "piece": line.piece,
                "numeroFacture": line.invoice_number or None,
                "reference": line.reference or None,
                "intitule": line.label,
                "sens": "Debit" if line.debit_cents else "Credit",
                "montant": (line.debit_cents or line.credit_cents) / 100,
                "echeance": line.due,
                "extProvenance": line.provenance,
                "extSequence": line.sequence,
                "journal": self._journal(line.journal),
                "compte": self._account(line.account),
                "tiers": self._third_party(party) if party else None,
                "modeReglement": None,
            }

    # -- entries -------------------------------------------------------------------------------------------------
    def create_entry(self, journal_id: str, body: Any, *, only_check: bool) -> None:
        """``creerPieceComptable``.

        Raises:
            NotTaken: with every reason; nothing was written.
        """
        code = journal_id.removeprefix("jo-")
        if not journal_id.startswith("jo-") or code not in self.books.journals:
            raise NotTaken(f"Le journal {code} n'existe pas.")
        if not isinstance(body, dict) or not isinstance(body.get("ecritures"), list):
            raise NotTaken("Le corps de la requête est invalide.")
        reasons = [f"La propriété '{name}' n'existe pas." for name in sorted(set(body) - HEADER_FIELDS)]
        day = _day(body.get("date"))
        if day is None:
            reasons.append("La date de la pièce est invalide.")
        elif fault := self.books.year_fault(day):
            reasons.append(f"{fault}.")
        if not body["ecritures"]:
            reasons.append("La pièce ne contient aucune écriture.")
        lines = [self._line(raw, code, day or date.min, reasons) for raw in body["ecritures"]]
        gap = sum([line.debit_cents - line.credit_cents for line in lines])
        if gap and not reasons:
            reasons.append(f"Les écritures ne sont pas équilibrées pour le journal {code}.")
        if reasons:
            raise NotTaken(*reasons)
        if only_check:
            return
        piece = self.books.next_piece(code)
        for line in lines:
            line.piece, line.id = piece, self.books.new_id("ecriture")
            line.provenance, line.sequence = body.get("extProvenance"), body.get("extSequence")
        self.books.book(lines, key=None)

    def _line(self, raw: Any, journal: str, day: date, reasons: list[str]) -> Line:
        raw = raw if isinstance(raw, dict) else {}
        reasons += [f"La propriété '{name}' n'existe pas." for name in sorted(set(raw) - ECRITURE_FIELDS)]
        account = self._bound(raw.get("compte@odata.bind"), "comptes").removeprefix("cpt-")
        if account not in self.books.accounts:
            reasons.append("Le compte général n'existe pas.")
        party = None
        if "tiers@odata.bind" in raw:
            bound = self._bound(raw["tiers@odata.bind"], "tiers")
            party = next((each for each in self.books.third_parties.values() if each.id == bound), None)
            if party is None:
                reasons.append("Le tiers n'existe pas.")
        elif is_collective(account):
            reasons.append(f"Le tiers est obligatoire pour le compte collectif {account}.")
        label, number, reference = (str(raw.get(name) or "") for name in ("intitule", "numeroFacture", "reference"))
        if len(label) > self.books.label_max:
            reasons.append(f"L'intitulé de l'écriture dépasse {self.books.label_max} caractères.")
        if len(number) > NUMBER_MAX or len(reference) > NUMBER_MAX:
            reasons.append(f"Le numéro de facture ou la référence dépasse {NUMBER_MAX} caractères.")
        cents = _cents(raw.get("montant"))
        if cents is None or raw.get("sens") not in ("Debit", "Credit"):
            reasons.append("Le montant ou le sens de l'écriture est invalide.")
        on_debit = raw.get("sens") == "Debit"
        return Line(
            id="",
            journal=journal,
            day=day,
            piece="",
            invoice_number=number,
            reference=reference,
            account=account,
            third_party=party.number if party else "",
            label=label,
            debit_cents=(cents or 0) if on_debit else 0,
            credit_cents=0 if on_debit else cents or 0,
            due=raw.get("echeance"),
        )

    # -- third parties -------------------------------------------------------------------------------------------
    def create_third_party(self, resource: str, body: Any) -> dict[str, Any]:
        """``POST clients`` and its like.

        Raises:
            NotTaken: nothing was written.
        """
        if not isinstance(body, dict):
            raise NotTaken("Le corps de la requête est invalide.")
        reasons = [f"La propriété '{name}' n'existe pas." for name in sorted(set(body) - THIRD_PARTY_FIELDS)]
        for name, known in (("adresse", ADDRESS_FIELDS), ("telecom", REACH_FIELDS)):
            reasons += [f"La propriété '{each}' n'existe pas." for each in sorted(set(body.get(name) or {}) - known)]
        number, name, kind = (str(body.get(each) or "") for each in ("numero", "intitule", "type"))
        if not number or len(number) > NUMBER_MAX or number != number.upper():
            reasons.append("Le numéro du tiers est invalide.")
        if number in self.books.third_parties:
            reasons.append(f"Le tiers {number} existe déjà.")
        if not name or len(name) > 69:
            reasons.append("L'intitulé du tiers est invalide.")
        if kind != {"clients": "Client", "fournisseurs": "Fournisseur"}.get(resource, kind) or kind not in CONTROLS:
            reasons.append("Le type du tiers est invalide.")
        control = self._bound(body.get("comptePrincipal@odata.bind"), "comptes").removeprefix("cpt-")
        if control not in self.books.accounts or not control.startswith(CONTROLS.get(kind, "?")):
            reasons.append("Le compte principal du tiers est invalide.")
        if reasons:
            raise NotTaken(*reasons)
        facts = {each: body[each] for each in ("siret", "identifiant") if each in body}
        return self._third_party(self.books.add_third_party(number, name, kind, control, **facts))

    def _bound(self, address: object, resource: str) -> str:
        """The id that an absolute address names; empty when it is none of this company's ``resource``."""
        if not isinstance(address, str):
            return ""
        parts = urlsplit(address)
        found = _KEYED.fullmatch(unquote(parts.path))
        if parts.scheme not in ("http", "https") or found is None:
            return ""
        return found[3].replace("''", "'") if (found[1], found[2]) == (self.dataset, resource) else ""


def _day(value: object) -> date | None:
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    with suppress(ValueError):
        return date.fromisoformat(found[1]) if found else None
    return None


def _cents(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    cents = Decimal(value) * 100
    return int(cents) if cents.is_finite() and cents > 0 and cents == cents.to_integral_value() else None


def reasons_of(refusal: NotTaken) -> Mapping[str, Any]:
    """The body of a refusal: the reasons in one message, one a line."""
    return {"error": {"code": "422", "message": "\r\n".join(refusal.reasons)}}
