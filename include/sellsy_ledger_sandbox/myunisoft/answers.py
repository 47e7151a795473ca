"""The JSON shapes of MyUnisoft's answers, with the quirks its samples show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import request

from sellsy_ledger_sandbox.base import Entry, World
from sellsy_ledger_sandbox.myunisoft.books import Booked, File, Folder

__all__ = ["entries", "mad_entry", "short_account", "vat_params", "witness"]


def _euros(cents: int) -> float | int:
    return cents // 100 if cents % 100 == 0 else cents / 100


def short_account(account: Mapping[str, Any]) -> dict[str, Any]:
    """Id, number and label."""
    return {name: account[name] for name in ("account_id", "account_number", "label")}


def _entry_line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "line_entry_id": line["line_entry_id"],
        "account": short_account(line["account"]),
        "debit": _euros(line["debit"]) or None,
        "credit": _euros(line["credit"]) or None,
        "label": line["label"],
        "piece": line["piece"],
        "piece2": line["piece2"],
        "deadline": None,
    }


def _entry(folder: Folder, booked: Booked) -> dict[str, Any]:
    diary = booked.diary
    return {
        "entry_id": booked.id,
        "etablissement_id": folder.society_id,
        "date_piece": booked.day.isoformat(),
        "diary": {"id": diary["diary_id"], "code": diary["code"], "label": diary["name"]},
        "alerte": "",
        "doublon": _looks_like_another(folder, booked) or None,
        "comment": False,
        "pj_list": [_link(each) for each in booked.files],
        "entry_list": [_entry_line(line) for line in booked.lines],
        # Only pending entries show the partner's key.
        **(
            {"entry_origin_partner_id": booked.origin}
            if booked.draft
            else {"entry_date": booked.day.isoformat(), "blocked": False}
        ),
    }


def _looks_like_another(folder: Folder, booked: Booked) -> bool:
    def content(each: Booked) -> list[tuple[Any, ...]]:
        return sorted((line["account"]["account_id"], line["debit"], line["credit"]) for line in each.lines)

    return any(each is not booked and content(each) == content(booked) for each in folder.entries)


def _link(each: File) -> dict[str, Any]:
    url = f"{request.url_root}myunisoft/ged/document/{each.token}/download"
    return {"document_id": each.token, "name": each.name, "token": each.token, "download": url, "etat": True}


def entries(folder: Folder, found: list[Booked], kind: str) -> dict[str, Any]:
    """Entries as ``/entry``, ``/entry/temp`` and ``/entries`` answer them; ``kind`` is E, O or IB."""
    total = sum(line["debit"] for each in found for line in each.lines)
    return {
        "type": kind,
        "debit_total": _euros(total),
        "credit_total": _euros(total),
        "entry_array": [_entry(folder, each) for each in found],
    }


def mad_entry(booked: Booked) -> dict[str, Any]:
    """One entry in the newer format."""
    diary = booked.diary
    return {
        "producerId": str(booked.id),
        "attachments": {each.name: {"type": "URL", "value": _link(each)["download"]} for each in booked.files},
        "date": booked.day.isoformat(),
        "dueDate": None,
        "journal": {
            "producerId": str(diary["diary_id"]),
            "customerReferenceCode": diary["code"],
            "name": diary["name"],
            "type": diary["diary_type_name"],
        },
        "currency": {"code": "EUR"},
        "additionalProducerProperties": {
            "partnerMetadata": {"partnerId": booked.origin, "json": booked.metadata} if booked.origin else None,
            "comment": None,
        },
        "movements": [_movement(line, booked.lettering) for line in booked.lines],
    }


def _movement(line: Mapping[str, Any], lettering: str) -> dict[str, Any]:
    account = line["account"]
    return {
        "producerId": str(line["line_entry_id"]),
        "description": line["label"],
        "value": {
            "credit": _euros(line["credit"]),
            "debit": _euros(line["debit"]),
            "amount": _euros(line["credit"] - line["debit"]),
        },
        "dueDate": line["deadline"],
        "lettering": {"state": "complete" if lettering else "none", "value": lettering or None},
        "freeNumber": line["piece"],
        "invoiceNumber": line["piece2"],
        "attachments": {},
        "account": {
            "producerId": str(account["account_id"]),
            "number": account["account_number"],
            "name": account["label"],
        },
        "payment": None,
        "analytics": [],
    }


def vat_params(world: World, folder: Folder) -> Iterator[dict[str, Any]]:
    """One record per VAT code: both its accounts, its rate as a number, its exigibility under a misspelt name."""
    for position, code in enumerate(world.vat_codes):
        sales = code["direction"] == "sales"
        own, other = code["account"], code["reverse_charge_account"]
        collected, deducted = (own, None) if sales else (other, own)
        kind = {"K": (11, "Intracommunautaire", "INTRA"), "G": (12, "Export", "EXP"), "AE": (3, "Autoliquidation", "A")}
        type_id, type_label, type_code = kind.get(code["category"], (1, "Bien et service", "BIEN"))
        by_receipt = code["due_on"] == "receipt"
        yield {
            "vat_param_id": folder.society_id * 10_000 + 700 + position,
            "code": code["code"],
            "account_ded": _vat_account(folder, deducted),
            "account_coll": _vat_account(folder, collected),
            "vat": {"id": position, "rate": json.loads(code["rate"])},
            "vat_type": {"id": type_id, "label": type_label, "code": type_code},
            "vat_exigility": {
                "id": 2 if by_receipt else 1,
                "label": "Encaissement" if by_receipt else "Débit (facturation)",
                "code": "ENC" if by_receipt else "DEB",
            },
            "blocked": False,
        }


def _vat_account(folder: Folder, number: str | None) -> dict[str, Any] | None:
    account = folder.account(number) if number else None
    return short_account(account) if account else None


def witness(folder: Folder, booked: Booked) -> Entry:
    """The entry in the form of the control surface."""
    pieces = [line["piece2"].strip() for line in booked.lines if line["piece2"]]
    return {
        "key": booked.origin,
        "journal": booked.diary["code"],
        "date": booked.day.isoformat(),
        "piece": pieces[0] if pieces else "",
        "lines": [
            {
                "account": line["account"]["account_number"],
                "debit_cents": line["debit"],
                "credit_cents": line["credit"],
                "label": line["label"],
            }
            for line in booked.lines
        ],
        "pdf_sha256": hashlib.sha256(booked.files[0].body).hexdigest() if booked.files else None,
        "draft": booked.draft,
        "company": folder.name,
        "id": str(booked.id),
    }
