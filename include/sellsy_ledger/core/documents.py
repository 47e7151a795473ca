"""Documents as the product sees them, whatever API they came from.

Immutable values made by a source's reader and stored in the register. Nothing here knows Sellsy's JSON.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import msgspec

__all__ = [
    "DepositDeduction",
    "Direction",
    "Document",
    "DueOn",
    "Kind",
    "Row",
    "SupportingDocument",
    "TaxInclusiveAdjustment",
    "ThirdPartyRef",
    "VatAmount",
]


class Direction(StrEnum):
    """Which side of the trade the company is on."""

    SALES = "sales"
    PURCHASES = "purchases"


class Kind(StrEnum):
    """The four kinds of document; deposit and progress invoices are sales invoices with a flag.

    Attributes:
        direction: sales or purchases.
        is_credit_note: true for the two credit notes.
    """

    direction: Direction
    is_credit_note: bool

    SALES_INVOICE = "sales_invoice"
    SALES_CREDIT_NOTE = "sales_credit_note"
    PURCHASE_INVOICE = "purchase_invoice"
    PURCHASE_CREDIT_NOTE = "purchase_credit_note"

    def __init__(self, value: str) -> None:
        # Plain attributes, because every document asks for them several times.
        self.direction = Direction.SALES if value.startswith("sales") else Direction.PURCHASES
        self.is_credit_note = value.endswith("credit_note")


class DueOn(StrEnum):
    """When the VAT of a document becomes due: at the invoice (débits) or at payment (encaissements)."""

    INVOICE = "invoice"
    RECEIPT = "receipt"


class VatAmount(msgspec.Struct, frozen=True, kw_only=True):
    """VAT of one tax as printed on the document; ``vat_cents`` has the document's own sign.

    ``category`` is the UNTDID 5305 code (S, E, AE, K, G, O, Z) where the source's tax list gives it.
    """

    tax_id: int | None
    rate: Decimal
    vat_cents: int
    category: str | None = None
    label: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One priced row; comments, titles, sub-totals and optional rows are already left out.

    ``net`` is the exact amount before VAT, row discount taken, global discount not yet taken.
    ``account`` is Sellsy's ledger account when the source gives the number itself (accounting journal);
    ``accounting_code_id`` the id to look up otherwise.
    """

    net: Decimal
    tax_id: int | None
    rate: Decimal
    description: str = ""
    accounting_code_id: int | None = None
    account: str | None = None
    analytic_code: str | None = None
    type: str = "single"


class DepositDeduction(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit invoice deducted on a final invoice; ``vat`` is known when its own document was read."""

    id: int
    number: str
    gross_cents: int
    date: dt.date | None = None
    vat: tuple[VatAmount, ...] | None = None


class TaxInclusiveAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """A discount, premium or withholding that changes the amount due and not the gross."""

    label: str
    amount_cents: int
    accounting_code_id: int | None = None


class ThirdPartyRef(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of the customer or supplier in the source: ``type`` is company, individual or snapshot."""

    type: str
    id: int | None


class SupportingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A stored PDF: ``path`` is its place in the document store, ``sha256`` the hash of its bytes.

    ``origin``: ``original`` (what the supplier or Sellsy issued) or ``rendered`` (Sellsy's picture of a purchase).
    """

    path: str
    file_name: str
    sha256: str
    size_bytes: int
    origin: str = "original"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or credit note as read from the source.

    Amounts keep the source's sign (Sellsy gives credit notes positive); sides are decided by
    ``sellsy_ledger.core.journalise``. ``rows`` is None while only a list entry was read. ``accounted`` is None when
    the source did not say. ``number`` is the number a person sees on the paper: Sellsy's own for sales, the
    supplier's for purchases (``internal_number`` holds Sellsy's). ``rows_source`` says whether rows are the document's
    own (``detail``) or were rebuilt from the accounting journal's net lines (``journal``: accounts are known, texts
    are not).

    ``correction`` is empty for a document as the source shows it the first time; once it was posted and then changed,
    what corrects the books is a document of its own beside it (:mod:`sellsy_ledger.core.corrections`).
    """

    kind: Kind
    id: int
    number: str
    date: dt.date
    currency: str
    gross_cents: int
    net_cents: int
    vat: tuple[VatAmount, ...]
    rows: tuple[Row, ...] | None = None
    rows_source: str = "detail"
    internal_number: str = ""
    due_date: dt.date | None = None
    vat_due_on: DueOn | None = None
    accounted: bool | None = None
    is_deposit: bool = False
    is_progress: bool = False
    deposits: tuple[DepositDeduction, ...] = ()
    adjustments: tuple[TaxInclusiveAdjustment, ...] = ()
    remaining_due_cents: int | None = None
    global_discount: Decimal = Decimal(0)
    shipping_and_packaging: Decimal = Decimal(0)
    third_party: ThirdPartyRef | None = None
    third_party_name: str = ""
    third_party_vat_number: str = ""
    subject: str = ""
    status: str = ""
    analytic_code: str | None = None
    service_start: dt.date | None = None
    service_end: dt.date | None = None
    created_on: dt.date | None = None
    file_id: int | None = None
    correction: str = ""

    @property
    def key(self) -> str:
        """Identity inside one company: ``sales_invoice:48213`` (an id alone is shared by kinds), with the label of
        the correction behind it where the document is one: ``sales_invoice:48213-v2``.
        """
        return f"{self.kind.value}:{self.id}{self.correction}"

    @property
    def vat_cents(self) -> int:
        """Sum of the printed VAT amounts."""
        return sum(amount.vat_cents for amount in self.vat)
