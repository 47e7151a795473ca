"""Our values → ACD's JSON, and the mark that stands for the posting key. Pure: no HTTP, no clock.

Amounts are written from integer cents as exact JSON numbers; a negative or zero line is never made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from unidecode import unidecode

from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.connectors.acd.reading import TAKES_INVOICE_NUMBER
from sellsy_ledger.connectors.acd.settings import AcdSettings
from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.labels import cut_label, own_piece
from sellsy_ledger.core.ledger import Journal, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.http.redaction import short_text

__all__ = [
    "account_body",
    "account_name",
    "auxiliary_of",
    "entry_body",
    "file_name",
    "mark_of",
    "must_be_pdf",
    "pdf_seal",
    "piece_of",
    "with_reference",
    "without_invoice_number",
    "without_reference",
]

# Crockford's: no letter that is read as a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MARK_LENGTH = 8
_LABEL_MAX = CAPABILITIES.label_max or 50
_NAME_MAX = 60


# -- the key -----------------------------------------------------------------------------------------------------
def mark_of(posting_key: str) -> str:
    """Eight characters that stand for the posting key: 40 bits of its SHA-256, always the same.

    >>> mark_of("sellsy:4242:sales_invoice:990001")
    'F8F1ZCFH'
    """
    number = int.from_bytes(hashlib.sha256(posting_key.encode()).digest()[:5], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_MARK_LENGTH - 1), -1, -5))


def piece_of(request: PostingRequest) -> str:
    """The piece number as ACD gets it: a correction's has its label behind it. A FEC often has no entry number, and
    the piece is then what keeps the lines of two entries of one day apart.
    """
    return own_piece(request.entry.piece, request.posting_key, None)


def file_name(stem: str, posting_key: str) -> str:
    """A file name that no other document has, in plain characters: ``FAC-2026-0001-7F3A9C2B.pdf``."""
    plain = re.sub(r"(?i)\.pdf$", "", unidecode(stem))
    plain = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[-_NAME_MAX:].strip("-") or "piece"
    return f"{plain}-{mark_of(posting_key)}.pdf"


def pdf_seal(pdf: bytes) -> str:
    """What stands for the uploaded document in a sealed payload."""
    return f"sha256:{hashlib.sha256(pdf).hexdigest()}"


def must_be_pdf(pdf: bytes) -> None:
    """Check a file before it is uploaded.

    Raises:
        DocumentError: it is no PDF, or too long.
    """
    limit = CAPABILITIES.pdf_max_bytes or 0
    if b"%PDF-" not in pdf[:1024] or len(pdf) > limit:
        raise DocumentError(
            f"The file is no PDF, or longer than {limit} bytes.",
            reason=Reason.SUPPORTING_DOCUMENT_MISSING,
            facts={"detail": f" : le fichier n'est pas un PDF, ou dépasse {limit // 2**20} Mo"},
            tool=CAPABILITIES.tool,
        )


# -- entry → payload ---------------------------------------------------------------------------------------------
def entry_body(
    request: PostingRequest, index: LedgerIndex, settings: AcdSettings, *, reference: str | None
) -> dict[str, Any]:
    """The JSON of ``POST /v1/compta/ecriture``, without the dossier.

    Args:
        request: what to book.
        index: look-ups in the ledger of this run.
        settings: the connection's options.
        reference: id of the uploaded document (or what stands for it); None for none.

    Raises:
        DocumentError: an account or the journal is unknown, or the entry does not fit.
    """
    entry = request.entry
    journal = _journal(entry.journal, index)
    marked = _marked_line(request)
    return {
        "Journal": journal.code,
        "Mois": entry.date.month,
        "Annee": entry.date.year,
        "ReferenceGed": reference,
        "LignesEcriture": [
            _line(line, request, index, settings, journal, is_marked=line is marked)
            for line in entry.lines
            if line.debit_cents or line.credit_cents
        ],
    }


def with_reference(body: Mapping[str, Any], reference: str | None) -> dict[str, Any]:
    """The same entry, naming its uploaded document."""
    return {**body, "ReferenceGed": reference}


def without_reference(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same entry without its document; None when it named none."""
    return None if body["ReferenceGed"] is None else {**body, "ReferenceGed": None}


def without_invoice_number(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same entry for a journal that takes no invoice number; None when it carried none."""
    lines = body["LignesEcriture"]
    if not any("NumeroFacture" in line for line in lines):
        return None
    kept = [{name: value for name, value in line.items() if name != "NumeroFacture"} for line in lines]
    return {**body, "LignesEcriture": kept}


def auxiliary_of(request: PostingRequest) -> str:
    """The third party's account as the entry uses it."""
    line = _marked_line(request)
    return line.auxiliary_account or line.account


def _marked_line(request: PostingRequest) -> EntryLine:
    """The line whose label carries the mark: the third party's."""
    lines = [line for line in request.entry.lines if line.debit_cents or line.credit_cents]
    if not lines:
        raise _refused("an entry needs a line with an amount", "aucune ligne n'a de montant", "LignesEcriture")
    return next((line for line in lines if line.role is Role.THIRD_PARTY), lines[0])


def _line(
    line: EntryLine,
    request: PostingRequest,
    index: LedgerIndex,
    settings: AcdSettings,
    journal: Journal,
    *,
    is_marked: bool,
) -> dict[str, Any]:
    if line.debit_cents < 0 or line.credit_cents < 0 or (line.debit_cents and line.credit_cents):
        raise _refused("a line needs one positive amount on one side", "une ligne a deux montants", "Debit")
    if not line.label.strip() or len(line.label) > _LABEL_MAX:
        raise _refused(
            f"a label must hold 1 to {_LABEL_MAX} characters",
            f"libellé vide ou de plus de {_LABEL_MAX} caractères",
            "Libelle",
        )
    mark = f" #{mark_of(request.posting_key)}" if is_marked else ""
    body: dict[str, Any] = {
        "Jour": request.entry.date.day,
        "NumeroPiece": piece_of(request),
        "Compte": _account(line, index, settings),
        "CodeTVA": line.vat_code or "",
        "Libelle": cut_label(line.label, _LABEL_MAX, mark),
        "Debit": _euros(line.debit_cents),
        "Credit": _euros(line.credit_cents),
    }
    if _sends_number(journal, settings):
        body["NumeroFacture"] = request.entry.number
    if line.role is Role.THIRD_PARTY and request.entry.due_date is not None:
        # The only known value of an additional field; the field's name is the connection's business.
        body |= dict.fromkeys(settings.extra_line_fields, request.entry.due_date.isoformat())
    return body


def _sends_number(journal: Journal, settings: AcdSettings) -> bool:
    if settings.send_invoice_number == "auto":
        return journal.tool_id == TAKES_INVOICE_NUMBER
    return settings.send_invoice_number == "always"


def _account(line: EntryLine, index: LedgerIndex, settings: AcdSettings) -> str:
    """The auxiliary account as it is; a general account in the dossier's own form, or padded to the option's length."""
    if line.auxiliary_account is not None:
        if not line.auxiliary_account or len(line.auxiliary_account) > (CAPABILITIES.auxiliary_max or 13):
            raise _unknown_account(line.auxiliary_account)
        return line.auxiliary_account
    found = index.active_account(line.account)
    if found is None:
        raise _unknown_account(line.account)
    length = settings.account_length
    if not length or not found.number.isdecimal():
        return found.number
    bare = found.number.rstrip("0") if len(found.number) > length else found.number
    if len(bare) > length:
        raise _unknown_account(line.account)
    return bare.ljust(length, "0")


def _euros(cents: int) -> Decimal:
    """Exact euros with two decimals: 12050 cents → 120.50; the transport writes them digit for digit."""
    return Decimal(cents).scaleb(-2)


def _journal(code: str, index: LedgerIndex) -> Journal:
    journal = index.journal(code)
    if journal is None or not journal.open:
        raise DocumentError(
            f"Journal {code} does not exist in ACD, or is not shared with the API.",
            reason=Reason.JOURNAL_MISSING,
            facts={"detail": code},
            field="Journal",
            tool=CAPABILITIES.tool,
        )
    return journal


def _unknown_account(number: str) -> DocumentError:
    return DocumentError(
        f"Account {number!r} is unknown or inactive in ACD, or does not fit.",
        reason=Reason.ACCOUNT_UNKNOWN,
        facts={"detail": number or "(vide)"},
        field="Compte",
        tool=CAPABILITIES.tool,
    )


def _refused(why: str, detail: str, field: str) -> DocumentError:
    return DocumentError(
        f"The entry does not fit ACD: {why}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": detail},
        field=field,
        tool=CAPABILITIES.tool,
    )


# -- third party → payload ---------------------------------------------------------------------------------------
def account_body(name: str, code: str) -> dict[str, Any]:
    """The JSON of a new third party's account, without the dossier; no field is known for anything but the name."""
    return {"Code": code, "Lib": account_name(name) or code}


def account_name(name: str) -> str:
    """A third party's name as long as an account's label may be."""
    return short_text(name)[:_LABEL_MAX].strip()
