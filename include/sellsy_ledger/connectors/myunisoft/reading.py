"""MyUnisoft's JSON → our values: reference data and entries read back. Pure, and tolerant.

Lines come in another order, zeros as null, texts padded with blanks, ids as numbers or text, dates in two forms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sellsy_ledger.connectors.base import BookedEntry, PostedEntry, PostedLine
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, VatCode
from sellsy_ledger.core.money import to_cents
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import TryLater

__all__ = [
    "ROOTS",
    "account_of",
    "attachments",
    "booked",
    "cents",
    "fiscal_year_of",
    "is_third_party",
    "journal_of",
    "line_of",
    "partner_id_of",
    "posted_entry",
    "third_party_of",
    "vat_code_of",
]

ROOTS = {"411": Direction.SALES, "401": Direction.PURCHASES}
_DIARY_KINDS = {"VTE": "sales", "ACH": "purchases"}


def account_of(raw: Mapping[str, Any]) -> Account | None:
    """A general account; None for a row without a number."""
    number = _text(raw.get("account_number"))
    if not number:
        return None
    active = not (raw.get("closed") or raw.get("blocked"))
    return Account(number=number, label=_text(raw.get("label")), active=active, tool_id=_text(raw.get("account_id")))


def is_third_party(number: str) -> bool:
    """True for 401… and 411… followed by more than padding zeros (411000 is the control account)."""
    return number[:3] in ROOTS and bool(number[3:].strip("0"))


def third_party_of(raw: Mapping[str, Any]) -> LedgerThirdParty | None:
    """A customer or supplier account; None for another account."""
    number = _text(raw.get("account_number"))
    if not is_third_party(number):
        return None
    info = raw.get("complementary_informations")
    info = info if isinstance(info, dict) else {}
    account_id = _text(raw.get("account_id"))
    return LedgerThirdParty(
        auxiliary_account=number,
        name=_text(info.get("name")) or _text(raw.get("label")),
        direction=ROOTS[number[:3]],
        siren=_text(info.get("siren")),
        tool_id=account_id,
        account_tool_id=account_id,
        active=not (raw.get("closed") or raw.get("blocked")),
    )


def journal_of(raw: Mapping[str, Any]) -> Journal | None:
    """A journal; one without a type takes no entry and counts as closed."""
    code = _text(raw.get("code"))
    if not code:
        return None
    is_open = not (raw.get("closed") or raw.get("blocked")) and raw.get("diary_type_id") is not None
    return Journal(
        code=code,
        label=_text(raw.get("name")),
        kind=_DIARY_KINDS.get(_text(raw.get("diary_type_code")), "other"),
        open=is_open,
        tool_id=_text(raw.get("diary_id")),
    )


def vat_code_of(raw: Mapping[str, Any]) -> VatCode | None:
    """A VAT record holds the account of collected and of deductible VAT. One that has both serves both directions,
    so that it ties no account: the mapping must name it, and the label shows the choice.
    """
    code = _text(raw.get("code"))
    if not code or raw.get("blocked"):
        return None
    rate = _get(raw, "vat", "rate")
    collected = _text(_get(raw, "account_coll", "account_number"))
    deductible = _text(_get(raw, "account_ded", "account_number"))
    words = [_text(_get(raw, "vat_type", "label")), _text(_get(raw, "vat_exigility", "label")), collected, deductible]
    direction = "any" if bool(collected) == bool(deductible) else "sales" if collected else "purchases"
    return VatCode(
        code=code,
        label=" · ".join(filter(None, words)),
        rate=Decimal(str(rate)) if rate is not None else None,
        direction=direction,
        account=None if direction == "any" else collected or deductible,
        tool_id=_text(raw.get("vat_param_id")),
    )


def fiscal_year_of(raw: Mapping[str, Any]) -> FiscalYear | None:
    """A fiscal year; dates come as ``YYYYMMDD``."""
    start, end = _date(raw.get("start_date")), _date(raw.get("end_date"))
    if start is None or end is None:
        return None
    return FiscalYear(start=start, end=end, closed=bool(raw.get("closed")), tool_id=_text(raw.get("exercice_id")))


# -- an entry read back ------------------------------------------------------------------------------------------
def posted_entry(raw: Mapping[str, Any], *, draft: bool) -> PostedEntry:
    """An entry of ``/mad/entry`` as the pipeline compares it."""
    movements = [each for each in raw.get("movements") or [] if isinstance(each, dict)]
    files = attachments(raw)
    return PostedEntry(
        entry_id=_text(raw.get("producerId")),
        date=_date(raw.get("date")),
        journal=_text(_get(raw, "journal", "customerReferenceCode")) or None,
        piece=next(filter(None, (_text(each.get("invoiceNumber")) for each in movements)), None),
        lines=tuple(_posted_line(each) for each in movements),
        draft=draft,
        pdf_present=None if files is None else bool(files),
        editable=_editable(movements, draft=draft),
    )


def _editable(movements: Iterable[Mapping[str, Any]], *, draft: bool) -> bool | None:
    """A pending entry can still be changed; a lettered one cannot; of any other one MyUnisoft does not tell."""
    if any(_get(each, "lettering", "state") in ("complete", "partial") for each in movements):
        return False
    return True if draft else None


def partner_id_of(raw: Mapping[str, Any]) -> str | None:
    """The partner's key on an entry of ``/mad/entry``, ``/mad/entries`` or the pending ones of ``/entries``: empty for
    an entry that no partner made, None where MyUnisoft does not tell.
    """
    if "entry_origin_partner_id" in raw:
        return _text(raw["entry_origin_partner_id"])
    properties = raw.get("additionalProducerProperties")
    if not isinstance(properties, dict) or "partnerMetadata" not in properties:
        return None
    return _text(_get(properties, "partnerMetadata", "partnerId"))


def _posted_line(movement: Mapping[str, Any]) -> PostedLine:
    return PostedLine(
        account=_text(_get(movement, "account", "number")),
        debit_cents=cents(_get(movement, "value", "debit")),
        credit_cents=cents(_get(movement, "value", "credit")),
        label=_text(movement.get("description")),
    )


def line_of(raw: Mapping[str, Any]) -> tuple[str, int, int, str]:
    """``(account id, debit cents, credit cents, invoice number)`` of a line of ``/entries``."""
    account_id = _text(_get(raw, "account", "account_id"))
    return account_id, cents(raw.get("debit")), cents(raw.get("credit")), _text(raw.get("piece2"))


def attachments(raw: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """``[(kind, value)]`` of the files on the entry and on its lines; kind is URL, Base64 or File. None when the
    answer does not speak of attachments at all.
    """
    holders = [raw, *(each for each in raw.get("movements") or [] if isinstance(each, dict))]
    maps = [each["attachments"] for each in holders if isinstance(each.get("attachments"), dict)]
    if not maps:
        return None
    files = [file for each in maps for file in each.values() if isinstance(file, dict)]
    return [(_text(file.get("type")), str(file.get("value") or "")) for file in files]


# -- an entry of the books ---------------------------------------------------------------------------------------
def booked(raw: Mapping[str, Any], root: str, key: str) -> Iterator[BookedEntry]:
    """An entry of ``/mad/entries`` or ``/entries``, once per line on an account below ``root`` (411, 401); ``key`` is
    the posting key that it shows.

    Raises:
        TryLater: it has no date, no id or no lines.
    """
    lines = [each for each in raw.get("movements") or raw.get("entry_list") or [] if isinstance(each, dict)]
    entry_id = _text(raw.get("producerId")) or _text(raw.get("entry_id"))
    day = _date(raw.get("date")) or _date(raw.get("date_piece")) or _date(raw.get("entry_date"))
    if not entry_id or day is None or not lines:
        raise TryLater(f"MyUnisoft listed an entry {entry_id} without date or lines.", tool="myunisoft")
    names = ("invoiceNumber", "freeNumber", "description", "piece2", "piece", "label")
    texts = dict.fromkeys(_text(line.get(name)) for line in lines for name in names)
    for line in lines:
        number = _text(_get(line, "account", "number")) or _text(_get(line, "account", "account_number"))
        if not number.startswith(root):
            continue
        yield BookedEntry(
            entry_id=entry_id,
            journal=_text(_get(raw, "journal", "customerReferenceCode")) or _text(_get(raw, "diary", "code")),
            date=day,
            third_party_account=number,
            third_party_name=_text(_get(line, "account", "name")) or _text(_get(line, "account", "label")),
            gross_cents=_side(line, "debit") - _side(line, "credit"),
            numbers=tuple(filter(None, texts)),
            key=key,
        )


def _side(line: Mapping[str, Any], side: str) -> int:
    return cents(_get(line, "value", side) if "value" in line else line.get(side))


# -- tolerant scalars --------------------------------------------------------------------------------------------
def _get(raw: Mapping[str, Any], *path: str) -> Any:
    found: Any = raw
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _text(value: object) -> str:
    """A text, or an id that came as a number."""
    return "" if value is None else str(value).strip()


def cents(value: object) -> int:
    """Cents of an amount; null is zero."""
    return 0 if value is None else to_cents(value)  # type: ignore[arg-type]  # to_cents judges the type itself


def _date(value: object) -> dt.date | None:
    """A date in ISO form or as ``YYYYMMDD``, with or without a time behind it."""
    text = _text(value)[:10]
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
