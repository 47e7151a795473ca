"""Settings, ledger, documents and capabilities of the core's tests: small, complete, and changed by keyword."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from sellsy_ledger.core.capabilities import Capabilities, KeySupport, PdfSupport, ThirdPartySupport, VatSupport
from sellsy_ledger.core.documents import Direction, Document, Kind, Row, VatAmount
from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, LedgerIndex, VatCode
from sellsy_ledger.core.settings import CompanySettings, load_settings
from sellsy_ledger.core.third_parties import LedgerThirdParty

CUSTOMER = LedgerThirdParty(auxiliary_account="CLI001", name="Café de la Gare", direction=Direction.SALES)
SUPPLIER = LedgerThirdParty(auxiliary_account="FOU001", name="Papeterie SA", direction=Direction.PURCHASES)

ACCOUNTS = (
    "2183 401 411 4191 4091 4452 44562 44564 44566 445662 44571 44574 4458 44587 604 607 622 658 665 704 706 7061 707 "
    "7085 709 758 765"
)

TAXES: dict[int, tuple[str, str | None]] = {1: ("20", None), 2: ("5.5", None), 3: ("0", None)}
"""Sellsy's tax ids of the tests: id → rate, category."""

VAT_LINES: list[dict[str, Any]] = [
    {"direction": "sales", "rate": "20", "vat_code": "C20", "account": "44571"},
    {"direction": "sales", "rate": "5.5", "vat_code": "C5", "account": "44571"},
    {"direction": "sales", "rate": "0", "vat_code": "C0"},
    {"direction": "purchases", "rate": "20", "vat_code": "D20", "account": "44566"},
    {"direction": "purchases", "rate": "5.5", "vat_code": "D5", "account": "44566"},
    {"direction": "purchases", "rate": "0", "vat_code": "D0"},
]


def settings_data(**changes: Any) -> dict[str, Any]:
    """Settings as JSON would hold them; ``vat``, ``journals``, ``accounts``… change mappings."""
    data: dict[str, Any] = {
        "company": "atelier",
        "name": "Atelier Exemple SARL",
        "tool": "outil",
        "sellsy_conn_id": "sellsy__atelier",
        "tool_conn_id": "outil__atelier",
        "start_date": "2026-01-01",
        "mappings": {
            "vat": changes.pop("vat", VAT_LINES),
            "rounding_vat_codes": changes.pop("rounding_vat_codes", {"sales": "C0", "purchases": "D0"}),
            "journals": {"sales": "VE", "purchases": "AC"} | changes.pop("journals", {}),
            "accounts": {
                "sales_default": "706000",
                "purchases_default": "607000",
                "customers_control": "411000",
                "suppliers_control": "401000",
                "rounding_credit": "758000",
                "rounding_debit": "658000",
                "deposits": "419100",
                "deposits_paid": "409100",
            }
            | changes.pop("accounts", {}),
            "account_overrides": changes.pop("account_overrides", {}),
        },
    }
    return data | changes


def settings(**changes: Any) -> CompanySettings:
    return load_settings(settings_data(**changes), where="test")


def ledger(accounts: str | Sequence[Account] = ACCOUNTS, **changes: Any) -> LedgerIndex:
    """A ledger whose accounts are padded to six digits, with 2025 closed and 2026 open."""
    if isinstance(accounts, str):
        accounts = [Account(number=number.ljust(6, "0")) for number in accounts.split()]
    content: dict[str, Any] = {
        "accounts": tuple(accounts),
        "journals": (Journal(code="VE", kind="sales"), Journal(code="AC", kind="purchases")),
        "vat_codes": tuple(VatCode(code=code) for code in ("C20", "C5", "C0", "D20", "D5", "D0")),
        "fiscal_years": (
            FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31), closed=True),
            FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),
        ),
        "accounting_codes": {"70": "707", "71": "7061"},
    }
    return LedgerIndex(Ledger(**(content | changes)))


def capabilities(**changes: Any) -> Capabilities:
    facts: dict[str, Any] = {
        "tool": "outil",
        "title": "Outil",
        "draft": True,
        "pdf": PdfSupport.WITH_ENTRY,
        "key": KeySupport.NATIVE,
        "read_back": True,
        "pdf_read_back": True,
        "third_parties": ThirdPartySupport.API,
        "vat": VatSupport.CODE_PER_LINE,
    }
    return Capabilities(**(facts | changes))


def row(net: str, tax_id: int | None = 1, account: str | None = None, **changes: Any) -> Row:
    rate = TAXES[tax_id][0] if tax_id in TAXES else "0"
    facts: dict[str, Any] = {"net": Decimal(net), "tax_id": tax_id, "rate": Decimal(rate), "account": account}
    return Row(**(facts | changes))


def vat(cents: int, tax_id: int | None = 1, rate: str | None = None, category: str | None = None) -> VatAmount:
    known = rate if rate is not None else TAXES[tax_id][0] if tax_id in TAXES else "0"
    return VatAmount(tax_id=tax_id, rate=Decimal(known), vat_cents=cents, category=category)


def document(
    rows: Iterable[Row], vat: Iterable[VatAmount] = (), *, kind: Kind = Kind.SALES_INVOICE, **changes: Any
) -> Document:
    """A document whose totals close, unless told otherwise: net = Σ rows, gross = net + VAT."""
    rows, vat = tuple(rows), tuple(vat)
    net = changes.pop("net_cents", None)
    if net is None:
        net = int(sum((row.net for row in rows), Decimal(0)) * 100)
    facts: dict[str, Any] = {
        "kind": kind,
        "id": 48213,
        "number": "F-2026-0117",
        "date": dt.date(2026, 2, 3),
        "due_date": dt.date(2026, 3, 5),
        "currency": "EUR",
        "gross_cents": net + sum(amount.vat_cents for amount in vat),
        "net_cents": net,
        "vat": vat,
        "rows": rows,
        "accounted": True,
        "third_party_name": "Café de la Gare",
    }
    return Document(**(facts | changes))


def party(kind: Kind) -> LedgerThirdParty:
    return CUSTOMER if kind.direction is Direction.SALES else SUPPLIER


def changed(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)


def written(line: EntryLine) -> tuple[str, str | None, int, int, str]:
    """A line without its words: account, auxiliary, debit, credit, role."""
    return (line.account, line.auxiliary_account, line.debit_cents, line.credit_cents, line.role.value)
