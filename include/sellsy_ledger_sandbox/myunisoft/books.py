"""The books of one emulated MyUnisoft folder, and every check of what is written into them.

Codes and words of refusals are MyUnisoft's own, from its published list.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sellsy_ledger_sandbox.base import HandEntry, World
from sellsy_ledger_sandbox.ledger import Journal

__all__ = ["Booked", "File", "Folder", "Refusal", "attach", "book", "close", "find_or_create_account", "type_in"]

GENERAL_LENGTH, THIRD_PARTY_LENGTH, NUMBER_MAX = 6, 10, 20
LABEL_MAX, FILE_NAME_MAX, FILE_MAX = 50, 50, 50 * 1024 * 1024
PIECE2_WIDTH = 25
MIME_TYPES = {"application/pdf", "image/jpeg", "image/png", "image/gif", "image/tiff", "text/plain"}
PIECE = re.compile(r"[a-zA-Z0-9]{1,25}")
DIARY_TYPES = {"sales": (2, "VTE", "Vente"), "purchases": (1, "ACH", "Achat"), "bank": (3, "BQ", "Banque")}
DIARY_OTHER = (5, "OD", "Opérations diverses")


class Refusal(Exception):
    """An error answer of the API: its code, its words, its status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@dataclass
class File:
    """A stored attachment."""

    name: str
    body: bytes
    token: str = field(default_factory=lambda: uuid.uuid4().hex[:15])


@dataclass
class Booked:
    """One entry as the folder keeps it."""

    id: int
    draft: bool
    day: date
    diary: dict[str, Any]
    origin: str | None
    metadata: str | None
    lines: list[dict[str, Any]]
    files: list[File] = field(default_factory=list)
    lettering: str = ""


class Folder:
    """One accounting folder: chart, journals, years, entries."""

    def __init__(self, world: World, society_id: int, name: str) -> None:
        self.society_id, self.name = society_id, name
        base = society_id * 10_000
        self.accounts: list[dict[str, Any]] = [
            _account(base + position, account["number"], account["label"])
            for position, account in enumerate(world.chart, 1)
        ]
        self.diaries = [_diary(base + 500 + position, each) for position, each in enumerate(world.journals)]
        self.years: list[dict[str, Any]] = [
            {
                "exercice_id": base + 600 + position,
                "start_date": year["start"].replace("-", ""),
                "end_date": year["end"].replace("-", ""),
                "closed": year["closed"],
                "duration": 12,
                "closed_at": None,
                "closed_by": None,
            }
            for position, year in enumerate(world.fiscal_years)
        ]
        self.entries: list[Booked] = []
        self.next_id = base + 1_000

    def new_id(self) -> int:
        """A number that nothing in this folder has yet."""
        self.next_id += 1
        return self.next_id

    def account(self, number: str) -> dict[str, Any] | None:
        """The account of that number, padded."""
        padded = _padded(number)
        return next((each for each in self.accounts if _padded(each["account_number"]) == padded), None)

    def account_by_id(self, account_id: object) -> dict[str, Any] | None:
        """The account of that internal id."""
        return next((each for each in self.accounts if str(each["account_id"]) == str(account_id)), None)

    def find(self, wanted: str, *, draft: bool | None = None) -> Booked | None:
        """By internal id, invoice number or partner id."""
        for each in self.entries:
            pieces = {line["piece2"].strip() for line in each.lines if line["piece2"]}
            if (draft is None or each.draft == draft) and wanted in {str(each.id), each.origin, *pieces}:
                return each
        return None


def _account(account_id: int, number: str, label: str) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "account_number": number,
        "label": label,
        "closed": False,
        "intraco": False,
        "presta": False,
        "exoneration": False,
        "das_2": False,
        "btp_autoliquidation": False,
        "param_vat_id": None,
        "comment": None,
        "complementary_informations": {"name": None, "siren": None, "email": None, "city": None},
    }


def _diary(diary_id: int, journal: Journal) -> dict[str, Any]:
    type_id, type_code, type_name = DIARY_TYPES.get(journal["kind"], DIARY_OTHER)
    return {
        "code": journal["code"],
        "name": journal["label"].upper(),
        "account": None,
        "blocked": False,
        "diary_id": diary_id,
        "diary_type_id": type_id,
        "diary_type_code": type_code,
        "diary_type_name": type_name,
    }


def _padded(number: str) -> str:
    """``auto_complete_account`` is on: third-party numbers are filled with zeros to ten, the others to six."""
    length = THIRD_PARTY_LENGTH if number[:3] in ("401", "411") and number[3:].strip("0") else GENERAL_LENGTH
    return number.upper()[: max(length, 3)].ljust(length, "0")


# -- checks of an entry ------------------------------------------------------------------------------------------
def _day(value: object, code: str) -> date:
    with suppress(ValueError, TypeError):
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    raise Refusal(code, "La date pièce est invalide.")


def _cents(value: object) -> int:
    if value is None:
        raise Refusal("ECR21", "le montant est vide")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Refusal("ECR2", "Les valeurs débit et crédit sont invalides.")
    cents = Decimal(value) * 100
    if not cents.is_finite() or cents < 0 or cents != cents.to_integral_value():
        raise Refusal("ECR2", "Les valeurs débit et crédit sont invalides.")
    return int(cents)


def _text(raw: Mapping[str, Any], name: str, limit: int) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise Refusal("GBL10", f"Le paramètre {name} est manquant ou invalide")
    if len(value) > limit:
        raise Refusal("GBL5", f"Le champ {name} ne peut excéder {limit} caractères")
    return value


def _line(folder: Folder, raw: Any, day: date) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Refusal("ECR4", "L'écriture est invalide")
    account = folder.account_by_id(raw.get("account_id"))
    if account is None:
        raise Refusal("COMPTE2", "Le compte n'existe pas.")
    if account["closed"]:
        raise Refusal("COMPTE32", f"Le compte {account['account_number']} est fermé")
    label = _text(raw, "label", LABEL_MAX)
    if not label.strip():
        raise Refusal("ECR42", "Impossible d'avoir un label vide")
    debit, credit = _cents(raw.get("debit")), _cents(raw.get("credit"))
    if debit and credit:
        raise Refusal("ECR27", "Impossible de renseigner une valeur au débit et au crédit.")
    if not debit and not credit:
        raise Refusal("ECR21", "le montant est vide")
    deadline = _day(raw.get("deadline"), "GBL2")
    if deadline < day:
        raise Refusal("DEADLINE1", "Vous ne pouvez pas saisir une date inférieur à la date de l'écheance.")
    for name in ("piece", "piece2"):
        if name in raw and not PIECE.fullmatch(str(raw[name])):
            raise Refusal("GBL10", f"Le paramètre {name} est manquant ou invalide")
    return {
        "line_entry_id": folder.new_id(),
        "account": account,
        "debit": debit,
        "credit": credit,
        "label": label,
        "piece": raw.get("piece"),
        "piece2": str(raw["piece2"]).ljust(PIECE2_WIDTH) if raw.get("piece2") else None,
        "deadline": deadline.isoformat(),
    }


def _file(raw: Any) -> File:
    if not isinstance(raw, dict) or set(raw) != {"name", "type", "content"}:
        raise Refusal("DOCUMENT6", "Une erreur sur la pièce jointe à été détectée.")
    if raw["type"] not in MIME_TYPES:
        raise Refusal("DOCUMENT11", "Le type de document n'est pas autorisé")
    name = _text(raw, "name", FILE_NAME_MAX)
    try:
        body = base64.b64decode(str(raw["content"]), validate=True)
    except (binascii.Error, ValueError):
        body = b""
    if not body or len(body) > FILE_MAX or "." not in name:
        raise Refusal("DOCUMENT6", "Une erreur sur la pièce jointe à été détectée.")
    return File(name, body)


def _check_year(folder: Folder, day: date) -> None:
    year = next((each for each in folder.years if each["start_date"] <= f"{day:%Y%m%d}" <= each["end_date"]), None)
    if year is None:
        raise Refusal("ECR10", "La date de l'écriture n'appartient à aucun exercice.")
    if year["closed"]:
        raise Refusal("ECR9", "Impossible de saisir dans un exercice cloturé.")


def _check_diary(folder: Folder, diary_id: object) -> dict[str, Any]:
    diary = next((each for each in folder.diaries if str(each["diary_id"]) == str(diary_id)), None)
    if diary is None:
        raise Refusal("JOURNAL3", "Le journal est invalide.")
    if diary["diary_type_id"] is None:
        raise Refusal("JOURNAL9", "Impossible de saisir dans un journal qui n'a pas de type")
    if diary["blocked"] or diary.get("closed"):
        raise Refusal("JOURNAL21", "Le journal est fermé")
    return diary


def book(folder: Folder, raw: Any, *, draft: bool) -> Booked:
    """Check an entry as the API does, then keep it. Fields nobody knows are let through, as its schema says."""
    if not isinstance(raw, dict) or not isinstance(raw.get("entry_list"), list) or not raw["entry_list"]:
        raise Refusal("ECR43", "La liste d'écriture est vide")
    day = _day(raw.get("date_piece"), "ECR6")
    if str(raw.get("etablissement_id")) != str(folder.society_id):
        raise Refusal("ECR48", "L'etablissement ne correspond pas")
    diary = _check_diary(folder, raw.get("diary_id"))
    _check_year(folder, day)
    for name, code in (("period_from", "ECR5"), ("period_to", "ECR7")):
        if name in raw:
            _day(raw[name], code)
    for name in ("json", "entry_origin_partner_id"):
        if name in raw and not isinstance(raw[name], str):
            raise Refusal("GBL10", f"Le paramètre {name} est manquant ou invalide")
    if "comment" in raw and (not isinstance(raw["comment"], dict) or set(raw["comment"]) != {"content"}):
        raise Refusal("GBL10", "Le paramètre comment est manquant ou invalide")
    lines = [_line(folder, each, day) for each in raw["entry_list"]]
    if sum(line["debit"] for line in lines) != sum(line["credit"] for line in lines):
        raise Refusal("ECR14", "Ecriture déséquilibrée")
    files = [_file(each) for each in raw.get("pj_list", [])]
    booked = Booked(
        folder.new_id(), draft, day, diary, raw.get("entry_origin_partner_id"), raw.get("json"), lines[::-1], files
    )
    folder.entries.append(booked)
    return booked


def find_or_create_account(folder: Folder, raw: Any) -> dict[str, Any]:
    """The account of that number as it is, or a new one. Only a new one takes the label and the identity."""
    number = str(raw.get("account_number") or "") if isinstance(raw, dict) else ""
    if not number:
        raise Refusal("COMPTE3", "Veuillez saisir un numéro de compte.")
    if not "1" <= number[0] <= "9":
        raise Refusal("COMPTE6", "Le premier caractère du numéro de compte doit être compris entre 1 et 9.")
    if len(number) > NUMBER_MAX:
        raise Refusal("COMPTE7", "Le numéro de compte saisi ne doit pas dépasser 20 caractères.")
    label = str(raw.get("label") or "")
    if not label.strip():
        raise Refusal("COMPTE4", "Veuillez saisir un intitulé pour le compte.")
    info = raw.get("complementary_info") or {}
    if info.get("siren") and not re.fullmatch(r"\d{9}", str(info["siren"])):
        raise Refusal("SOCIETE18", "Le format du SIREN est invalide")
    account = folder.account(number)
    if account is None:
        account = _account(folder.new_id(), _padded(number), label)
        account["complementary_informations"].update(
            {name: info.get(name) for name in ("name", "siren", "email", "city")}
        )
        folder.accounts.append(account)
    return account


def attach(folder: Folder, entry_id: str, name: str, body: bytes, *, draft: bool) -> None:
    """Add a file to an entry; doing it twice adds it twice."""
    if "." not in name:
        raise Refusal("DOCUMENT4", "Veuillez saisir le nom du fichier")
    if not body or len(body) > FILE_MAX:
        raise Refusal("DOCUMENT6", "Une erreur sur la pièce jointe à été détectée.")
    booked = next((each for each in folder.entries if str(each.id) == entry_id and each.draft == draft), None)
    if booked is None:
        raise Refusal("BLOCAGE_PERIODIQUE22", "Ecriture non trouvée")
    booked.files.append(File(name[:FILE_NAME_MAX], body))


# -- what people do in the folder ----------------------------------------------------------------------------------
def type_in(folder: Folder, entry: HandEntry) -> None:
    """Book what somebody typed: no key of a partner, the number as it was typed; a third party's account is opened.

    Raises:
        ValueError: it cannot be.
    """
    diary = next((each for each in folder.diaries if each["code"] == entry["journal"]), None)
    day = date.fromisoformat(entry["date"])
    if diary is None:
        raise ValueError(f"journal {entry['journal']} does not exist")
    lines = []
    for each in entry["lines"]:
        number = each.get("auxiliary_account") or each["account"]
        account = folder.account(number)
        if account is None and not each.get("auxiliary_account"):
            raise ValueError(f"account {number} does not exist")
        if account is None:
            account = find_or_create_account(folder, {"account_number": number, "label": entry["third_party_name"]})
        lines.append(
            {
                "line_entry_id": folder.new_id(),
                "account": account,
                "debit": each["debit_cents"],
                "credit": each["credit_cents"],
                "label": each["label"][:LABEL_MAX],
                "piece": None,
                "piece2": entry["piece"].ljust(PIECE2_WIDTH),
                "deadline": None,
            }
        )
    folder.entries.append(Booked(folder.new_id(), False, day, diary, None, None, lines))


def close(folder: Folder, origin: str) -> int:
    """Letter the entry of that key with its payment; how many there were."""
    found = [each for each in folder.entries if each.origin == origin]
    for each in found:
        each.lettering = "AA"
    return len(found)
