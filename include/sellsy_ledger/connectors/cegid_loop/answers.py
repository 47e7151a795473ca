"""Cegid Loop's JSON → our values: lists, reference data, import status. Pure, and tolerant of what is not documented.

Cegid's pages name the fields and not the frame around them, so a list may come bare or inside an object, a name in any
case, and what another object stands for (a journal, an account) by its code or as an object that holds it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account, Journal, VatCode
from sellsy_ledger.core.third_parties import LedgerThirdParty

__all__ = [
    "account_of",
    "code_of",
    "date_of",
    "document_id",
    "journal_of",
    "pick",
    "request_id",
    "rows_of",
    "status_of",
    "text_of",
    "third_party_of",
    "upload_addresses",
    "vat_code_of",
]

Row = dict[str, Any]
_PARIS = ZoneInfo("Europe/Paris")
_JOURNAL_KINDS = {"1": "purchases", "8": "sales", "achat": "purchases", "vente": "sales"}
_LIST_NAMES = ("data", "items", "value", "values", "results", "result", "rows", "records", "list", "liste", "content")
_STATUS_WORDS = {
    "pending": 1,
    "queued": 1,
    "enattente": 1,
    "running": 2,
    "inprogress": 2,
    "encours": 2,
    "success": 3,
    "succeeded": 3,
    "completed": 3,
    "error": 4,
    "failed": 4,
    "failure": 4,
    "erreur": 4,
}


# -- frames ------------------------------------------------------------------------------------------------------
def lowered(raw: Mapping[str, Any]) -> Row:
    """The object with its names in lower case."""
    return {str(name).casefold(): value for name, value in raw.items()}


def pick(row: Mapping[str, Any], *names: str) -> Any:
    """The first of ``names`` (lower case, the row too) that holds something; None when none does."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def rows_of(found: Any, route: str) -> list[Row]:
    """The rows of a list, bare or inside an object, their names in lower case.

    Raises:
        ValueError: there is no list in it, or one of something else than objects.
    """
    rows = _list_in(found, route.strip("/").casefold(), depth=3)
    if rows is None or not all(isinstance(each, Mapping) for each in rows):
        raise ValueError(f"{route} was not answered with a list")
    return [lowered(each) for each in rows]


def _list_in(found: Any, route: str, depth: int) -> list[Any] | None:
    if isinstance(found, list):
        return found
    if not isinstance(found, Mapping) or not depth:
        return None
    body = lowered(found)
    for name in (route, f"{route}s", *_LIST_NAMES):
        inner = _list_in(body.get(name), route, depth - 1)
        if inner is not None:
            return inner
    lists = [value for value in body.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


# -- scalars -----------------------------------------------------------------------------------------------------
def text_of(value: object) -> str:
    """A text, or a number as text; an object or a list is none."""
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value).strip()


def code_of(value: object) -> str:
    """What identifies a journal, an account or a third party: its code, or an object's code or number."""
    if isinstance(value, Mapping):
        return text_of(pick(lowered(value), "code", "numero", "number", "codetiers"))
    return text_of(value)


def date_of(value: object) -> dt.date | None:
    """A day from ISO text, with or without time and zone (then the day in Paris), or from ``YYYYMMDD``."""
    text = text_of(value)
    try:
        if len(text) > 10:
            moment = dt.datetime.fromisoformat(text)
            return (moment if moment.tzinfo is None else moment.astimezone(_PARIS)).date()
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _is_true(value: object) -> bool:
    return value is True or text_of(value).casefold() in ("true", "1", "oui")


# -- reference data ----------------------------------------------------------------------------------------------
def account_of(row: Mapping[str, Any]) -> Account | None:
    """A general account; None for a row without a number."""
    number = text_of(pick(row, "numero", "number", "code", "comptenumero"))
    if not number:
        return None
    active = not _is_true(row.get("ferme"))
    return Account(
        number=number, label=text_of(row.get("libelle")), active=active, tool_id=text_of(row.get("objectid"))
    )


def journal_of(row: Mapping[str, Any]) -> Journal | None:
    """A journal. ``AN`` is Loop's own and takes no entry of ours; a closed one counts as closed."""
    code = text_of(pick(row, "code", "journalcode"))
    if not code:
        return None
    kind = row.get("type")
    word = code_of(kind) or text_of(pick(lowered(kind), "libelle", "id") if isinstance(kind, Mapping) else "")
    return Journal(
        code=code,
        label=text_of(pick(row, "libelle", "description")),
        kind=_JOURNAL_KINDS.get(word.casefold(), "other"),
        open=code.upper() != "AN" and not _is_true(row.get("ferme")),
        tool_id=text_of(row.get("objectid")),
    )


def vat_code_of(row: Mapping[str, Any]) -> VatCode | None:
    """A VAT code. Loop tells no rate beside it; the description usually names it."""
    code = text_of(row.get("code"))
    if not code:
        return None
    return VatCode(code=code, label=text_of(pick(row, "description", "libelle")), tool_id=text_of(row.get("objectid")))


def third_party_of(row: Mapping[str, Any], direction: Direction) -> LedgerThirdParty | None:
    """A customer or supplier; a name that only repeats the code is no name (the JSON import creates such)."""
    code = text_of(row.get("code"))
    if not code:
        return None
    person = " ".join(filter(None, (text_of(row.get("prenom")), text_of(row.get("nom")))))
    name = text_of(pick(row, "raisonsociale")) or person or text_of(pick(row, "nomusuel", "libelle"))
    siret = "".join(text_of(row.get("siret")).split())
    active = row.get("actif")
    return LedgerThirdParty(
        auxiliary_account=code,
        name="" if name.casefold() == code.casefold() else name,
        direction=direction,
        siret=siret if len(siret) == 14 else "",
        siren=siret[:9],
        # The code is what lines carry; an internal id of a third party that the next import creates is not known yet.
        active=active is None or _is_true(active),
    )


# -- imports -----------------------------------------------------------------------------------------------------
def request_id(found: Any) -> str:
    """The id of an accepted import, wherever in the answer it stands; empty when there is none."""
    if not isinstance(found, Mapping):
        return ""
    body = lowered(found)
    named = text_of(pick(body, "accountingimportrequestid"))
    return named or next((inner for value in body.values() if (inner := request_id(value))), "")


def status_of(found: Any) -> int | None:
    """1 pending, 2 running, 3 done, 4 failed, another number as it is; None when the answer tells no status."""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, Mapping):
        return None
    body = lowered(found)
    value = body.get("status")
    if isinstance(value, Mapping):
        value = pick(lowered(value), "code", "value", "id")
    text = text_of(value)
    if text.isascii() and text.isdecimal():
        return int(text)
    word = _STATUS_WORDS.get("".join(text.casefold().split()).replace("_", ""))
    if word is None and not text:
        return next((inner for each in body.values() if (inner := status_of(each)) is not None), None)
    return word


def upload_addresses(found: Any) -> tuple[str, str]:
    """``(address to put the file to, URI to import it from)`` of a deposit; empty where the answer tells neither.

    Either may be missing: a URI alone is also where the file goes, and an address without its signature is the URI.
    """
    body = lowered(found) if isinstance(found, Mapping) else {}
    inner = next((value for value in body.values() if isinstance(value, Mapping)), None)
    if inner is not None and pick(body, "depositurl", "uri", "url") is None:
        body = lowered(inner)
    deposit, uri = text_of(pick(body, "depositurl", "url")), text_of(pick(body, "uri"))
    return deposit or uri, uri or deposit.partition("?")[0]


def document_id(found: Any) -> str:
    """The robot's id of a deposited document, if the answer (of unknown shape) names one."""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, Mapping):
        return text_of(found)[:100]
    body = lowered(found)
    named = text_of(pick(body, "id", "objectid", "documentid", "uuid", "guid"))
    return named or next(
        (inner for value in body.values() if isinstance(value, Mapping) and (inner := document_id(value))), ""
    )
