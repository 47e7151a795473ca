"""What the JSON says, read by other means than the product: Python's own reader and exact fractions.

Where a document was accepted, its amounts must be those; whatever is no plain decimal number must have been refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sellsy_ledger.core.documents import Direction, Document

__all__ = ["differences"]

_PLAIN = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?\s*")
_LAYOUT = {"comment", "title", "sub-total", "break-line", "break-page"}
_PRICED = {"single", "catalog", "shipping", "packaging", "deposit"}
_V1_LAYOUT = {*_LAYOUT, "sum", "breakline", "breakpage"}
_NOTHING: tuple[Any, ...] = (None, "")


class _Number(str):
    """A JSON number, as written."""

    __slots__ = ()


class _NoAmount(Exception):
    """Nothing that may be taken for an amount."""


def _load(text: str) -> Any:
    return json.loads(text, parse_int=_Number, parse_float=_Number)


def _exact(value: Any) -> Fraction:
    is_text = isinstance(value, str) and len(value) < 4000 and _PLAIN.fullmatch(value) is not None
    if not is_text or (isinstance(value, _Number) and not value.removeprefix("-").isdecimal()):
        raise _NoAmount(repr(value)[:60])
    return Fraction(value.strip())


def _cents(value: Any) -> int:
    """Half a cent away from zero."""
    exact = _exact(value) * 100
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return -whole if exact < 0 else whole


def differences(document: Document, text: str) -> list[str]:
    """What an accepted document says otherwise than its JSON; empty when all amounts are there."""
    said = _load(text)
    pairs = _sale(document, said) if document.kind.direction is Direction.SALES else _purchase(document, said)
    found = []
    try:
        for name, read, wanted in pairs:
            if read != wanted:
                found.append(f"{name} is {str(read)[:80]}, the JSON says {str(wanted)[:80]}")
    except _NoAmount as refusal:
        found.append(f"accepted although an amount is {refusal}")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        found.append(f"accepted, and the witness cannot read it: {error!r}")
    return found


Pairs = Iterator[tuple[str, Any, Any]]


def _sale(document: Document, said: Any) -> Pairs:
    amounts = said["amounts"]
    yield "gross", document.gross_cents, _cents(amounts["total_incl_tax"])
    yield "net", document.net_cents, _cents(amounts["total_excl_tax"])
    yield "date", document.date.isoformat(), _iso(said["date"])
    taxes = said.get("taxes") or []
    taxes = list(taxes.values()) if isinstance(taxes, dict) else taxes
    yield "VAT", [one.vat_cents for one in document.vat], [_cents(one["amount"]) for one in taxes]
    for read, one in zip(document.vat, taxes, strict=True):
        if one.get("rate") not in _NOTHING:
            yield "rate", Fraction(read.rate), _exact(one["rate"])
    if said.get("rows") is not None:
        rows = [row for row in said["rows"] if _is_sold(row)]
        nets = [_exact(row["amount_tax_exc"]) for row in rows]
        yield "rows", [Fraction(row.net) for row in document.rows or ()], nets
    embed = said.get("_embed") if isinstance(said.get("_embed"), dict) else {}
    deposits = embed.get("deposits") or []
    deposits = list(deposits.values()) if isinstance(deposits, dict) else deposits
    yield "deposits", [one.gross_cents for one in document.deposits], [_cents(one["amount"]) for one in deposits]
    due = amounts.get("total_remaining_due_incl_tax")
    yield "due", document.remaining_due_cents, None if due in _NOTHING else _cents(due)
    parts = [amounts.get(name) for name in ("total_shipping", "total_packaging")]
    yield (
        "shipping",
        Fraction(document.shipping_and_packaging),
        sum(_exact(one) for one in parts if one not in _NOTHING),
    )
    before, after = (amounts.get(f"total_{name}_excl_tax") for name in ("raw", "after_discount"))
    if before not in _NOTHING and after not in _NOTHING:
        yield "discount", Fraction(document.global_discount), _exact(before) - _exact(after)


def _is_sold(row: Any) -> bool:
    kind = row.get("type") or ""
    if row.get("is_optional") or kind in _LAYOUT:
        return False
    return kind in _PRICED or row.get("amount_tax_exc") is not None


def _purchase(document: Document, said: Any) -> Pairs:
    said = {key.lower(): value for key, value in said.items()}
    yield "gross", document.gross_cents, _cents(said["totalamount"])
    yield "net", document.net_cents, _cents(said["totalamounttaxesfree"])
    yield "date", document.date.isoformat(), _iso(said["displayeddate"])
    total = said.get("taxesamountsum")
    details = re.findall(r'i:\d+;(?:s:\d+:"([^"]*)"|[di]:([^;]+));?', str(said.get("taxesamountdetails") or ""))
    if details:
        yield "VAT", [one.vat_cents for one in document.vat], [_cents(text or plain) for text, plain in details]
    else:
        yield "VAT", document.vat_cents, 0 if total in _NOTHING else _cents(total)
    drawn = said.get("map") if isinstance(said.get("map"), dict) else {}
    rows = drawn.get("rows") or {}
    rows = list(rows.values()) if isinstance(rows, dict) else rows
    lowered = [{key.lower(): value for key, value in row.items()} for row in rows if isinstance(row, dict)]
    nets = sorted(_exact(row.get("totalamount")) for row in lowered if _is_bought(row))
    yield "rows", sorted(Fraction(row.net) for row in document.rows or ()), nets
    for name, read in (("discountamount", document.global_discount),):
        value = said.get(name)
        yield name, Fraction(read), 0 if value in _NOTHING else _exact(value)
    due = said.get("dueamount")
    yield "due", document.remaining_due_cents, None if due in _NOTHING else _cents(due)


def _is_bought(row: Any) -> bool:
    kind = str(row.get("type") or "")
    if row.get("isoption") == "Y":
        return False
    priced = kind in {"once", "item", "shipping", "packaging"}
    return priced or (kind not in _V1_LAYOUT and row.get("totalamount") not in _NOTHING)


def _iso(value: Any) -> str:
    text = str(value)[:10]
    if re.fullmatch(r"\d\d/\d\d/\d{4}", text, re.ASCII):
        return "-".join(reversed(text.split("/")))
    return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else f"no date: {text!r}"
