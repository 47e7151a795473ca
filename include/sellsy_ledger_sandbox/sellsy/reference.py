"""Reference data of the emulated Sellsy account: taxes, accounting codes, defaults, currencies, fiscal years.

Shapes are those of Sellsy's official OpenAPI 2.264.0. The same three accounts share them; ids are small on purpose,
since ids are unique only inside one Sellsy account and one kind of object.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sellsy_ledger_sandbox import ledger

__all__ = ["ACCOUNTING_CHARTS", "ACCOUNTING_CODES", "CODES", "CURRENCIES", "TAXES", "Tax", "tax_for"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Tax:
    """One Sellsy tax with the ledger accounts Sellsy itself would use."""

    id: int
    rate: Decimal
    category: str
    label: str
    collected: str | None = None
    deductible: str | None = None
    is_active: bool = True

    def as_listed(self) -> Json:
        """The object of ``GET /taxes``; the rate is a JSON number there, unlike on documents."""
        whole = self.rate == self.rate.to_integral_value()
        return {
            "id": self.id,
            "rate": int(self.rate) if whole else float(self.rate),
            "label": self.label,
            "is_active": self.is_active,
            "is_ecotax": False,
            "category": self.category,
            "vatex": {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}.get(self.category),
            "is_einvoicing_compliant": self.is_active,
            "system_label": f"{self.category} {self.rate.normalize():f}",
        }

    def accounting_codes(self) -> Json:
        """The object of ``GET /taxes/accounting-codes``; null means Sellsy's default account."""
        listed = self.as_listed()
        debit = {"collected_vat": _code_pair(self.collected), "deductible_vat": _code_pair(self.deductible)}
        collection = {
            "collected_vat": _code_pair("445740" if self.collected else None),
            "deductible_vat": _code_pair("445640" if self.deductible else None),
        }
        return {
            **{key: listed[key] for key in ("id", "rate", "label")},
            "debit_vat": debit,
            "collection_vat": collection,
        }


# Ids of accounting codes are the six digits without the last, so that a reader can tell them apart in a log.
_EXTRA_CODES: Final = {"7061": "Maintenance (ancien plan)", "708999": "Produits annexes (compte absent de la compta)"}
CODES: Final[dict[str, int]] = {
    **{account["number"]: int(account["number"][:5]) for account in ledger.CHART},
    "445662": 44567,
    "445711": 44572,
    "445712": 44573,
    "445713": 44575,
    "7061": 70619,
    "708999": 70899,
}
_NUMBERS: Final = {identifier: number for number, identifier in CODES.items()}


def number_of(code_id: int) -> str:
    """The account number of an accounting code id."""
    return _NUMBERS[code_id]


def _code_pair(number: str | None) -> Json:
    return {"id": CODES[number] if number else None, "code": number}


def _views(number: str) -> list[str]:
    views = {"40": "third", "41": "third", "51": "bank", "53": "bank", "6": "purchase", "7": "sell"}
    return [view for prefix, view in views.items() if number.startswith(prefix)] or ["reconciliation"]


ACCOUNTING_CODES: Final[list[Json]] = [
    {"id": CODES[number], "code": number, "label": label, "views": _views(number)}
    for number, label in sorted({**{a["number"]: a["label"] for a in ledger.CHART}, **_EXTRA_CODES}.items())
]

ACCOUNTING_CHARTS: Final[Json] = {
    "accounting_code_length": 6,
    "deposit_accounting_code": "419100",
    "discount": {
        "enabled": False,
        "sell_discount_code_id": CODES["709700"],
        "purchase_discount_code_id": CODES["609700"],
    },
    "default_codes": {
        "thirds": CODES["411000"],
        "staffs": CODES["421000"],
        "suppliers": CODES["401000"],
        "banks": CODES["512000"],
        "pay_mediums": CODES["530000"],
        "products_sales": CODES["707000"],
        "services_sales": CODES["706000"],
        "products_purchases": CODES["607000"],
        "services_purchases": CODES["604000"],
        "commissions": CODES["622000"],
        "debit_vat": {"collected_vat": CODES["445710"], "deductible_vat": CODES["445660"]},
        "collection_vat": {"collected_vat": CODES["445740"], "deductible_vat": None},
    },
}

CURRENCIES: Final[list[Json]] = [
    {"id": 1, "code": "EUR", "symbol": "€", "is_default": True},
    {"id": 2, "code": "USD", "symbol": "$", "is_default": False},
    {"id": 3, "code": "GBP", "symbol": "£", "is_default": False},
    {"id": 4, "code": "CHF", "symbol": "CHF", "is_default": False},
]

TAXES: Final[tuple[Tax, ...]] = (
    Tax(911, Decimal(20), "S", "TVA 20%", "445710", "445660"),
    Tax(912, Decimal(10), "S", "TVA 10%", "445711", "445660"),
    Tax(913, Decimal("5.5"), "S", "TVA 5,5%", "445712", "445660"),
    Tax(914, Decimal("2.1"), "S", "TVA 2,1%", "445713", "445660"),
    Tax(915, Decimal(0), "E", "Exonéré"),
    Tax(916, Decimal(0), "K", "Livraison intracommunautaire"),
    Tax(917, Decimal(0), "G", "Exportation"),
    Tax(918, Decimal(0), "AE", "Autoliquidation"),
    Tax(919, Decimal(0), "O", "Hors champ"),
    Tax(920, Decimal(0), "Z", "Taux zéro"),
    Tax(921, Decimal("8.5"), "S", "TVA DOM 8,5%"),
    Tax(922, Decimal("19.6"), "S", "TVA 19,6% (ancienne)", is_active=False),
)


def tax_for(rate: Decimal, category: str) -> Tax:
    """The account's tax of that rate and category, or one made up for a foreign rate (its id is stable)."""
    for tax in TAXES:
        if tax.rate == rate and tax.category == category:
            return tax
    text = f"{rate.normalize():f}"
    return Tax(5000 + zlib.crc32(f"{category}{text}".encode()) % 4000, rate, category, f"TVA {text}%")


def fiscal_years() -> list[Json]:
    """The objects of ``GET /fiscal-years``, newest first as Sellsy names them N, N-1."""
    newest_first = sorted(ledger.FISCAL_YEARS, key=lambda year: year["start"], reverse=True)
    return [
        {"id": 12 - back, "name": f"N-{back}" if back else "N", "start_at": year["start"], "end_at": year["end"]}
        for back, year in enumerate(newest_first)
    ]
