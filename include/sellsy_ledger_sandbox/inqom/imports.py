"""FEC import operations: a file is read, waits for somebody, and is integrated into the books.

Ids are given when the file comes in, and the books are written when somebody integrates it, so that a replay of the
accepted writes gives the same ledger, however often its state was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sellsy_ledger_sandbox.inqom.books import Booked, Folder, Line, Period

__all__ = ["Operation", "integrate", "look", "read_fec"]

COLUMNS = [
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib"),
    *("PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
]
LONGEST = {"JournalCode": 4, "JournalLib": 100, "CompteNum": 32, "CompteLib": 100, "CompAuxNum": 32, "PieceRef": 256}


@dataclass
class Operation:
    """One import; its states follow each other at every look."""

    id: int
    exercise: Period
    entries: list[Booked]
    issues: list[str]
    replace: bool
    status: str = "Received"
    integrated: bool = False
    lines: int = field(default=0)


def look(operation: Operation) -> str:
    """The state as it is told now; Inqom works on between two looks."""
    following = {
        "Received": "ParsingOk",
        "ParsingOk": "WaitingUserAction",
        "EntryIntegrationPending": "EntryIntegration",
        "EntryIntegration": "Succeeded",
    }
    told = operation.status
    operation.status = following.get(told, told)
    return told


def integrate(folder: Folder, operation: Operation) -> bool:
    """Write the operation's entries into the books; False when it cannot be."""
    if operation.integrated or operation.issues or operation.status == "Remove":
        return False
    if operation.replace:
        year = operation.exercise
        folder.entries = [each for each in folder.entries if not year.begin <= each.day <= year.end]
    folder.entries.extend(operation.entries)
    operation.integrated = True
    operation.status = "EntryIntegrationPending"
    return True


def read_fec(folder: Folder, exercise: Period, body: bytes, attachments: str) -> tuple[list[Booked], list[str]] | None:
    """The entries of a FEC and what is wrong with them; None when it is no FEC."""
    try:
        rows = [line for line in body.decode("iso8859-15").splitlines() if line]
        separator = next(each for each in "\t;|" if each in rows[0])
    except (UnicodeDecodeError, IndexError, StopIteration):
        return None
    if rows[0].split(separator) != COLUMNS:
        return None
    cells = [dict(zip(COLUMNS, row.split(separator), strict=False)) for row in rows[1:]]
    if not cells or any(len(row) != len(COLUMNS) for row in cells):
        return None
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in cells:
        groups.setdefault((row["JournalCode"], row["EcritureNum"], row["EcritureDate"], row["PieceRef"]), []).append(
            row
        )
    issues: list[str] = []
    entries = [_entry(folder, exercise, group, attachments, issues) for group in groups.values()]
    return [each for each in entries if each is not None], issues


def _entry(
    folder: Folder, exercise: Period, rows: list[dict[str, str]], attachments: str, issues: list[str]
) -> Booked | None:
    first, before = rows[0], len(issues)
    entry_id = folder.new_id()
    journal = folder.journal(first["JournalCode"])
    if journal is None:
        issues.append(f"Le journal {first['JournalCode']} n'existe pas : associez-le.")
    day = _day(first["EcritureDate"])
    if day is None or not exercise.begin <= day <= exercise.end:
        issues.append("La date d'une écriture est hors de l'exercice.")
    issues += [f"{name} est trop long." for row in rows for name, most in LONGEST.items() if len(row[name]) > most]
    lines = [_line(folder, row, issues) for row in rows]
    if sum(line.debit for line in lines) != sum(line.credit for line in lines):
        issues.append("Une écriture n'est pas équilibrée.")
    if len(issues) > before or journal is None or day is None:
        return None
    wanted = {"PieceRef": first["PieceRef"], "NomFichier": first["PieceRef"]}.get(attachments)
    paper = next(
        (each for each in folder.papers if each.type == "Others" and wanted and each.reference == wanted), None
    )
    return Booked(entry_id, day, journal, first["PieceRef"] or None, first["PieceRef"], paper, lines)


def _line(folder: Folder, row: dict[str, str], issues: list[str]) -> Line:
    number = row["CompAuxNum"] or row["CompteNum"]
    if not folder.impactable(number):
        issues.append(f"Le compte {number} est inconnu : associez-le à un compte du dossier.")
    debit, credit = _cents(row["Debit"]), _cents(row["Credit"])
    if debit is None or credit is None or bool(debit) is bool(credit):
        issues.append("Un montant est illisible.")
    return Line(folder.new_id(), number, debit or 0, credit or 0, row["EcritureLib"].upper())


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day
    except ValueError:
        return None


def _cents(text: str) -> int | None:
    try:
        return int(Decimal(text.replace(",", ".") or "0") * 100)
    except InvalidOperation:
        return None
