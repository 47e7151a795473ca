"""What the imports check at once, before they are accepted: the shape of their JSON. Errors are answered with 200."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sellsy_ledger_sandbox.cegid_loop.books import ImportOptions, RawLine

__all__ = ["Refusal", "check_siret", "json_import", "siret_is_valid"]

TOP = {"codeIbs", "SIRET", "data"}
DATA = {"contexte", "options", "ecritures"}
OPTIONS = {
    *("separatorDecimal", "formatDate", "multiPeriode", "failOnUnbalanced", "createNewJournaux", "createNewComptes"),
    *("createNewTiers", "defaultJournalId", "defaultCompte", "sortLines", "newFolio", "balanceAuto", "aNouveaux"),
    *("createPieceRef", "comptesRules"),
}
LINE = {
    *("date", "dateJustif", "dateEcheance", "dateOperation", "debCutOff", "finCutOff", "journal", "journalLib"),
    *("compte", "compteLib", "tiers", "libelle", "reference", "refPiece", "commentaire", "debit", "credit", "fichier"),
    *("codeLettrage", "dateLettrage", "codePointage", "datePointage", "SIRET", "modePaiement", "typeMouvement", "type"),
    *("lot", "typeLot", "ecritureMere", "ecritureOrigine", "axeAna"),
}
AMOUNT = {"amount", "currency", "currencyAmount", "currencyRate"}


class Refusal(Exception):
    """An error answer: its words. Its status is 200 unless the gateway answers before the API."""

    def __init__(self, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.message, self.status = message, status


def json_import(body: Mapping[str, Any]) -> tuple[list[RawLine], ImportOptions]:
    """The lines and options of a JSON import.

    Raises:
        Refusal: the shape is wrong.
    """
    _known(body, TOP, "la demande")
    data = body.get("data")
    if not isinstance(data, dict):
        raise Refusal("Aucune donnée reçue (payload)")
    _known(data, DATA, "data")
    options = data.get("options") or {}
    _known(options, OPTIONS, "options")
    entries = data.get("ecritures")
    if not entries:
        raise Refusal("Aucune écriture à importer")
    if not isinstance(entries, list):
        raise Refusal("Les écritures doivent être un tableau")
    if len(entries) < 2:
        raise Refusal("Une écriture comporte au moins deux lignes")
    read = ImportOptions(
        fail_on_unbalanced=bool(options.get("failOnUnbalanced", False)),
        balance_auto=bool(options.get("balanceAuto", True)),
        create_third_parties=bool(options.get("createNewTiers", True)),
        period=None if options.get("multiPeriode") else _period(data.get("contexte")),
    )
    return [_line(number, each) for number, each in enumerate(entries, 1)], read


def _period(context: Any) -> tuple[date, date]:
    if not isinstance(context, dict) or not context.get("from") or not context.get("to"):
        raise Refusal("Le contexte est obligatoire hors multiPeriode")
    return _day(context["from"], "du contexte"), _day(context["to"], "du contexte")


def _line(number: int, raw: Any) -> RawLine:
    if not isinstance(raw, dict):
        raise Refusal(f"Ligne {number} : objet attendu")
    _known(raw, LINE, f"la ligne {number}")
    for name in ("journal", "compte"):
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise Refusal(f"Ligne {number} : {name} obligatoire")
    if bool(raw.get("debCutOff")) != bool(raw.get("finCutOff")):
        raise Refusal(f"Ligne {number} : debCutOff et finCutOff vont ensemble")
    if raw.get("SIRET") and not siret_is_valid(str(raw["SIRET"])):
        raise Refusal(f"SIRET invalide sur l'écriture {number}")
    file = raw.get("fichier") or {}
    if not isinstance(file, dict) or set(file) - {"uri"}:
        raise Refusal(f"Ligne {number} : fichier.uri attendu")
    return RawLine(
        day=_day(raw.get("date"), f"de la ligne {number}"),
        journal=raw["journal"],
        account=raw["compte"],
        label=str(raw.get("libelle") or ""),
        piece=str(raw.get("refPiece") or ""),
        debit=_cents(raw.get("debit"), number),
        credit=_cents(raw.get("credit"), number),
        third_party=str(raw.get("tiers") or ""),
        piece_date=_day(raw["dateJustif"], f"de justification de la ligne {number}") if raw.get("dateJustif") else None,
        due=_day(raw["dateEcheance"], f"d'échéance de la ligne {number}") if raw.get("dateEcheance") else None,
        reference=str(raw.get("reference") or ""),
        file_uri=str(file.get("uri") or ""),
    )


def _known(body: Any, names: set[str], where: str) -> None:
    if not isinstance(body, dict):
        raise Refusal(f"Objet attendu dans {where}")
    unknown = sorted(set(body) - names)
    if unknown:
        raise Refusal(f"Propriété inconnue dans {where} : {', '.join(unknown)}")


def _day(value: Any, what: str) -> date:
    try:
        if not isinstance(value, str) or not value.endswith("Z"):
            raise ValueError
        return datetime.fromisoformat(value).date()
    except ValueError:
        raise Refusal(f"La date {what} n'est pas au format ISO") from None


def _cents(value: Any, number: int) -> int:
    if value is None:
        return 0
    if not isinstance(value, dict) or set(value) - AMOUNT or isinstance(value.get("amount"), (str, bool, type(None))):
        raise Refusal(f"Ligne {number} : montant invalide")
    if value.get("currency", "EUR") != "EUR" and not value.get("currencyRate"):
        raise Refusal(f"Ligne {number} : taux de devise obligatoire")
    cents = Decimal(value["amount"]) * 100
    if cents != cents.to_integral_value():
        raise Refusal(f"Ligne {number} : montant invalide")
    return int(cents)


def check_siret(siret: str, of_folder: str) -> None:
    """The optional SIRET of an import: valid, of the folder's company, and one of its establishments."""
    if not siret:
        return
    if not siret_is_valid(siret):
        raise Refusal("Le SIRET de l'import est invalide")
    if siret[:9] != of_folder[:9]:
        raise Refusal("Le SIRET ne correspond pas au SIREN du dossier")
    if siret != of_folder:
        raise Refusal("L'établissement est inconnu pour ce dossier")


def siret_is_valid(siret: str) -> bool:
    """Luhn, over 14 digits."""
    if len(siret) != 14 or not siret.isdecimal():
        return False
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(siret)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
