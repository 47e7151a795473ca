"""Generated Sellsy objects and the books they go into. Nothing is random: the n-th document is always the same."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from sellsy_ledger.core.capabilities import Capabilities, KeySupport, PdfSupport, ThirdPartySupport, VatSupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, VatCode
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.sources.sellsy.fields import Tax

__all__ = ["CAPABILITIES", "CUSTOMERS", "CUSTOMER_IDS", "LEDGER", "TAXES", "company_settings", "customer", "invoice"]

TAX_20, TAX_55 = 911, 912
CUSTOMERS = 500
CUSTOMER_IDS = range(7001, 7001 + CUSTOMERS)
FIRST_DAY = dt.date(2026, 1, 1)
TAXES = {
    TAX_20: Tax(id=TAX_20, rate=Decimal(20), category="S", label="TVA 20 %"),
    TAX_55: Tax(id=TAX_55, rate=Decimal("5.5"), category="S", label="TVA 5,5 %"),
}
CAPABILITIES = Capabilities(
    tool="bench",
    title="Outil de mesure",
    draft=True,
    pdf=PdfSupport.WITH_ENTRY,
    key=KeySupport.NATIVE,
    read_back=True,
    pdf_read_back=True,
    third_parties=ThirdPartySupport.API,
    vat=VatSupport.CODE_PER_LINE,
    label_max=200,
    piece_max=50,
    auxiliary_max=17,
    auxiliary_pattern="[A-Z0-9]",
    auxiliary_prefix={"sales": "411", "purchases": "401"},
    pdf_max_bytes=50 * 1024 * 1024,
)
LEDGER = Ledger(
    accounts=tuple(
        Account(number=number)
        for number in ("706000", "707000", "411000", "401000", "445710", "445712", "445660", "758000", "658000")
    ),
    journals=(Journal(code="VE", kind="sales"), Journal(code="AC", kind="purchases")),
    vat_codes=tuple(VatCode(code=code) for code in ("C20", "C55", "C0", "D0")),
    fiscal_years=(FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),),
    accounting_codes={"7070": "707000"},
    account_length=6,
    tool="bench",
)


def company_settings(**changes: Any) -> CompanySettings:
    """Settings of one company, as its Variable holds them."""
    whole: dict[str, Any] = {
        "company": "atelier",
        "name": "Atelier Exemple SARL",
        "tool": "bench",
        "sellsy_conn_id": "sellsy__atelier",
        "tool_conn_id": "tool__atelier",
        "start_date": "2026-01-01",
        "scope": "sales",
        "label_style": "third_party_then_description",
        "mappings": {
            "vat": [
                {"direction": "sales", "rate": "20", "category": "S", "vat_code": "C20", "account": "445710"},
                {"direction": "sales", "rate": "5.5", "category": "S", "vat_code": "C55", "account": "445712"},
            ],
            "rounding_vat_codes": {"sales": "C0", "purchases": "D0"},
            "journals": {"sales": "VE", "purchases": "AC"},
            "accounts": {
                "sales_default": "706000",
                "purchases_default": "607000",
                "customers_control": "411000",
                "suppliers_control": "401000",
                "rounding_credit": "758000",
                "rounding_debit": "658000",
            },
        },
    }
    return load_settings({**whole, **changes}, where="bench")


def customer(identity: int) -> LedgerThirdParty:
    """The customer as the tool knows it."""
    return LedgerThirdParty(
        auxiliary_account=f"411CLIENT{identity}", name=f"Client {identity}", direction=Direction.SALES
    )


def invoice(position: int) -> bytes:
    """The V2 single GET of the n-th invoice: five priced rows of two rates and two accounts, a title, an embed."""
    nets = [Decimal(1000 + 37 * position % 9000 + 111 * row) / 100 for row in range(5)]
    rows = [_row(row, net) for row, net in enumerate(nets)]
    high, low = sum(nets[:3], Decimal(0)), sum(nets[3:], Decimal(0))
    vat_high, vat_low = _cents(high * 20 / 100), _cents(low * Decimal("5.5") / 100)
    net, gross = high + low, high + low + vat_high + vat_low
    identity = CUSTOMER_IDS[position % CUSTOMERS]
    day = FIRST_DAY + dt.timedelta(days=position % 300)
    return json.dumps(
        {
            "id": 48_000 + position,
            "number": f"F-2026-{position:06d}",
            "status": "due",
            "date": day.isoformat(),
            "due_date": (day + dt.timedelta(days=30)).isoformat(),
            "created": f"{day}T10:12:44+01:00",
            "subject": "Prestations du mois",
            "amounts": {
                "total_raw_excl_tax": f"{net:.2f}",
                "total_after_discount_excl_tax": f"{net:.2f}",
                "total_packaging": "0.00",
                "total_shipping": "0.00",
                "total_excl_tax": f"{net:.2f}",
                "total_incl_tax": f"{gross:.2f}",
                "total_remaining_due_incl_tax": f"{gross:.2f}",
                "total_primes_incl_tax": "0.00",
            },
            "currency": "EUR",
            "taxes": [
                {"label": "TVA 20%", "id": TAX_20, "rate": "20.000000000", "amount": f"{vat_high:.2f}"},
                {"label": "TVA 5,5%", "id": TAX_55, "rate": "5.500000000", "amount": f"{vat_low:.2f}"},
            ],
            "discount": None,
            "related": [{"id": identity + 1000, "type": "contact"}, {"id": identity, "type": "company"}],
            "file_id": 990_000 + position,
            "pdf_link": f"https://file.sellsy.com/?id={position}&key=abc&display=Y",
            "public_link": {"enabled": True, "url": f"https://www.sellsy.fr/c/{position}"},
            "decimal_number": {"unit_price": 2, "quantity": 2, "main": 2},
            "payment_method_ids": [1, 4],
            "is_deposit": False,
            "is_progress_invoice": False,
            "service_dates": {"start": "2026-01-01", "end": "2026-03-31"},
            "is_sent_to_accounting": True,
            "vat_mode": "debit",
            "analytic_code": None,
            "note": "<p>Merci de votre confiance</p>",
            "company_name": f"Client {identity}",
            "rows": [{"id": 1, "type": "title", "text": "Prestations"}, *rows],
            "_embed": {"deposits": [], "discount_incl_taxes": []},
        }
    ).encode()


def _row(position: int, net: Decimal) -> dict[str, Any]:
    tax, rate = (TAX_20, "20.00") if position < 3 else (TAX_55, "5.50")
    vat = _cents(net * Decimal(rate) / 100)
    return {
        "id": 10 + position,
        "type": "catalog",
        "related": {"id": 500 + position, "type": "service", "declination_id": None},
        "unit_id": 1,
        "quantity": "1.00",
        "unit_amount": f"{net:.2f}",
        "tax_id": tax,
        "tax_rate": rate,
        "tax_amount": f"{vat:.2f}",
        "amount_tax_exc": f"{net:.2f}",
        "amount_tax_inc": f"{net + vat:.2f}",
        "discount": None,
        "reference": f"REF-{position}",
        "description": f"<p>Prestation n° {position}, forfait du mois</p>",
        "accounting_code_id": 7070 if position % 2 else None,
        "analytic_code": None,
        "is_optional": False,
    }


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
