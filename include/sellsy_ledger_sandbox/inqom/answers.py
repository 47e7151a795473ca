"""The shapes of Inqom's answers: PascalCase, amounts as JSON numbers, moments in UTC."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sellsy_ledger_sandbox.base import Entry
from sellsy_ledger_sandbox.inqom.books import Booked, Folder, Line, Period
from sellsy_ledger_sandbox.inqom.imports import Operation
from sellsy_ledger_sandbox.inqom.papers import Paper

__all__ = ["created", "entry_line", "folder_row", "operation_state", "paper", "period", "witness"]

COMPANY_ID = 4242


def _euros(cents: int) -> float:
    # Two decimals of a sane amount: the shortest text of the float is the exact one.
    return cents / 100


def folder_row(folder: Folder) -> dict[str, Any]:
    """One row of a company's folders."""
    return {
        "Id": folder.id,
        "Name": folder.name,
        "Siren": folder.siren,
        "Nic": "00012",
        "ExternalId": "",
        "UniqueName": folder.name.lower().replace(" ", "-"),
        "ContractType": "Normal",
        "CreatedAt": "2025-01-02T09:00:00Z",
        "Status": "Active",
        "AccountingType": "Engagement",
        "CompanyId": COMPANY_ID,
    }


def period(folder: Folder, each: Period, before: Period | None) -> dict[str, Any]:
    """One accounting period."""
    row: dict[str, Any] = {
        "Id": each.id,
        "DossierId": folder.id,
        "BeginDate": f"{each.begin.isoformat()}T00:00:00Z",
        "EndDate": f"{each.end.isoformat()}T00:00:00Z",
        "Locked": each.locked,
        "Name": f"{each.end:%Y-%m}",
    }
    return row | ({"PreviousAccountingPeriodId": before.id} if before else {})


def created(booked: Booked) -> dict[str, Any]:
    """One entry as the answer to its creation."""
    return {
        "Id": booked.id,
        "EntryRef": booked.reference,
        "ExternalId": booked.key,
        "Lines": [
            {
                "Id": line.id,
                "Label": line.label,
                "DebitAmount": _euros(line.debit),
                "CreditAmount": _euros(line.credit),
                "AccountNumber": line.account,
                "ExternalId": line.external_id,
            }
            for line in booked.lines
        ],
    }


def entry_line(booked: Booked, line: Line) -> dict[str, Any]:
    """One line as the list gives it: without our keys, and without a reference where there is no document."""
    document = {"Id": booked.paper.id, "Reference": booked.reference} if booked.paper else None
    return {
        "Id": line.id,
        "TypeOfChange": "Creation",
        "Label": line.label,
        "DebitAmount": _euros(line.debit),
        "CreditAmount": _euros(line.credit),
        "Letter": line.letter,
        "LetterId": 1 if line.letter else None,
        "Currency": "EUR",
        "AccountNumber": line.account,
        "Entry": {"Id": booked.id, "Date": f"{booked.day.isoformat()}T00:00:00Z"},
        "Journal": {"Id": booked.journal["Id"], "Code": booked.journal["Name"]},
        "AccountingDocument": document,
    }


def paper(folder: Folder, each: Paper, url: str, *, duplicate: bool = False) -> dict[str, Any]:
    """One deposited document; ``url`` opens the file without a login."""
    return {
        "Id": each.id,
        "AccountingFolderId": folder.id,
        "Name": each.name,
        "Type": each.type,
        "Size": len(each.body),
        "CreatedAt": "2026-04-01T05:00:00Z",
        "Source": "Api",
        "SourceId": each.source_id,
        "DocRef": each.reference,
        "Checksum": each.checksum,
        "Status": "Duplicate" if duplicate else "Received" if each.workflow else "Done",
        "StatusReasons": "None",
        "FileUrl": url,
    }


def operation_state(folder: Folder, operation: Operation, told: str) -> dict[str, Any]:
    """One FEC import."""
    return {
        "Id": operation.id,
        "FileType": "Fec",
        "Status": told,
        "OperationType": "ReplaceAll" if operation.replace else "KeepExisting",
        "ExerciseId": operation.exercise.id,
        "EnterpriseId": folder.id,
        "EntriesCount": len(operation.entries),
        "EntryLinesCount": operation.lines,
    }


def papers(folders: Mapping[int, Folder]) -> list[dict[str, Any]]:
    """Every deposited document, for the control surface."""
    return [
        {
            "company": folder.name,
            "id": each.id,
            "key": each.source_id,
            "type": each.type,
            "workflow": each.workflow,
            "sha256": hashlib.sha256(each.body).hexdigest(),
        }
        for folder in folders.values()
        for each in folder.papers
    ]


def witness(folder: Folder, booked: Booked) -> Entry:
    """The entry in the form of the control surface."""
    return {
        "key": booked.key,
        "journal": booked.journal["Name"],
        "date": booked.day.isoformat(),
        "piece": booked.reference,
        "lines": [
            {
                "account": line.account,
                "debit_cents": line.debit,
                "credit_cents": line.credit,
                "label": line.label,
            }
            for line in booked.lines
        ],
        "pdf_sha256": hashlib.sha256(booked.paper.body).hexdigest() if booked.paper else None,
        "draft": False,
        "company": folder.name,
        "id": str(booked.id),
    }
