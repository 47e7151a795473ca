"""What ``register list`` and ``register show`` print: tables in French for people, JSON for programs.

Every text of a document is untrusted: no control character reaches a terminal, no markup is interpreted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sellsy_ledger.core.explain import explain
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import State, sentence
from sellsy_ledger.register.store import DocumentRecord, Event

__all__ = ["STATES", "console", "list_documents", "message", "plain", "show"]

STATES: dict[State, str] = {
    State.SEEN: "lue",
    State.WAITING: "en attente",
    State.READY: "prête",
    State.POSTING: "envoi en cours",
    State.DELIVERED: "transmise, import à confirmer",
    State.POSTED: "comptabilisée",
    State.VERIFIED: "vérifiée",
    State.NOTHING_TO_POST: "rien à comptabiliser",
    State.REJECTED: "refusée",
    State.OUTCOME_UNKNOWN: "issue inconnue",
    State.CONFLICT: "conflit",
    State.CHANGED_AFTER_POSTING: "modifiée après comptabilisation",
    State.RETRACTED: "retirée de Sellsy",
    State.CORRECTED: "corrigée à côté",
    State.ADOPTED: "déjà dans les livres",
}
_PIPE_WIDTH = 200


def message(record: DocumentRecord) -> str:
    """The French sentence of the record's reason, or its detail where the state has no reason."""
    return sentence(record.reason, record.detail) if record.reason else record.detail


def list_documents(records: Iterable[DocumentRecord], style: str) -> None:
    """Print one line per document, as a table or as a JSON array (streamed)."""
    if style == "json":
        _print_json(_summary(record) for record in records)
        return
    table = Table(title="Registre")
    for name in ("Société", "Clé", "Numéro", "Date", "Tiers"):
        table.add_column(name, overflow="fold")
    table.add_column("TTC", justify="right", no_wrap=True)
    for name in ("État", "Message", "Écriture"):
        table.add_column(name, overflow="fold")
    for record in records:
        document, posting = record.document, record.posting
        table.add_row(
            *(plain(text) for text in (record.company, record.key, document.number, f"{document.date:%d/%m/%Y}")),
            plain(document.third_party_name),
            plain(_amount(document.gross_cents, document.currency)),
            *(plain(text) for text in (STATES[record.state], message(record), posting.entry_id if posting else "")),
        )
    console().print(table)


def show(record: DocumentRecord, events: Sequence[Event], style: str) -> None:
    """Print one document: where it stands, its entry line by line with its explanation, its posting, its story."""
    if style == "json":
        _print_json([_whole(record, events)])
        return
    out = console()
    out.print(_facts(record))
    if record.entry is not None:
        out.print(_entry(record))
    out.print(_story(events))


def _facts(record: DocumentRecord) -> Table:
    document, posting, pdf = record.document, record.posting, record.supporting_document
    table = Table(title=plain(f"{document.number} ({record.key}), {record.company}"), show_header=False)
    facts = {
        "Date": f"{document.date:%d/%m/%Y}",
        "Tiers": document.third_party_name,
        "TTC": _amount(document.gross_cents, document.currency),
        "État": STATES[record.state],
        "Message": message(record),
        "Justificatif": f"{pdf.file_name} ({pdf.size_bytes} octets, SHA-256 {pdf.sha256})" if pdf else "aucun",
    }
    if record.changed_document is not None:
        changed = record.changed_document
        facts["Dans Sellsy à présent"] = (
            f"{changed.number} du {changed.date:%d/%m/%Y}, {_amount(changed.gross_cents, changed.currency)}"
        )
    if posting is not None:
        facts |= {
            "Clé d'unicité": posting.posting_key,
            "Tentatives": str(posting.attempts),
            "Écriture dans l'outil": posting.entry_id or "inconnue",
            "Remise": posting.handle,
            "Transmise le": f"{posting.delivered_at:%d/%m/%Y %H:%M} UTC" if posting.delivered_at else "",
            "Comptabilisée le": f"{posting.posted_at:%d/%m/%Y %H:%M} UTC" if posting.posted_at else "",
            "Relue le": f"{posting.verified_at:%d/%m/%Y %H:%M} UTC" if posting.verified_at else "",
        }
    for name, value in facts.items():
        if value:
            table.add_row(name, plain(value))
    return table


def _entry(record: DocumentRecord) -> Table:
    entry = record.entry
    if entry is None:
        raise ValueError(record.key)
    table = Table(title=plain(f"Écriture : journal {entry.journal}, {entry.date:%d/%m/%Y}, pièce {entry.piece}"))
    for name in ("Compte", "Auxiliaire", "Libellé"):
        table.add_column(name, overflow="fold")
    for name in ("Débit", "Crédit"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("TVA", "Pourquoi"):
        table.add_column(name, overflow="fold")
    for line in entry.lines:
        amounts = (cents_to_french(cents) if cents else "" for cents in (line.debit_cents, line.credit_cents))
        table.add_row(
            *(plain(text) for text in (line.account, line.auxiliary_account or "", line.label)),
            *amounts,
            *(plain(text) for text in (line.vat_code or "", explain(line))),
        )
    return table


def _story(events: Sequence[Event]) -> Table:
    table = Table(title="Histoire")
    for name in ("Quand (UTC)", "Qui", "Quoi", "État", "Raison", "Note"):
        table.add_column(name, overflow="fold")
    for event in events:
        texts = (f"{event.at:%d/%m/%Y %H:%M:%S}", event.who, event.what, event.state, event.reason or "", event.note)
        table.add_row(*(plain(text) for text in texts))
    return table


def _summary(record: DocumentRecord) -> dict[str, Any]:
    document, posting = record.document, record.posting
    return {
        "company": record.company,
        "key": record.key,
        "kind": document.kind,
        "id": document.id,
        "number": document.number,
        "date": document.date,
        "third_party": document.third_party_name,
        "currency": document.currency,
        "gross_cents": document.gross_cents,
        "state": record.state,
        "reason": record.reason,
        "message": message(record),
        "entry_id": posting.entry_id if posting else None,
        "batch": posting.handle if posting else None,
        "updated_at": record.updated_at,
    }


def _whole(record: DocumentRecord, events: Sequence[Event]) -> dict[str, Any]:
    entry: Any = msgspec.to_builtins(record.entry)
    if record.entry is not None:
        for shown, line in zip(entry["lines"], record.entry.lines, strict=True):
            shown["explain"] = explain(line)
    return {
        **_summary(record),
        "fingerprint": record.fingerprint,
        "entry": entry,
        "posting": record.posting,
        "supporting_document": record.supporting_document,
        "changed_document": record.changed_document,
        "events": events,
    }


def _print_json(items: Iterable[dict[str, Any]]) -> None:
    """A JSON array, one element a line; a single pass, whatever the number."""
    out, separator = sys.stdout.buffer, b"[\n"
    for item in items:
        out.write(separator + msgspec.json.encode(item))
        separator = b",\n"
    out.write(b"[]\n" if separator == b"[\n" else b"\n]\n")
    out.flush()


def _amount(cents: int, currency: str) -> str:
    text = cents_to_french(cents)
    return text if currency == "EUR" else f"{text.removesuffix('€')}{currency}"


def plain(text: str) -> Text:
    """Text of anybody's as a cell: nothing in it steers the terminal."""
    return Text("".join(character if character.isprintable() else " " for character in text))


def console() -> Console:
    """As wide as the terminal; a pipe has no width, and a file is read later."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
