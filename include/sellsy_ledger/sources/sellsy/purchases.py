"""Sellsy's V1 purchase objects (``Purchase.getList`` items, ``Purchase.getOne``), decoded to documents. Pure.

V1 is PHP speaking: every scalar is text, key spelling wavers (``thirdname``, ``thirdName``), lists come as arrays or
as objects keyed by id with a stray ``_xml_childtag``, an absent date is ``0000-00-00``, VAT per tax is a
PHP-serialised array (read by a small pattern, never unserialised). Source: Sellsy's V1 method documentation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from sellsy_ledger.core.documents import Document, Kind, Row, ThirdPartyRef, VatAmount
from sellsy_ledger.core.money import NotAnAmount, round_to_cents
from sellsy_ledger.sources.sellsy.fields import (
    UNDECODABLE,
    Tax,
    clean_text,
    currency_of,
    day,
    decimal_of,
    exact_rate,
    id_of,
    rate_of,
    tax_rate,
    to_cents,
    unreadable,
)

__all__ = ["Purchase", "members", "parse_purchase", "php_taxes", "read_purchase"]

PRICED_ROWS = frozenset({"once", "item", "shipping", "packaging"})
LAYOUT_ROWS = frozenset({"title", "comment", "sum", "sub-total", "break-line", "break-page", "breakline", "breakpage"})
_KIND_BY_TYPE = {"purinvoice": Kind.PURCHASE_INVOICE, "purcreditnote": Kind.PURCHASE_CREDIT_NOTE}
_PHP_ARRAY = re.compile(r"a:(\d{1,4}):\{(.*)\}", re.DOTALL | re.ASCII)
_PHP_TAX = re.compile(r'i:(\d{1,18});(?:s:\d+:"([^"]*)"|[di]:([^;]+));?', re.ASCII)

# `Purchase.getOne` answers about 50 kB, nearly all of it dictionaries: only these members are decoded.
# fmt: off
_USED = frozenset(
    {
        "id", "linkedid", "linkedtype", "type", "doctypeid", "ident", "externalident", "created",
        "displayeddate", "paydatecustom", "subject", "step", "totalamount", "totalamounttaxesfree",
        "taxesamountsum", "taxesamountdetails", "dueamount", "discountamount", "packagingsamount",
        "shippingsamount", "currencysymbol", "prefs", "currencies", "thirdid", "thirdname", "thirdvatnum",
        "thirdtype", "analyticscode", "recordable", "recorded", "isdeposit", "error", "response", "map",
        "fileid", "taxes",
    }
)
# fmt: on
_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Purchase(msgspec.Struct, frozen=True):
    """A purchase and what only the reader needs: V1 has two ids per purchase, and journals speak of one of them."""

    document: Document
    linked_id: int | None
    created: str
    recordable: bool | None


def members(data: bytes | msgspec.Raw | Mapping[str, Any], used: frozenset[str]) -> dict[str, Any]:
    """The wanted members of an object under lower-case names; ``[]`` and null are an empty object.

    Raises:
        msgspec.DecodeError: the text is not JSON, or no object.
        TypeError: a parsed value that is no object.
    """
    if not isinstance(data, bytes | msgspec.Raw):
        if data and not isinstance(data, Mapping):
            raise TypeError(f"a {type(data).__name__} is no object")
        return {key.lower(): value for key, value in dict(data or {}).items() if key.lower() in used}
    if bytes(data).strip() in (b"[]", b"null"):
        return {}
    return {
        key.lower(): raw if bytes(raw)[:1] == b"{" else msgspec.json.decode(raw)
        for key, raw in _raw_members.decode(data).items()
        if key.lower() in used
    }


def parse_purchase(kind: Kind, data: bytes | Mapping[str, Any], taxes: Mapping[int, Tax]) -> Document:
    """Read a ``Purchase.getOne`` answer, with or without its envelope.

    Raises:
        DocumentError: with reason ``document_unreadable`` and the field at fault.
    """
    return read_purchase(kind, data, taxes).document


def read_purchase(kind: Kind, data: bytes | msgspec.Raw | Mapping[str, Any], taxes: Mapping[int, Tax]) -> Purchase:
    """The same, with the second id and the creation time that the reader needs.

    Raises:
        DocumentError: with reason ``document_unreadable`` and the field at fault.
    """
    try:
        found = members(data, _USED)
        if "response" in found and "id" not in found:
            if found.get("error") or found["response"] is None:
                unreadable("response", "is an error of Sellsy's V1 API", kind)
            found = members(found["response"], _USED)
        rows = list(_rows_of(found.get("map")))
    except (*UNDECODABLE, TypeError, ValueError, AttributeError):
        unreadable("document", "is not a V1 purchase object", kind)
    return _read(kind, found, rows, taxes)


def _read(kind: Kind, found: dict[str, Any], rows: list[dict[str, Any]], taxes: Mapping[int, Tax]) -> Purchase:
    identity = id_of(found.get("id"))
    if identity is None:
        unreadable("id", "is missing", kind)
    _check_type(kind, found, identity)
    date = day(found.get("displayeddate"), "displayedDate")
    if date is None:
        unreadable("displayedDate", "is missing", kind, identity)
    internal = clean_text(found.get("ident"))
    number = clean_text(found.get("externalident")) or internal
    step = clean_text(found.get("step"))
    if not number and step != "draft":
        unreadable("ident", "is missing", kind, identity)
    due = found.get("dueamount")
    recordable = _recordable(found)
    document = Document(
        kind=kind,
        id=identity,
        number=number,
        internal_number=internal,
        date=date,
        due_date=day(found.get("paydatecustom"), "payDateCustom"),
        currency=_currency(found),
        gross_cents=to_cents(found.get("totalamount"), "totalAmount"),
        net_cents=to_cents(found.get("totalamounttaxesfree"), "totalAmountTaxesFree"),
        vat=_vat(found, rows, taxes),
        rows=_priced(rows, taxes) if "map" in found else None,
        accounted=False if step == "draft" else recordable,
        is_deposit=found.get("isdeposit") == "Y",
        remaining_due_cents=None if due in (None, "") else to_cents(due, "dueAmount"),
        global_discount=_amount(found, "discountamount", "discountAmount"),
        shipping_and_packaging=_amount(found, "shippingsamount", "shippingsAmount")
        + _amount(found, "packagingsamount", "packagingsAmount"),
        third_party=_supplier(found),
        third_party_name=clean_text(found.get("thirdname")),
        third_party_vat_number=clean_text(found.get("thirdvatnum")),
        subject=clean_text(found.get("subject")),
        status=step,
        analytic_code=clean_text(found.get("analyticscode")) or None,
        created_on=day(found.get("created"), "created"),
        file_id=id_of(found.get("fileid")),
    )
    linked = id_of(found.get("linkedid")) or id_of(found.get("doctypeid"))
    return Purchase(document, linked, clean_text(found.get("created")), recordable)


def _check_type(kind: Kind, found: dict[str, Any], identity: int) -> None:
    """An order or a delivery is no invoice, and a credit note read as an invoice would be booked on the wrong sides."""
    said = str(found.get("type") or found.get("linkedtype") or "")
    if said.lower().startswith("pur") and _KIND_BY_TYPE.get(said.lower()) is not kind:
        unreadable("linkedtype", f"says {clean_text(said)[:30]}", kind, identity)


def _recordable(found: dict[str, Any]) -> bool | None:
    """V1's own word on being accounted; only a fallback, the accounting journal is the authority."""
    said = (found.get("recordable"), found.get("recorded"))
    if "Y" in said:
        return True
    return False if "N" in said else None


def _currency(found: dict[str, Any]) -> str:
    """ISO code; a symbol without a code stays as it is, so that only what is surely euros passes for euros."""
    symbol = clean_text(found.get("currencysymbol"))
    if symbol == "€":
        return "EUR"
    try:
        chosen = str(members(found.get("prefs") or {}, frozenset({"currencyid"})).get("currencyid") or "")
        known = members(found.get("currencies") or {}, frozenset({chosen}))
        name = members(known.get(chosen) or {}, frozenset({"name"})).get("name")
    except (*UNDECODABLE, TypeError, ValueError):
        name = None
    return currency_of(name) or currency_of(symbol) or unreadable("currencysymbol", "is missing or no currency")


def _supplier(found: dict[str, Any]) -> ThirdPartyRef:
    identity = id_of(found.get("thirdid"))
    person = str(found.get("thirdtype") or "").lower() in ("people", "individual")
    if identity is None:
        return ThirdPartyRef(type="snapshot", id=None)
    return ThirdPartyRef(type="individual" if person else "company", id=identity)


def _amount(found: dict[str, Any], name: str, field: str) -> Decimal:
    value = found.get(name)
    return Decimal(0) if value in (None, "") else decimal_of(value, field)


def php_taxes(text: object) -> list[tuple[int, str]]:
    """(tax id, amount) of ``a:1:{i:86718;s:11:"7.000000000";}``; empty and ``a:0:{}`` give none.

    Raises:
        DocumentError: when the text is anything else, so that no VAT is lost in silence.
    """
    if text in (None, "", []):
        return []
    whole = _PHP_ARRAY.fullmatch(text.strip()) if isinstance(text, str) else None
    if whole is None:
        unreadable("taxesAmountDetails", "is not a list of taxes")
    pairs = [(int(each[1]), each[2] if each[2] is not None else each[3]) for each in _PHP_TAX.finditer(whole[2])]
    if len(pairs) != int(whole[1]):
        unreadable("taxesAmountDetails", "does not hold as many taxes as it says")
    return pairs


def _vat(found: dict[str, Any], rows: list[dict[str, Any]], taxes: Mapping[int, Tax]) -> tuple[VatAmount, ...]:
    rates = _rates_of_rows(rows)
    amounts = [
        (tax, to_cents(amount, "taxesAmountDetails")) for tax, amount in php_taxes(found.get("taxesamountdetails"))
    ]
    total = found.get("taxesamountsum")
    cents = 0 if total in (None, "") else to_cents(total, "taxesAmountSum")
    if not amounts and cents:
        amounts = _vat_of_rows(rows, cents)
    if any(tax not in taxes and tax not in rates for tax, _ in amounts):
        rates = {**_rates_of_dictionary(found.get("taxes")), **rates}
    return tuple(_vat_amount(tax, amount, rates, taxes) for tax, amount in amounts)


def _rates_of_dictionary(found: Any) -> dict[int, Decimal]:
    """Rates of the answer's own list of taxes, written the French way (``20,00``)."""
    rates = {}
    try:
        listed = msgspec.json.decode(found) if isinstance(found, msgspec.Raw) else found
        for key, tax in listed.items() if isinstance(listed, dict) else ():
            identity = id_of(key)
            if identity is not None and isinstance(tax, dict):
                rates[identity] = exact_rate(str(tax.get("value")).replace(",", "."))
    except (*UNDECODABLE, NotAnAmount):
        return {}
    return rates


def _vat_amount(tax: int, cents: int, rates: Mapping[int, Decimal], taxes: Mapping[int, Tax]) -> VatAmount:
    known = taxes.get(tax)
    rate = known.rate if known else rates.get(tax)
    if rate is None:
        unreadable("taxesAmountDetails", f"names tax {tax}, whose rate is unknown")
    return VatAmount(
        tax_id=tax,
        rate=rate,
        vat_cents=cents,
        category=known.category if known else None,
        label=known.label if known else "",
    )


def _vat_of_rows(rows: list[dict[str, Any]], total: int) -> list[tuple[int, int]]:
    """VAT per tax added up from the rows' own VAT, only where it meets the printed total to the cent."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        tax = id_of(row.get("taxid"))
        if tax is not None and _is_priced(row):
            sums[tax] += decimal_of(row.get("taxamount"), "map.rows.taxAmount")
    amounts = [(tax, round_to_cents(amount)) for tax, amount in sums.items()]
    if sum(cents for _, cents in amounts) != total:
        unreadable("taxesAmountDetails", "is empty although the purchase has VAT")
    return amounts


def _rows_of(found: Any) -> Iterator[dict[str, Any]]:
    """Rows in printed order, whatever PHP made of the list."""
    rows = members(found or {}, frozenset({"rows"})).get("rows") or {}
    if isinstance(rows, bytes | msgspec.Raw):
        rows = msgspec.json.decode(rows)
    items = rows.values() if isinstance(rows, dict) else rows
    lowered = [{key.lower(): value for key, value in item.items()} for item in items if isinstance(item, dict)]
    yield from sorted(lowered, key=lambda row: id_of(row.get("rank")) or 0)


def _is_priced(row: dict[str, Any]) -> bool:
    if row.get("isoption") == "Y":
        return False
    kind = str(row.get("type") or "")
    return kind in PRICED_ROWS or (kind not in LAYOUT_ROWS and row.get("totalamount") not in (None, ""))


def _rates_of_rows(rows: list[dict[str, Any]]) -> dict[int, Decimal]:
    rates = {}
    for row in rows:
        tax, rate = id_of(row.get("taxid")), row.get("taxrate")
        if tax is not None and rate not in (None, ""):
            rates[tax] = rate_of(str(rate).replace(",", "."), "map.rows.taxrate")
    return rates


def _priced(rows: list[dict[str, Any]], taxes: Mapping[int, Tax]) -> tuple[Row, ...]:
    rates = _rates_of_rows(rows)
    return tuple(_row(row, rates, taxes) for row in rows if _is_priced(row))


def _row(row: dict[str, Any], rates: Mapping[int, Decimal], taxes: Mapping[int, Tax]) -> Row:
    tax = id_of(row.get("taxid"))
    rate = rates.get(tax) if tax is not None else Decimal(0)
    rate = rate if rate is not None else tax_rate(tax, taxes)
    if rate is None:
        unreadable("map.rows.taxrate", "is missing")
    return Row(
        net=decimal_of(row.get("totalamount"), "map.rows.totalAmount"),
        tax_id=tax,
        rate=rate,
        description=clean_text(row.get("name")) or clean_text(row.get("notes")),
        accounting_code_id=id_of(row.get("accountingcode")),
        analytic_code=clean_text(row.get("analyticscode")) or None,
        type=clean_text(row.get("type")),
    )
