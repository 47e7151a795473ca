"""The way over FEC operations: one file per entry, imported by Inqom, integrated when nothing stands against it.

An operation that was not integrated books nothing. One that Inqom finds fault with is taken away again, so that nobody
integrates it later beside a corrected one; with ``leave_to_human`` it stays for a person instead.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.inqom import mapper
from sellsy_ledger.connectors.inqom.client import OPERATION_TYPE, InqomClient
from sellsy_ledger.connectors.inqom.errors import TOOL, detail_of, reason_of
from sellsy_ledger.connectors.inqom.options import Options
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.entries import EntryLine
from sellsy_ledger.core.ledger import Account, Journal, Ledger, LedgerIndex
from sellsy_ledger.errors import ConfigurationError, LedgerError, OutcomeUnknown, PostingRefused
from sellsy_ledger.formats import fec
from sellsy_ledger.formats.base import FileEntry, file_bytes
from sellsy_ledger.http.redaction import short_text

__all__ = ["ENDED", "FAILED", "RUNNING", "WAITING", "fec_name", "fec_payload", "fec_text", "operation_fields", "settle"]

log = logging.getLogger(__name__)

RUNNING = frozenset(
    {
        "received",
        "parsingstart",
        "parsingok",
        "entryintegrationpending",
        "entryintegration",
        "lettering",
        "exercisereplace",
        "exerciseclosing",
    }
)
WAITING = "waitinguseraction"
ENDED = frozenset({"succeeded", "purged"})
FAILED = frozenset({"readfilefail", "parsingfail", "integrationfailed", "rollback", "remove"})
# Lengths that Inqom's help centre states for its FEC import.
OPTIONS = fec.Options(
    # The column is not among the optional ones; the file holds one entry.
    entry_number="piece",
    journal_max=4,
    account_max=32,
    auxiliary_max=32,
    piece_max=256,
    name_max=100,
    label_max=256,
    amount_max_cents=999_999_999_999,
)
ISSUES_SHOWN = 3


# -- the file ------------------------------------------------------------------------------------------------------
def fec_text(request: PostingRequest, index: LedgerIndex, options: Options) -> bytes:
    """The FEC of one entry.

    Raises:
        DocumentError: a value is unknown to the folder or does not fit.
    """
    mapper.check_balance(request.entry)
    mapper.journal_id(request.entry.journal, index)
    mark = mapper.mark_of(request, always=True)
    lines = [_line(line, index, options) for line in mapper.marked_lines(request.entry, mark, fec.ENCODING)]
    label = label_of(request.posting_key)
    one = FileEntry(
        # Inqom joins a PDF by the piece number, so that a correction needs one of its own.
        entry=msgspec.structs.replace(
            request.entry,
            lines=tuple(lines),
            piece=request.entry.piece + label,
            number=request.entry.number and request.entry.number + label,
        ),
        kind=request.kind,
        third_party_name=request.third_party.name,
    )
    return b"".join(file_bytes(fec, [one], _labels(request, lines, index), OPTIONS))


def _line(line: EntryLine, index: LedgerIndex, options: Options) -> EntryLine:
    if not line.auxiliary_account or options.third_party_column == "account":
        return msgspec.structs.replace(line, account=mapper.line_account(line, index), auxiliary_account=None)
    control = msgspec.structs.replace(line, auxiliary_account=None)
    return msgspec.structs.replace(line, account=mapper.line_account(control, index))


def _labels(request: PostingRequest, lines: list[EntryLine], index: LedgerIndex) -> LedgerIndex:
    """The labels of what this one entry names; the third party's account is called by its name."""
    party = request.third_party
    accounts = [index.account(line.account) or Account(number=line.account) for line in lines]
    named = [
        msgspec.structs.replace(account, label=party.name) if account.number == party.auxiliary_account else account
        for account in accounts
    ]
    journal = index.journal(request.entry.journal) or Journal(code=request.entry.journal)
    return LedgerIndex(Ledger(accounts=tuple(named), journals=(journal,)))


def fec_name(request: PostingRequest) -> str:
    """The file's name: the posting key in letters that every file system takes."""
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', request.posting_key)[-100:]}.txt"


def operation_fields(request: PostingRequest, index: LedgerIndex, options: Options) -> dict[str, str]:
    """The form of an operation, file, name and type apart.

    Raises:
        PostingRefused: there is no fiscal year for the date.
        ConfigurationError: the id of the fiscal year is not known (Inqom lists months).
    """
    year = index.fiscal_year(request.entry.date)
    if year is None:
        raise mapper.no_open_period(request.entry.date)
    if not year.tool_id:
        raise ConfigurationError(
            f"Inqom names no fiscal year for {request.entry.date.isoformat()}: the route fec cannot be used.",
            field="route",
            tool=TOOL,
        )
    return {
        "exerciseId": year.tool_id,
        "temporary": "true" if options.temporary else "false",
        # Labels that the folder has stay as they are.
        "keepAccountLabels": "true",
        "fileAttachmentImportType": options.attachments if request.pdf is not None else "None",
    }


def fec_payload(request: PostingRequest, index: LedgerIndex, options: Options) -> dict[str, Any]:
    """What is sent, as data: the form, the lines of the file, the PDF by its hash."""
    text = fec_text(request, index, options).decode(fec.encoding(OPTIONS))
    sealed = {
        **operation_fields(request, index, options),
        "operationType": OPERATION_TYPE,
        "fileName": fec_name(request),
        "file": text.splitlines(),
    }
    return sealed if request.pdf is None else sealed | {"document": mapper.pdf_seal(request.pdf)}


# -- the operation -------------------------------------------------------------------------------------------------
def settle(client: InqomClient, operation_id: str, options: Options) -> str:
    """One look at an operation, integrating it when it only waits for that; its state in lower case.

    Returns:
        ``running``, ``ended`` (the entry should be there), ``failed`` or ``unknown`` (it may be there).

    Raises:
        PostingRefused: Inqom finds fault with the file, or refuses to integrate it; the operation was taken away,
            nothing is booked.
        OutcomeUnknown: it could not be taken away.
    """
    operation = client.operation(operation_id)
    if operation is None:
        return "unknown"
    status = (operation.status or "").lower()
    if status in RUNNING:
        return "running"
    if status in ENDED:
        return "ended"
    if status in FAILED:
        return "failed"
    if status == WAITING:
        return _waiting(client, operation_id, options)
    log.warning("Inqom operation %s has the unknown state %s.", operation_id, short_text(status, 40))
    return "running"


def _waiting(client: InqomClient, operation_id: str, options: Options) -> str:
    if options.leave_to_human:
        return "running"
    issues = client.issues(operation_id)
    if issues:
        _take_away(client, operation_id)
        raise refusal(issues)
    try:
        client.integrate(operation_id)
    except PostingRefused:
        _take_away(client, operation_id)
        raise
    except OutcomeUnknown as error:
        # The operation itself tells at the next look whether it goes on.
        log.warning("Inqom operation %s: %s", operation_id, error.message)
    return "running"


def _take_away(client: InqomClient, operation_id: str) -> None:
    """An operation with faults must not be integrated by a person beside the corrected one of a later night."""
    try:
        client.delete_operation(operation_id)
    except LedgerError as error:
        raise OutcomeUnknown(
            f"Inqom finds fault with import {operation_id} and did not let it be deleted: delete it there.", tool=TOOL
        ) from error


def refusal(issues: list[str]) -> PostingRefused:
    """The refusal that names what Inqom found."""
    shown = short_text(" ; ".join(issues[:ISSUES_SHOWN]))
    more = f" (et {len(issues) - ISSUES_SHOWN} autres)" if len(issues) > ISSUES_SHOWN else ""
    reason = reason_of(shown)
    detail = detail_of(reason, f"« {shown} »{more}")
    return PostingRefused(
        f"Inqom does not integrate the import: {shown}.", reason=reason, facts={"detail": detail}, tool=TOOL
    )
