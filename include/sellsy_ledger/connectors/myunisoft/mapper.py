"""Our values → MyUnisoft's JSON, and the posting key both ways. Pure: no HTTP, no clock.

The payload follows the JSON schema that MyUnisoft publishes for entries. Amounts are written from integer cents as
exact JSON numbers; a negative or zero line is never made.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stdnum.fr import siren as siren_numbers

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.myunisoft import reading
from sellsy_ledger.connectors.myunisoft.capabilities import CAPABILITIES
from sellsy_ledger.core.entries import EntryLine, JournalEntry
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.http.redaction import short_text

__all__ = [
    "account_body",
    "account_label",
    "entry_body",
    "origin_of",
    "pdf_content",
    "pdf_name",
    "pdf_seal",
    "posting_key_of",
    "same_content",
    "siren_of",
]

PREFIX = "SELLSY-"
# A correction has its label behind the id: 48213-r1, 48213-v2.
_KEY = re.compile(r"sellsy:([^:]+):([a-z_]+):(\d+(?:-[rv]\d+)?)")
_ORIGIN = re.compile(r"SELLSY-(.+)-([a-z_]+)-(\d+(?:-[rv]\d+)?)")
_PIECE = re.compile(r"[a-zA-Z0-9]{1,25}")


# -- the key -----------------------------------------------------------------------------------------------------
def origin_of(posting_key: str) -> str:
    """Our posting key as ``entry_origin_partner_id``.

    >>> origin_of("sellsy:4242:sales_invoice:990017"), origin_of("sellsy:4242:sales_credit_note:990017-r1")
    ('SELLSY-4242-sales_invoice-990017', 'SELLSY-4242-sales_credit_note-990017-r1')
    """
    found = _KEY.fullmatch(posting_key)
    if not found:
        raise ValueError(f"{posting_key!r} is not a posting key sellsy:<account>:<kind>:<id>[label]")
    return f"{PREFIX}{'-'.join(found.groups())}"


def posting_key_of(origin: str) -> str | None:
    """The posting key inside ``entry_origin_partner_id``; None for somebody else's."""
    found = _ORIGIN.fullmatch(origin)
    return f"sellsy:{':'.join(found.groups())}" if found else None


# -- entry → payload ---------------------------------------------------------------------------------------------
def entry_body(
    request: PostingRequest, index: LedgerIndex, etablissement_id: int, *, pdf: str | None
) -> dict[str, Any]:
    """The JSON of ``POST /entry``.

    Args:
        request: what to book.
        index: look-ups in the ledger of this run.
        etablissement_id: the establishment.
        pdf: the attachment's ``content`` (base64, or a stand-in), None for no attachment.

    Raises:
        DocumentError: an account or the journal is unknown, or the entry does not fit.
    """
    entry = request.entry
    body: dict[str, Any] = {
        "date_piece": entry.date.isoformat(),
        "etablissement_id": etablissement_id,
        "diary_id": _diary_id(entry.journal, index),
        "entry_origin_partner_id": origin_of(request.posting_key),
        "json": _metadata(request),
        "entry_list": [
            _line(line, entry, _account_id(line, request, index)) for line in entry.lines if _is_not_zero(line)
        ],
    }
    if request.service_period:
        body["period_from"], body["period_to"] = (day.isoformat() for day in request.service_period)
    if request.description:
        body["comment"] = {"content": short_text(request.description, 250)}
    if pdf is not None:
        body["pj_list"] = [{"name": pdf_name(request), "type": "application/pdf", "content": pdf}]
    return body


def pdf_content(pdf: bytes) -> str:
    """The bytes as the API wants them inside JSON."""
    return base64.b64encode(pdf).decode("ascii")


def pdf_seal(pdf: bytes) -> str:
    """What stands for the bytes in a sealed payload."""
    return f"sha256:{hashlib.sha256(pdf).hexdigest()}"


def pdf_name(request: PostingRequest) -> str:
    """A file name of at most 50 characters that ends in ``.pdf``; the end of the stem tells documents apart."""
    given = request.supporting_document.file_name if request.supporting_document else ""
    stem = re.sub(r"(?i)\.pdf$", "", short_text(given.replace("/", "-").replace("\\", "-"), 200)) or request.entry.piece
    limit = (CAPABILITIES.pdf_name_max or 50) - len(".pdf")
    return f"{stem[-limit:].strip(' .') or 'piece'}.pdf"


def _metadata(request: PostingRequest) -> str:
    """The free text that comes back with ``/entry/id``: ids and numbers only, no name."""
    facts = {
        "posting_key": request.posting_key,
        "number": request.entry.number,
        "piece_date": request.entry.piece_date.isoformat(),
    }
    return json.dumps(facts, separators=(",", ":"), sort_keys=True)


def _line(line: EntryLine, entry: JournalEntry, account_id: int) -> dict[str, Any]:
    if line.debit_cents < 0 or line.credit_cents < 0 or (line.debit_cents and line.credit_cents):
        raise _refused("a line needs one positive amount on one side", "debit")
    if not line.label.strip() or len(line.label) > (CAPABILITIES.label_max or 50):
        raise _refused(f"a label must hold 1 to {CAPABILITIES.label_max} characters", "label")
    body: dict[str, Any] = {
        "account_id": account_id,
        "label": line.label,
        "debit": _euros(line.debit_cents),
        "credit": _euros(line.credit_cents),
        "deadline": _deadline(line, entry).isoformat(),
    }
    if entry.piece:
        if not _PIECE.fullmatch(entry.piece):
            raise _refused("the piece number must hold 1 to 25 letters and digits", "piece2")
        body["piece2"] = entry.piece
    if line.auxiliary_account is not None:
        body["payment_type_id"] = -1
    return body


def _is_not_zero(line: EntryLine) -> bool:
    return bool(line.debit_cents or line.credit_cents)


def _euros(cents: int) -> int | Decimal:
    """Exact euros: 12000 cents → 120, 12050 → 120.50; the transport writes a Decimal digit for digit."""
    return cents // 100 if cents % 100 == 0 else Decimal(cents).scaleb(-2)


def _deadline(line: EntryLine, entry: JournalEntry) -> dt.date:
    """The due date on the third party's line; the API refuses one before the entry's date."""
    if line.auxiliary_account is None or entry.due_date is None:
        return entry.date
    return max(entry.due_date, entry.date)


def _diary_id(code: str, index: LedgerIndex) -> int:
    journal = index.journal(code)
    if journal is None or not journal.open or not journal.tool_id:
        raise DocumentError(
            f"Journal {code} is unknown, closed or without a type in MyUnisoft.",
            reason=Reason.JOURNAL_MISSING,
            facts={"detail": code},
            field="diary_id",
            tool=CAPABILITIES.tool,
        )
    return int(journal.tool_id)


def _account_id(line: EntryLine, request: PostingRequest, index: LedgerIndex) -> int:
    if line.auxiliary_account is not None:
        number, tool_id = line.auxiliary_account, request.third_party.account_tool_id or request.third_party.tool_id
    else:
        account = index.active_account(line.account)
        number, tool_id = line.account, account.tool_id if account else ""
    if not tool_id:
        raise DocumentError(
            f"Account {number} is unknown or closed in MyUnisoft.",
            reason=Reason.ACCOUNT_UNKNOWN,
            facts={"detail": number},
            field="account_id",
            tool=CAPABILITIES.tool,
        )
    return int(tool_id)


def _refused(why: str, field: str) -> DocumentError:
    return DocumentError(
        f"The entry does not fit MyUnisoft: {why}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": field},
        field=field,
        tool=CAPABILITIES.tool,
    )


# -- third party → payload ---------------------------------------------------------------------------------------
def account_body(third_party: ThirdParty, number: str) -> dict[str, Any]:
    """The JSON of ``POST /account``. MyUnisoft keeps a SIREN; it has no field for a SIRET or a VAT number."""
    address = third_party.address
    known = {
        "name": short_text(third_party.name, 100),
        "siren": siren_of(third_party),
        "email": third_party.email if "@" in third_party.email else "",
        "tel": short_text(third_party.phone, 20),
        "contact_lastname": short_text(third_party.last_name, 50),
        "contact_firstname": short_text(third_party.first_name, 50),
        "address": short_text(address.line, 100),
        "postal_code": short_text(address.postal_code, 10),
        "city": short_text(address.city, 60),
        "country": "FRANCE" if address.country_code.upper() == "FR" else "",
    }
    info = {name: value for name, value in known.items() if value}
    return {"account_number": number, "label": account_label(third_party.name, number), "complementary_info": info}


def account_label(name: str, number: str) -> str:
    """The account's label: the third party's name, or its number when it has none."""
    return short_text(name, CAPABILITIES.label_max or 50) or number


def siren_of(third_party: ThirdParty) -> str:
    """The valid SIREN of a third party, taken from its SIREN, SIRET or French VAT number; else an empty text."""
    vat = third_party.vat_number.replace(" ", "").upper()
    for text in (third_party.siren, third_party.siret[:9], vat[4:] if vat.startswith("FR") else ""):
        digits = re.sub(r"\s", "", text)
        if siren_numbers.is_valid(digits):
            return digits
    return ""


# -- the same entry, seen in a list ------------------------------------------------------------------------------
def same_content(raw: Mapping[str, Any], request: PostingRequest, index: LedgerIndex) -> bool:
    """True when an entry of ``/entries`` has this request's invoice number and exactly its lines."""
    lines = [reading.line_of(each) for each in raw.get("entry_list") or [] if isinstance(each, dict)]
    if request.entry.piece and {piece for *_, piece in lines if piece} != {request.entry.piece}:
        return False
    ours = sorted(
        (str(_account_id(line, request, index)), line.debit_cents, line.credit_cents)
        for line in request.entry.lines
        if _is_not_zero(line)
    )
    return sorted((account, debit, credit) for account, debit, credit, _ in lines) == ours
