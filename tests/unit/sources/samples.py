"""Hand-made Sellsy objects in the shapes of its OpenAPI 2.264 and V1 documentation; every value is invented."""

from __future__ import annotations

import copy
from typing import Any

TAX_20, TAX_55 = 911, 912


def row(**changes: Any) -> dict[str, Any]:
    """A priced row of 1,000.00 at 20 %."""
    return {
        "id": 2,
        "type": "catalog",
        "related": {"id": 500, "type": "service", "declination_id": None},
        "quantity": "1.00",
        "unit_amount": "1000.00",
        "tax_id": TAX_20,
        "tax_rate": "20.00",
        "tax_amount": "200.00",
        "amount_tax_exc": "1000.00",
        "amount_tax_inc": "1200.00",
        "discount": None,
        "reference": "MAINT",
        "description": "<p>Maintenance T1</p>",
        "accounting_code_id": 7060,
        "analytic_code": None,
        "is_optional": False,
        **changes,
    }


def invoice(**changes: Any) -> dict[str, Any]:
    """An accounted invoice of 1,000.00 + 200.00, as the single GET gives it."""
    return {
        "id": 48213,
        "number": "F-2026-0117",
        "status": "due",
        "date": "2026-02-03",
        "due_date": "2026-03-05",
        "created": "2026-02-03T10:12:44+01:00",
        "subject": "Maintenance T1",
        "amounts": {
            "total_raw_excl_tax": "1000.00",
            "total_after_discount_excl_tax": "1000.00",
            "total_packaging": "0.00",
            "total_shipping": "0.00",
            "total_excl_tax": "1000.00",
            "total_incl_tax": "1200.00",
            "total_remaining_due_incl_tax": "1200.00",
            "total_primes_incl_tax": "0.00",
        },
        "currency": "EUR",
        "taxes": [{"label": "TVA 20%", "id": TAX_20, "rate": "20.000000000", "amount": "200.00"}],
        "discount": None,
        "related": [{"id": 8002, "type": "contact"}, {"id": 7001, "type": "company"}],
        "file_id": 990001,
        "pdf_link": "https://file.sellsy.com/?id=AAA%3D&key=bbb&display=Y",
        "decimal_number": {"unit_price": 2, "quantity": 2, "main": 2},
        "is_deposit": False,
        "is_progress_invoice": False,
        "service_dates": {"start": "2026-01-01", "end": "2026-03-31"},
        "is_sent_to_accounting": True,
        "vat_mode": "debit",
        "analytic_code": None,
        "company_name": "ACME SAS",
        "rows": [{"id": 1, "type": "title", "text": "Prestations"}, row()],
        "_embed": {},
        **copy.deepcopy(changes),
    }


def listed(**changes: Any) -> dict[str, Any]:
    """The same invoice as a list gives it: no rows, the customer embedded."""
    found = invoice(**{"_embed": {"company": company(), "individual": None, "deposits": []}, **changes})
    found.pop("rows", None)
    return found


def company(**changes: Any) -> dict[str, Any]:
    """The customer of :func:`invoice`."""
    return {
        "id": 7001,
        "type": "client",
        "name": "ACME SAS",
        "email": "compta@acme.example",
        "phone_number": "+33100000000",
        "mobile_number": None,
        "legal_france": {"siret": "732 829 320 00074", "siren": "732829320", "vat": "FR44732829320"},
        "reference": "CLI-77",
        "auxiliary_code": "0ACME",
        "accounting_code_id": 12345,
        "accounting_purchase_code_id": None,
        "_embed": {},
        **changes,
    }


def v1_row(**changes: Any) -> dict[str, Any]:
    """A V1 purchase row of 35.00 at 20 %."""
    return {
        "id": "2267",
        "rank": "1",
        "type": "once",
        "name": "Ramettes",
        "notes": "",
        "taxid": "86718",
        "taxrate": "20.000000000",
        "isOption": "N",
        "totalAmount": "35.000000000",
        "taxAmount": "7.000000000",
        "accountingCode": "",
        "analyticsCode": "",
        **changes,
    }


def purchase(**changes: Any) -> dict[str, Any]:
    """A supplier invoice of 35.00 + 7.00, as ``Purchase.getOne`` gives it, without its envelope."""
    return {
        "id": "1304",
        "linkedtype": "purInvoice",
        "type": "purInvoice",
        "linkedid": "316",
        "doctypeid": "316",
        "thirdid": "119304",
        "thirdName": "Papeterie SA",
        "thirdVatNum": "FR12345678901",
        "ident": "F_INV-20260201-00001",
        "externalident": "FA-889",
        "created": "2026-02-01 17:48:50",
        "displayedDate": "01/02/2026",
        "currencysymbol": "€",
        "subject": "Fournitures",
        "discountAmount": "0.000000000",
        "packagingsAmount": "0.000000000",
        "shippingsAmount": "0.000000000",
        "totalAmountTaxesFree": "35.000000000",
        "taxesAmountSum": "7.000000000",
        "taxesAmountDetails": 'a:1:{i:86718;s:11:"7.000000000";}',
        "totalAmount": "42.000000000",
        "dueAmount": "42.000000000",
        "recordable": "Y",
        "recorded": "N",
        "isDeposit": "N",
        "step": "due",
        "map": {"id": "1415", "rows": {"2267": v1_row(), "_xml_childtag": "row"}},
        **copy.deepcopy(changes),
    }


def purchase_item(**changes: Any) -> dict[str, Any]:
    """The same purchase as ``Purchase.getList`` gives it."""
    found = purchase(**{"displayedDate": "2026-02-01", "payDateCustom": "2026-03-01", **changes})
    for name in ("map", "type", "thirdName", "thirdVatNum"):
        found.pop(name, None)
    return {"thirdname": "Papeterie SA", "thirdvatnum": "FR12345678901", **found}


def journal_line(
    account: str, value: str, direction: str, *, document: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """One line of the accounting journal."""
    return {
        "id": 660001,
        "type": "SALES",
        "date": "2026-02-03",
        "code": {"label": "", "value": account},
        "amount": {"direction": direction, "value": value},
        "auxiliary_code": None,
        "analytic_code": None,
        "accounting_type": 1,
        "recorded": False,
        "related": [],
        "documents": [document or {"type": "invoice", "id": 48213, "number": "F-2026-0117"}],
        **changes,
    }


def journal_of_invoice(**document: Any) -> list[dict[str, Any]]:
    """The three lines of :func:`invoice`."""
    about = {"type": "invoice", "id": 48213, "number": "F-2026-0117", **document}
    return [
        journal_line("411000", "1200.00", "debit", document=about, auxiliary_code="0ACME"),
        journal_line("706000", "1000.00", "credit", document=about),
        journal_line("445710", "200.00", "credit", document=about),
    ]


def journal_of_purchase(**document: Any) -> list[dict[str, Any]]:
    """The three lines of :func:`purchase`."""
    about = {
        "type": "purInvoice",
        "id": 1304,
        "number": "F_INV-20260201-00001",
        "due_date": "2026-03-04",
        "external_reference": "FA-889",
        **document,
    }
    return [
        journal_line("401000", "42.00", "credit", document=about),
        journal_line("606400", "35.00", "debit", document=about),
        journal_line("445660", "7.00", "debit", document=about),
    ]
