"""Our values → the JSON of ``importJson``. Pure: no HTTP, no clock.

One object per accounting line; amounts are exact decimals made from integer cents, on one side only.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import msgspec

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.cegid_loop.keys import reference_of
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.capabilities import Capabilities, kept_characters
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry
from sellsy_ledger.core.labels import own_piece
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import DocumentError

__all__ = ["checked_entry", "import_body", "pdf_seal", "piece_of", "third_party_refused", "transaction"]

TOOL = "cegid_loop"
DATE_FORMAT = "YYYY-MM-DDTHH:mm:ss.SSSZ"


def import_body(
    request: PostingRequest, index: LedgerIndex, options: Options, *, pdf_uri: str | None
) -> dict[str, Any]:
    """The body of ``POST /importJson``.

    Args:
        request: what to book.
        index: look-ups in the ledger of this run.
        options: the Connection's.
        pdf_uri: where Loop fetches the PDF (or a stand-in); None for no attachment.

    Raises:
        DocumentError: an account or the journal is unknown, or the entry does not fit.
    """
    entry = checked_entry(request, index, options.capabilities)
    reference = reference_of(request.posting_key)
    body: dict[str, Any] = {"codeIbs": options.dossier_code}
    if options.siret:
        body["SIRET"] = options.siret
    body["data"] = {
        "contexte": _month(entry.date),
        "options": {
            "formatDate": DATE_FORMAT,
            "multiPeriode": False,
            "failOnUnbalanced": True,
            # Loop would balance by itself otherwise, and hide a mistake.
            "balanceAuto": False,
            "createNewJournaux": False,
            "createNewComptes": False,
            "createNewTiers": options.create_third_parties,
        },
        "ecritures": [_line(line, entry, reference) for line in entry.lines],
    }
    if pdf_uri is not None:
        _attach(body["data"]["ecritures"], pdf_uri)
    return body


def checked_entry(request: PostingRequest, index: LedgerIndex, capabilities: Capabilities) -> JournalEntry:
    """The entry as Loop shall hold it: accounts in the folder's own form, no empty line, every value proven to fit.

    Raises:
        DocumentError: naming what is unknown, or what does not fit.
    """
    entry = msgspec.structs.replace(request.entry, piece=piece_of(request, capabilities))
    journal = index.journal(entry.journal)
    if journal is None or not journal.open:
        raise _refused(
            f"Journal {entry.journal} is unknown or closed", Reason.JOURNAL_MISSING, entry.journal, "journal"
        )
    longest = capabilities.piece_max or 35
    if (
        not entry.piece
        or len(entry.piece) > longest
        or kept_characters(entry.piece, capabilities.piece_pattern) != entry.piece
    ):
        raise _does_not_fit(
            f"the piece number must hold 1 to {longest} plain characters", "le numéro de pièce", "refPiece"
        )
    lines = tuple(_own_form(line, index, capabilities) for line in entry.lines if line.debit_cents or line.credit_cents)
    if len(lines) < 2:
        raise _does_not_fit("an entry needs two lines", "moins de deux lignes", "ecritures")
    if request.pdf is not None and not request.pdf.startswith(b"%PDF-"):
        raise DocumentError(
            "The supporting document is no PDF.",
            reason=Reason.SUPPORTING_DOCUMENT_MISSING,
            facts={"detail": " (le fichier n'est pas un PDF)"},
            field="fichier",
            tool=TOOL,
        )
    return JournalEntry(
        journal=journal.code,
        date=entry.date,
        piece=entry.piece,
        number=entry.number,
        piece_date=entry.piece_date,
        due_date=entry.due_date,
        lines=lines,
    )


def piece_of(request: PostingRequest, capabilities: Capabilities) -> str:
    """The piece number as Loop gets it: a correction's has its label behind it. Loop is asked by piece number, and
    whether it gives our key back is not documented.
    """
    return own_piece(request.entry.piece, request.posting_key, capabilities.piece_max)


def pdf_seal(pdf: bytes) -> str:
    """What stands for the PDF in a sealed payload, in place of a signed URL."""
    return f"sha256:{hashlib.sha256(pdf).hexdigest()}"


def transaction(kind: Kind) -> str:
    """The robot's word for the side of a deposited document."""
    return "SALE" if kind.direction is Direction.SALES else "PURCHASE"


def third_party_refused(third_party: LedgerThirdParty | str) -> DocumentError:
    """The refusal of a third party that is not there and may not be created."""
    code = third_party if isinstance(third_party, str) else third_party.auxiliary_account
    return DocumentError(
        f"Third party {code} is not in Cegid Loop, and the Connection forbids to create it.",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": f"le tiers {code} n'existe pas et la connexion interdit de le créer"},
        field="create_third_parties",
        tool=TOOL,
    )


# -- parts -------------------------------------------------------------------------------------------------------
def _line(line: EntryLine, entry: JournalEntry, reference: str) -> dict[str, Any]:
    body: dict[str, Any] = {"date": _moment(entry.date), "dateJustif": _moment(entry.piece_date)}
    if line.auxiliary_account is not None and entry.due_date is not None:
        body["dateEcheance"] = _moment(entry.due_date)
    body |= {"journal": entry.journal, "compte": line.account}
    if line.auxiliary_account is not None:
        body["tiers"] = line.auxiliary_account
    body |= {"libelle": line.label, "refPiece": entry.piece, "reference": reference}
    side, cents = ("debit", line.debit_cents) if line.debit_cents else ("credit", line.credit_cents)
    body[side] = {"amount": Decimal(cents).scaleb(-2), "currency": "EUR"}
    return body


def _attach(lines: list[dict[str, Any]], uri: str) -> None:
    """The file goes with one line only, the third party's: Loop fetches it once for each line that names it."""
    next((line for line in lines if "tiers" in line), lines[0])["fichier"] = {"uri": uri}


def _own_form(line: EntryLine, index: LedgerIndex, capabilities: Capabilities) -> EntryLine:
    account = index.active_account(line.account)
    if account is None:
        raise _refused(f"Account {line.account} is unknown or closed", Reason.ACCOUNT_UNKNOWN, line.account, "compte")
    if line.debit_cents < 0 or line.credit_cents < 0 or (line.debit_cents and line.credit_cents):
        raise _does_not_fit("a line needs one positive amount on one side", "montant", "debit")
    if not line.label.strip() or len(line.label) > (capabilities.label_max or 35):
        raise _does_not_fit(f"a label must hold 1 to {capabilities.label_max} characters", "libellé", "libelle")
    auxiliary, longest = line.auxiliary_account, capabilities.auxiliary_max or 17
    if auxiliary is not None and not 1 <= len(auxiliary) <= longest:
        raise _does_not_fit(
            f"a third-party code must hold 1 to {longest} characters", f"code tiers {auxiliary}", "tiers"
        )
    return EntryLine(
        account=account.number,
        auxiliary_account=auxiliary,
        label=line.label,
        debit_cents=line.debit_cents,
        credit_cents=line.credit_cents,
        vat_code=line.vat_code,
        role=line.role,
        analytic_code=line.analytic_code,
    )


def _month(day: dt.date) -> dict[str, str]:
    """The period that Loop checks every line against: the entry's month."""
    last = calendar.monthrange(day.year, day.month)[1]
    return {"from": _moment(day.replace(day=1)), "to": _moment(day.replace(day=last))}


def _moment(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"


def _refused(what: str, reason: Reason, detail: str, field: str) -> DocumentError:
    return DocumentError(f"{what} in Cegid Loop.", reason=reason, facts={"detail": detail}, field=field, tool=TOOL)


def _does_not_fit(why: str, detail: str, field: str) -> DocumentError:
    return DocumentError(
        f"The entry does not fit Cegid Loop: {why}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": f"{detail} ne convient pas à Cegid Loop"},
        field=field,
        tool=TOOL,
    )
