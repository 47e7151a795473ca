"""Reference data of a Sellsy account: taxes, chart of accounts, default accounts. Each is read when first needed,
once per run.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

import msgspec

from sellsy_ledger.errors import AccessError, TryLater
from sellsy_ledger.sources.sellsy.client import SellsyClient
from sellsy_ledger.sources.sellsy.errors import NotFound
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE, Tax, clean_text

__all__ = ["Reference"]

T = TypeVar("T")

_CATEGORIES = frozenset({"S", "E", "K", "G", "AE", "O", "Z"})
_DEFAULT_CODES = ("products_sales", "services_sales", "products_purchases", "services_purchases")


class _Tax(msgspec.Struct):
    # Rates of this list are JSON numbers, unlike anywhere else; they are decoded digit for digit.
    id: int
    rate: Decimal | None = None
    category: str | None = None
    label: str | None = None


class _Code(msgspec.Struct):
    id: int
    code: str | int | None = None


class _Charts(msgspec.Struct):
    default_codes: dict[str, object] | list[object] | None = None
    deposit_accounting_code: str | int | None = None


class Reference:
    """Taxes and accounts of one Sellsy account.

    Attributes (each read from Sellsy at its first use):
        taxes: tax id → tax; taxes that Sellsy no longer lists are added by :meth:`know_taxes`.
        accounting_codes: accounting code id (as text) → account number.
        default_accounts: numbers of the accounts that Sellsy takes when a row names none.
        deposit_account: the account of deposits, None when not set.
    """

    def __init__(self, client: SellsyClient) -> None:
        self._client = client
        self._asked: set[int] = set()

    @cached_property
    def taxes(self) -> dict[int, Tax]:
        """Every listed tax, by id."""
        pages = self._client.pages("/taxes", [("include_ecotax", "true")])
        found = (_decoded(raw, _Tax) for page in pages for raw in page.items)
        return {tax.id: _tax(tax) for tax in found if tax.rate is not None}

    @cached_property
    def accounting_codes(self) -> dict[str, str]:
        """Account numbers by id; there is no reading of a single one."""
        pages = self._client.pages("/accounting-codes")
        found = (_decoded(raw, _Code) for page in pages for raw in page.items)
        return {str(code.id): str(code.code).strip() for code in found if code.code not in (None, "")}

    @cached_property
    def default_accounts(self) -> frozenset[str]:
        """Sellsy's default sales and purchase accounts."""
        codes = self._charts.default_codes
        ids = [codes.get(name) for name in _DEFAULT_CODES] if isinstance(codes, dict) else []
        return frozenset(self.accounting_codes[str(one)] for one in ids if str(one) in self.accounting_codes)

    @cached_property
    def deposit_account(self) -> str | None:
        """A number, not an id, unlike the other defaults."""
        return clean_text(self._charts.deposit_accounting_code) or None

    @cached_property
    def _charts(self) -> _Charts:
        return _decoded(self._client.get("/settings/accounting-charts"), _Charts)

    def know_taxes(self, ids: Iterable[int | None]) -> None:
        """Ask for taxes that the list does not hold (inactive ones), once each; unknown ones stay unknown."""
        for tax_id in ids:
            if tax_id is None or tax_id in self.taxes or tax_id in self._asked:
                continue
            self._asked.add(tax_id)
            try:
                tax = _decoded(self._client.get(f"/taxes/{tax_id}"), _Tax)
            except (NotFound, AccessError):
                continue
            if tax.rate is not None:
                self.taxes[tax_id] = _tax(tax)


def _tax(found: _Tax) -> Tax:
    category = found.category if found.category in _CATEGORIES else None
    return Tax(found.id, found.rate or Decimal(0), category, clean_text(found.label))


def _decoded(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNDECODABLE as error:
        raise TryLater(f"Sellsy's reference data cannot be read ({error}).", tool="sellsy") from None
