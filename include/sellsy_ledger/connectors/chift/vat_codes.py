"""Chift's VAT codes: what a line of the ledger must remember of one, in the one text that the ledger keeps of it.

Pure. ``VatCode.tool_id`` holds Chift's id, whether the VAT is reversed, and the code's two accounts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from sellsy_ledger.connectors.chift import answers
from sellsy_ledger.core.ledger import VatCode

__all__ = ["Known", "known", "vat_code"]

_DIRECTIONS = {"sale": "sales", "purchase": "purchases"}


class Known(NamedTuple):
    """One VAT code as Chift wants and explains it."""

    id: str
    rate: Decimal | None
    reversed: bool = False
    deductible_account: str = ""
    payable_account: str = ""


class _Kept(msgspec.Struct, array_like=True):
    id: str
    reversed: bool = False
    deductible_account: str = ""
    payable_account: str = ""


def vat_code(told: answers.VatCode) -> VatCode:
    """Chift's code as the core knows one; its name in settings is the short code, or the id where there is none."""
    deductible, payable = told.deductible_account or "", told.payable_account or ""
    account = {"sale": payable, "purchase": deductible}.get(told.type, payable if payable == deductible else "")
    kept = _Kept(told.id, bool(told.reversed), deductible, payable)
    return VatCode(
        code=told.code or told.id,
        label=told.label,
        rate=told.rate,
        direction=_DIRECTIONS.get(told.type, "any"),
        account=account or None,
        tool_id=msgspec.json.encode(kept).decode(),
    )


def known(code: VatCode) -> Known:
    """What :func:`vat_code` kept."""
    try:
        kept = msgspec.json.decode(code.tool_id, type=_Kept)
    except msgspec.DecodeError:
        kept = _Kept(code.tool_id or code.code)
    return Known(kept.id, code.rate, kept.reversed, kept.deductible_account, kept.payable_account)
