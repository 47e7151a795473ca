"""The tool's ledger, read once per run and shared by every batch of it.

The snapshot lies in the document store (a chart of accounts with its third parties can be megabytes); the register
keeps only a note saying which run it belongs to. A run never works on another run's snapshot: accounts get closed,
years get locked, third parties get created between two nights.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import msgspec

from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.pipeline.company import Company

__all__ = ["read_ledger_once"]

NOTE = "ledger_snapshot"


def read_ledger_once(company: Company, *, younger_than: dt.timedelta | None = None) -> Ledger:
    """This run's ledger: read from the tool the first time, from the document store afterwards.

    Args:
        company: the company at work.
        younger_than: an older snapshot is read anew although it is this run's (a run can be cleared and repeated
            under its own name days later).

    Raises:
        AccessError, TryLater: from the tool.
    """
    note = json.loads(company.register.note(company.name, NOTE) or "{}")
    if note.get("run_id") == company.run_id and _is_young(company, note, younger_than):
        stored = _stored(company, note)
        if stored is not None:
            return stored
    return _read_and_store(company)


def _is_young(company: Company, note: dict[str, str], younger_than: dt.timedelta | None) -> bool:
    if younger_than is None:
        return True
    return company.now() - dt.datetime.fromisoformat(note["at"]) < younger_than


def _stored(company: Company, note: dict[str, str]) -> Ledger | None:
    try:
        body = company.documents.get(note["path"])
    except FileNotFoundError:
        return None
    if hashlib.sha256(body).hexdigest() != note["sha256"]:
        return None
    return msgspec.msgpack.decode(body, type=Ledger)


def _read_and_store(company: Company) -> Ledger:
    ledger = company.connector.read_ledger()
    codes = company.sellsy.reference().accounting_codes
    ledger = msgspec.structs.replace(ledger, accounting_codes={**codes, **ledger.accounting_codes})
    body = msgspec.msgpack.encode(ledger)
    digest = hashlib.sha256(body).hexdigest()
    path = f"{company.name}/ledger/{digest}.msgpack"
    company.documents.put(path, body)
    note = {"run_id": company.run_id, "path": path, "sha256": digest, "at": company.now().isoformat()}
    company.register.store_note(company.name, NOTE, json.dumps(note))
    return ledger
