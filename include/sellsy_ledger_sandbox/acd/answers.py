"""The shapes of ACD's answers: lists, the text of a FEC, the witness's entries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sellsy_ledger_sandbox.acd.books import COLLECTIVES, Account, Booked, Document, Dossier, Line, Refusal
from sellsy_ledger_sandbox.base import Entry

__all__ = ["account", "documents", "fec", "journals", "tray_document", "vat_codes", "witness", "years"]

HEADER = (
    "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate "
    "EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
).replace(" ", "\t")
MARK = re.compile(r"#([0-9A-Z]{8})$")


def account(each: Account) -> dict[str, Any]:
    """One account of a list."""
    return {
        "Code": each.code,
        "Categ": each.category,
        "Lib": each.label,
        "Let": "O" if each.category else "N",
        "RegEc": "",
        "Qte": "",
        "Coll": each.code in COLLECTIVES.values(),
        "CptCptCol": COLLECTIVES.get(each.category, ""),
        "CodeTVA": "",
        "CptInactif": each.inactive,
        "EcritureId": False,
        "ActivationAnalytique": each.analytic,
    }


def journals(dossier: Dossier) -> list[dict[str, Any]]:
    """The shared journals."""
    return [
        {
            "Code": each.code,
            "Libelle": each.label,
            "Nature": each.nature,
            "TypeDeSaisie": "P",
            "CompteDeTresorerie": "512000" if each.nature == "Tresorerie" else "",
            "NumeroFacture": each.listed,
        }
        for each in dossier.journals.values()
    ]


def vat_codes(dossier: Dossier) -> Iterator[dict[str, Any]]:
    """The VAT codes, each with its account of deductible and of collected VAT."""
    for each in dossier.world.vat_codes:
        own, other = each["account"] or "", each["reverse_charge_account"] or ""
        deducted, collected = (own, other) if each["direction"] == "purchases" else (other, own)
        yield {
            "Code": each["code"],
            "Lib": each["label"],
            "Taux": json.loads(each["rate"]),
            "CptDedu": deducted,
            "CptColl": collected,
            "Datefin": None,
        }


def years(dossier: Dossier) -> list[dict[str, Any]]:
    """The fiscal years, newest first; the current one is flagged by a number."""
    today = dossier.world.today()
    return [
        {
            "Code": f"{each.end.year}",
            "DateDebut": f"{each.start.isoformat()}T00:00:00",
            "DateFin": f"{each.end.isoformat()}T00:00:00",
            "Courant": int(each.start <= today <= each.end),
            "Cloture": each.closed,
        }
        for each in dossier.years[::-1]
    ]


def documents(dossier: Dossier) -> list[dict[str, Any]]:
    """The document store: names and dates, no word of entries."""
    return [{"Id": each.id, "Nom": each.name, "DateDepot": each.at} for each in dossier.files]


def tray_document(each: Document) -> dict[str, Any]:
    """One document of the tray."""
    return {"Id": each.id, "Nom": each.name, "DateHeureDepot": each.at, "EtatOcerisation": "EnAttente"}


def fec(dossier: Dossier, year: int, *, auxiliary_apart: bool) -> str:
    """The FEC of one calendar year: TAB between fields, decimal comma, no entry number."""
    across = [each for each in dossier.years if each.start.year != each.end.year]
    if any(year in (each.start.year, each.end.year) for each in across):
        raise Refusal("periodeMultiExercice", f"L'année {year} porte sur plusieurs exercices")
    rows = [HEADER]
    for booked in dossier.entries:
        if booked.day.year == year:
            rows += ["\t".join(_fec_row(booked, line, auxiliary_apart)) for line in booked.lines]
    return "\r\n".join(rows) + "\r\n"


def _fec_row(booked: Booked, line: Line, auxiliary_apart: bool) -> list[str]:
    number, auxiliary = line.account.code, ""
    label, auxiliary_label = line.account.label, ""
    if line.account.category and auxiliary_apart:
        auxiliary, auxiliary_label = number, label
        number, label = COLLECTIVES[line.account.category], "Collectif"
    day = f"{booked.day:%Y%m%d}"
    row = [booked.journal.code, booked.journal.label, "", day, number, label, auxiliary, auxiliary_label]
    lettering = booked.lettering if line.account.category else ""
    lettered_on = f"{booked.day:%Y%m%d}" if lettering else ""
    validated_on = f"{booked.validated:%Y%m%d}" if booked.validated else ""
    row += [line.piece, day, line.label, _comma(line.debit), _comma(line.credit)]
    row += [lettering, lettered_on, validated_on, "", ""]
    return [field.replace("\t", " ") for field in row]


def _comma(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def witness(dossier: Dossier, booked: Booked) -> Entry:
    """The entry in the form of the control surface; its key is the mark at the end of a label, all that ACD keeps. A
    third party's line shows the collective account that ACD books it under, as its FEC does.
    """
    marks = [found[1] for line in booked.lines if (found := MARK.search(line.label))]
    return {
        "key": marks[0] if marks else None,
        "journal": booked.journal.code,
        "date": booked.day.isoformat(),
        "piece": booked.lines[0].piece,
        "lines": [
            {
                "account": COLLECTIVES.get(line.account.category, line.account.code),
                "auxiliary_account": line.account.code if line.account.category else None,
                "debit_cents": line.debit,
                "credit_cents": line.credit,
                "label": line.label,
                "vat_code": line.vat_code or None,
            }
            for line in booked.lines
        ],
        "pdf_sha256": booked.document.sha256 if booked.document else None,
        "draft": False,
        "company": dossier.name,
    }
