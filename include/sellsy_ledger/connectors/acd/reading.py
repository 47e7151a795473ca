"""ACD's lists → our values. Pure, and tolerant: keys are in lower case by now, codes are numbers or text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from unidecode import unidecode

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, VatCode
from sellsy_ledger.core.third_parties import LedgerThirdParty

__all__ = [
    "TAKES_INVOICE_NUMBER",
    "account_length",
    "account_of",
    "fiscal_year_of",
    "journal_of",
    "names_in",
    "third_party_of",
    "vat_code_of",
]

TAKES_INVOICE_NUMBER = "NumeroFacture"
"""``Journal.tool_id`` of a journal whose lines may carry an invoice number; ACD has no id of its own for it."""

_KINDS = {"vente": "sales", "ventes": "sales", "achat": "purchases", "achats": "purchases"}
_TRUE = ("1", "true", "o", "oui", "yes", "v", "vrai")


def account_of(raw: Mapping[str, Any]) -> Account | None:
    """A general account; None for a row without a code, or a third party's."""
    number = _text(raw.get("code"))
    if not number or _text(raw.get("categ")).upper() in ("C", "F"):
        return None
    return Account(number=number, label=_label(raw), active=not _is_true(raw.get("cptinactif")))


def account_length(accounts: Iterable[Account]) -> int | None:
    """The length that every general account of the dossier has; None when they differ."""
    lengths = {len(account.number) for account in accounts if account.number.isdecimal()}
    return lengths.pop() if len(lengths) == 1 else None


def third_party_of(raw: Mapping[str, Any], direction: Direction) -> LedgerThirdParty | None:
    """A customer's or supplier's account; the API tells no SIREN and no VAT number."""
    code = _text(raw.get("code"))
    if not code:
        return None
    return LedgerThirdParty(
        auxiliary_account=code,
        name=_label(raw) or code,
        direction=direction,
        tool_id=code,
        active=not _is_true(raw.get("cptinactif")),
    )


def journal_of(raw: Mapping[str, Any]) -> Journal | None:
    """A journal; one that is listed is shared with the API, hence open."""
    code = _text(raw.get("code"))
    if not code:
        return None
    takes_number = _is_true(raw.get("numerofacture"))
    return Journal(
        code=code,
        label=_label(raw),
        kind=_KINDS.get(unidecode(_text(raw.get("nature"))).lower(), "other"),
        tool_id=TAKES_INVOICE_NUMBER if takes_number else "",
    )


def vat_code_of(raw: Mapping[str, Any]) -> VatCode | None:
    """A VAT code with the account of collected and of deductible VAT. One that has both serves both directions and
    ties no account: the mapping must name it, and the label shows the choice.
    """
    code = _text(raw.get("code"))
    if not code:
        return None
    collected, deductible = _text(raw.get("cptcoll")), _text(raw.get("cptdedu"))
    direction = "any" if bool(collected) == bool(deductible) else "sales" if collected else "purchases"
    end = _date(raw.get("datefin"))
    words = [_label(raw), collected, deductible, f"jusqu'au {end.isoformat()}" if end else ""]
    return VatCode(
        code=code,
        label=" · ".join(filter(None, words)),
        rate=_rate(raw.get("taux")),
        direction=direction,
        account=None if direction == "any" else collected or deductible,
    )


def fiscal_year_of(raw: Mapping[str, Any]) -> FiscalYear | None:
    """A fiscal year; whether it is closed is not always told."""
    start, end = _date(raw.get("datedebut")), _date(raw.get("datefin"))
    if start is None or end is None:
        return None
    return FiscalYear(start=start, end=end, closed=_is_true(raw.get("cloture")), tool_id=_text(raw.get("code")))


def names_in(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    """Every text that the listed documents hold, in lower case: under which key a file name stands is not known."""
    return {value.strip().lower() for each in documents for value in each.values() if isinstance(value, str)}


# -- tolerant scalars --------------------------------------------------------------------------------------------
def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


def _label(raw: Mapping[str, Any]) -> str:
    return _text(raw.get("lib")) or _text(raw.get("libelle"))


def _is_true(value: object) -> bool:
    return _text(value).lower() in _TRUE


def _rate(value: object) -> Decimal | None:
    try:
        found = Decimal(_text(value).replace(",", ".").rstrip("% "))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _date(value: object) -> dt.date | None:
    """A date as ISO text (with or without time), ``dd/mm/yyyy`` or ``yyyymmdd``."""
    text = _text(value)[:10]
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d"):
        try:
            return dt.datetime.strptime(text[:8] if form == "%Y%m%d" else text, form).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
    return None
