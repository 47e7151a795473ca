"""Papers rendered as Sellsy would return them: V2 invoices and credit notes, V1 purchases, companies, individuals.

``to_sellsy`` turns one public sample invoice into a Sellsy object; it is what tests feed the product with, and what the
emulated account is made of. Shapes follow Sellsy's official OpenAPI 2.264.0 (V2) and V1 documentation.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sellsy_ledger_sandbox.sellsy.papers import ZERO, Paper, Party, Row, cents, read_paper
from sellsy_ledger_sandbox.sellsy.reference import CODES

__all__ = ["purchase", "sale", "third_party", "to_sellsy"]

Json = dict[str, Any]
_OWNER: Final = {"id": 55, "type": "staff"}
_SYMBOLS: Final = {"EUR": ("1", "€"), "USD": ("2", "$"), "GBP": ("3", "£"), "CHF": ("4", "CHF")}


def to_sellsy(invoice: Mapping[str, Any], *, direction: str = "sales") -> Json:
    """Turn one public sample invoice into a Sellsy object.

    Args:
        invoice: A record of the samples (``tests/data/corpus/einvoices_eur.jsonl``).
        direction: ``sales`` (the company is the seller) or ``purchases``.

    Returns:
        ``{"kind": "sales_invoice" | ..., "document": <V2 single object, or V1 Purchase.getOne response>,
        "third_party": <V2 company>}``; ids are stable and derived from the sample's source.
    """
    paper = read_paper(invoice)
    identifier = 1 + zlib.crc32(f"{paper.source['repo']}/{paper.source['path']}".encode()) % 10_000_000
    is_sale = direction == "sales"
    party = paper.buyer if is_sale else paper.seller
    third = third_party(party, 1 + identifier % 9973, is_supplier=not is_sale)
    kind = (
        f"{direction.removesuffix('s')}{'s' if is_sale else ''}_{'credit_note' if paper.is_credit_note else 'invoice'}"
    )
    if is_sale:
        return {"kind": kind, "document": sale(paper, identifier, third), "third_party": third}
    return {"kind": kind, "document": purchase(paper, identifier, third), "third_party": third}


def third_party(party: Party, identifier: int, *, is_supplier: bool = False) -> Json:
    """A V2 company, or a V2 individual when the party is a person."""
    first_name, _, last_name = party.name.rpartition(" ")
    common: Json = {
        "id": identifier,
        "type": "supplier" if is_supplier else "client",
        "email": f"compta{identifier}@exemple.fr",
        "website": None,
        "phone_number": None,
        "mobile_number": None,
        "fax_number": None,
        "reference": f"{'FOU' if is_supplier else 'CLI'}-{identifier:05d}",
        "note": "",
        "auxiliary_code": party.auxiliary_code,
        "social": {"twitter": None, "facebook": None, "linkedin": None, "viadeo": None},
        "rate_category_id": 4,
        "main_contact_id": None,
        "dunning_contact_id": None,
        "invoicing_contact_id": None,
        "invoicing_address_id": identifier * 10 + 1,
        "delivery_address_id": identifier * 10 + 2,
        "accounting_code_id": None,
        "accounting_purchase_code_id": None,
        "owner": _OWNER,
        "created": "2024-05-29T11:22:03+02:00",
        "updated_at": "2026-01-29T11:22:03+01:00",
        "is_archived": False,
        "marketing_campaigns_subscriptions": [],
    }
    if party.is_person:
        sync = {"mailchimp": False, "mailjet": False, "simplemail": False}
        return {**common, "last_name": last_name, "first_name": first_name or None, "civility": "ms", "sync": sync}
    siret = party.siret
    legal = {"siret": siret, "siren": siret[:9] if siret else None, "vat": party.vat}
    legal |= {"ape_naf_code": None, "company_type": None, "rcs_immatriculation": None}
    company = {"name": " ".join(party.name.split()), "legal_france": legal, "capital": None}
    return {**common, **company, "business_segment": None, "number_of_employees": None}


def name_of(third: Mapping[str, Any]) -> str:
    """The printed name of a company or an individual."""
    return str(third.get("name") or f"{third.get('first_name') or ''} {third.get('last_name')}".strip())


def text(amount: Decimal, decimals: int = 2) -> str:
    """An amount as Sellsy writes it: at least ``decimals`` decimals, more when the value has them."""
    exponent = amount.normalize().as_tuple().exponent
    return f"{amount:.{max(decimals, -exponent if isinstance(exponent, int) else 0)}f}"


def sale(paper: Paper, identifier: int, third: Mapping[str, Any], *, decimals: int = 2, **changes: Any) -> Json:
    """The V2 single object of an invoice or credit note, without ``_embed``; ``changes`` replace fields."""
    is_service = zlib.crc32(str(identifier).encode()) % 2 == 0
    document: Json = {
        "id": identifier,
        "number": paper.number,
        "status": "stored" if paper.is_credit_note else "due",
        "date": paper.date.isoformat(),
        "due_date": (paper.due_date or paper.date + timedelta(days=30)).isoformat(),
        "created": f"{paper.date.isoformat()}T10:12:44{_paris_offset(paper.date)}",
        "subject": paper.subject,
        "amounts": _amounts(paper, decimals),
        "currency": paper.currency,
        "taxes": [
            {"label": tax.label, "id": tax.id, "rate": text(tax.rate, 9), "amount": text(amount, decimals)}
            for tax, amount in paper.vat
        ],
        "discount": None,
        "related": [{"id": third["id"], "type": "individual" if "last_name" in third else "company"}],
        "public_link": {"enabled": True, "url": f"https://sellsy.link/{identifier:x}"},
        "payment_conditions_acceptance": {"enabled": False},
        "owner": _OWNER,
        "fiscal_year_id": {2024: 10, 2025: 11}.get(paper.date.year, 12),
        "file_id": 990000 + identifier,
        "pdf_link": None,
        "decimal_number": {"unit_price": 2, "quantity": 2, "main": 2},
        "assigned_staff_id": 55,
        "contact_id": None,
        "invoicing_address_id": third["invoicing_address_id"],
        "delivery_address_id": third["delivery_address_id"],
        "issuer_address_id": 3,
        "parent": None,
        "order_reference": "",
        "is_deposit": False,
        "is_progress_invoice": False,
        "rate_category_id": 4,
        "service_dates": None,
        "note": "",
        "is_sent_to_accounting": True,
        "vat_mode": "debit",
        "bank_account_id": 6,
        "payment_method_ids": [10, 11],
        "analytic_code": None,
        "company_name": name_of(third),
        "company_reference": third["reference"],
        "sale_type": "service" if is_service else "product",
        "rows": [_sale_row(row, position, decimals) for position, row in enumerate(paper.rows, 1)],
    }
    document.update(changes)
    if paper.is_credit_note:
        for name in _NOT_ON_CREDIT_NOTES:
            document.pop(name, None)
    return document


_NOT_ON_CREDIT_NOTES: Final = [
    "due_date",
    "parent",
    "order_reference",
    "vat_mode",
    "payment_method_ids",
    "bank_account_id",
    "file_id",
    "is_progress_invoice",
    "payment_conditions_acceptance",
]


def _paris_offset(day: date) -> str:
    """Close enough for a creation stamp: summer time from April to October."""
    return "+02:00" if 4 <= day.month <= 10 else "+01:00"


def _amounts(paper: Paper, decimals: int) -> Json:
    shipping = sum((row.net for row in paper.rows if row.type.endswith("shipping")), ZERO)
    packaging = sum((row.net for row in paper.rows if row.type.endswith("packaging")), ZERO)
    goods = paper.net - cents(shipping) - cents(packaging)
    figures = {
        "total_raw_excl_tax": goods,
        "total_after_discount_excl_tax": goods,
        "total_packaging": packaging,
        "total_shipping": shipping,
        "total_excl_tax": paper.net,
        "total_incl_tax": paper.gross,
        "total_remaining_due_incl_tax": paper.due,
        "total_primes_incl_tax": ZERO,
    }
    return {name: text(value, decimals) for name, value in figures.items()}


def _sale_row(row: Row, position: int, decimals: int) -> Json:
    tax_amount = cents(row.net * row.tax.rate / 100)
    unit_price = row.unit_price if row.unit_price is not None else row.net / row.quantity
    printed = cents(unit_price * row.quantity)
    rendered: Json = {
        "id": position,
        "type": row.type,
        "unit_amount": text(unit_price.quantize(Decimal("0.000001")), decimals),
        "tax_id": row.tax.id,
        "quantity": text(row.quantity, decimals),
        "reference": row.label[:250] if row.type in ("shipping", "packaging") else f"ART{position:03d}",
        "description": None if row.type in ("shipping", "packaging") else row.label,
        "discount": _row_discount(printed - cents(row.net), decimals),
        "tax_rate": text(row.tax.rate),
        "tax_amount": text(tax_amount, decimals),
        "tax_label": row.tax.label,
        "amount_tax_exc": text(row.net, decimals),
        "amount_tax_inc": text(row.net + tax_amount, decimals),
        "analytic_code": None,
        "is_optional": row.is_optional,
    }
    if row.code is not None:
        rendered["accounting_code_id"] = CODES[row.code]
    if row.type in ("shipping", "packaging"):
        return {**rendered, "related": {"id": 9, "type": row.type}}
    return {**rendered, "unit_id": 3, "purchase_amount": text(ZERO, decimals)}


def _row_discount(total: Decimal, decimals: int) -> Json | None:
    if total <= ZERO:
        return None
    return {"type": "amount", "value": text(total, decimals), "total": text(total, decimals)}


def purchase(paper: Paper, identifier: int, third: Mapping[str, Any], **changes: Any) -> Json:
    """The V1 ``Purchase.getOne`` response of a supplier invoice or credit note; ``changes`` replace fields."""
    currency_id, symbol = _SYMBOLS.get(paper.currency, ("1", "€"))
    vat = ";".join(f'i:{tax.id};s:{len(_v1(amount))}:"{_v1(amount)}"' for tax, amount in paper.vat)
    created = f"{paper.date.isoformat()} 17:48:50"
    linked_type = "purCreditNote" if paper.is_credit_note else "purInvoice"
    document: Json = {
        "id": str(identifier),
        "corpid": "1641",
        "ownerid": "2542",
        "purdocmapid": str(identifier + 111),
        "linkedtype": linked_type,
        "type": linked_type,
        "linkedid": str(identifier + 50000),
        "doctypeid": str(identifier + 50000),
        "parentid": "0",
        "thirdid": str(third["id"]),
        "thirdName": name_of(third),
        "thirdVatNum": (third.get("legal_france") or {}).get("vat") or "",
        "thirdident": "",
        "hasVat": "Y",
        "status": "ok",
        "fileid": str(27000 + identifier),
        "filename": f"{paper.date:%Y%m%d}-{identifier}_1770000000.1",
        "nbpages": "1",
        "ident": f"{'F_CRN' if paper.is_credit_note else 'F_INV'}-{paper.date:%Y%m%d}-{identifier % 100000:05d}",
        "externalident": paper.number,
        "created": created,
        "displayedDate": f"{paper.date:%d/%m/%Y}",
        "payDateCustom": (paper.due_date or paper.date + timedelta(days=30)).isoformat(),
        "shippingDate": "0000-00-00",
        "subject": paper.subject,
        "currencysymbol": symbol,
        "currencyid": currency_id,
        "rowsAmount": _v1(paper.net),
        "discountPercent": _v1(ZERO),
        "discountAmount": _v1(ZERO),
        "packagingsAmount": _v1(ZERO),
        "shippingsAmount": _v1(sum((row.net for row in paper.rows if row.type == "shipping"), ZERO)),
        "totalAmountTaxesFree": _v1(paper.net),
        "taxesAmountSum": _v1(sum((amount for _, amount in paper.vat), ZERO)),
        "taxesAmountDetails": f"a:{len(paper.vat)}:{{{vat + ';' if vat else ''}}}",
        "totalAmount": _v1(paper.gross),
        "dueAmount": _v1(paper.due),
        "analyticsCode": "",
        "recordable": "Y",
        "recorded": "N",
        "isTaxesInc": "N",
        "isDeposit": "N",
        "step": "stored" if paper.is_credit_note else "due",
        "step_label": "À régler",
        "deliverystep": "wait",
        "notes": "",
        "relateds": [],
        "relateds_amount": "0",
        "thirdAddress": {"name": name_of(third), "part1": "1 rue de l'Exemple", "part2": "", "zip": "75001"}
        | {"town": "Paris", "countrycode": "FR"},
        "taxes": {
            str(tax.id): {"id": str(tax.id), "value": text(tax.rate), "label": tax.label} for tax, _ in paper.vat
        },
        "map": {"id": str(identifier + 111), "purdocid": str(identifier), "rows": _purchase_rows(paper, identifier)},
        "prefs": {"currencyid": currency_id, "bankAccountid": "0", "payMediums": "a:1:{i:0;i:86703;}"},
        "numformat": {"decimals": ",", "thousands": " ", "precision": "2"},
        "formatted_totalAmount": re.sub(r"\.", ",", text(paper.gross)) + f" {symbol}",
    }
    document.update(changes)
    return document


def _purchase_rows(paper: Paper, identifier: int) -> Json:
    """``map.rows``: keyed by row id, not in order, with PHP's XML remnant in between."""
    rows = {}
    for rank, row in reversed(list(enumerate(paper.rows, 1))):
        row_id = str(identifier * 100 + rank)
        tax_amount = cents(row.net * row.tax.rate / 100)
        unit_price = row.unit_price if row.unit_price is not None else row.net / row.quantity
        name, _, notes = row.label.partition("\n")
        rows[row_id] = {
            "id": row_id,
            "rank": str(rank),
            "type": {"single": "once"}.get(row.type, row.type),
            "linkedid": "0",
            "name": name,
            "notes": notes,
            "unitAmount": _v1(unit_price),
            "unitAmountTaxesInc": _v1(unit_price * (1 + row.tax.rate / 100)),
            "unitText": "unité",
            "qt": _v1(row.quantity),
            "discount": _v1(ZERO),
            "discountUnit": "",
            "taxid": str(row.tax.id),
            "taxrate": _v1(row.tax.rate),
            "tax2id": "0",
            "tax2rate": _v1(ZERO),
            "isOption": "Y" if row.is_optional else "N",
            "totalAmount": _v1(row.net),
            "totalAmountTaxesInc": _v1(row.net + tax_amount),
            "taxAmount": _v1(tax_amount),
            "tax2Amount": _v1(ZERO),
            "ecoTax": _v1(ZERO),
            "accountingCode": str(CODES[row.code]) if row.code else "",
            "analyticsCode": "",
        }
    return {**rows, "_xml_childtag": "row"}


def _v1(amount: Decimal) -> str:
    return f"{amount:.9f}"
