"""What may happen in Sellsy to a document that is in the books, and what the books must hold afterwards."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
from tests.scenario.stage import Stage

from sellsy_ledger.core.corrections import base_of
from sellsy_ledger.core.ledger import FiscalYear
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.pipeline.corrections import Proposal, accept, stored_proposals

__all__ = ["CHANGES", "LOCKED_UNTIL", "begin", "carry_out", "change", "locked", "problems"]

NUMBER = "F-2025-0001"
LOCKED_UNTIL = dt.date(2026, 5, 31)
A_WEEK = dt.timedelta(days=8)
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "amount": {"net": "999.00"},
    "date": {"fields": {"date": "2026-06-15"}},
    "third_party": {"fields": {"related": [{"id": 7002, "type": "company"}]}},
    "text_or_payment": {"fields": {"subject": "Autre objet", "status": "late"}},
    "taken_back": {"accounted": False},
    "deleted": {"deleted": True},
}
"""What the sandbox is told, by the name of the change."""


def begin(stage: Stage) -> dict[str, Any]:
    """The document in the books, as certainly as the tool can say; returns what Sellsy holds of it."""
    stage.night()
    if stage.kit.capabilities.batches:
        stage.settle()
    (document,) = [one for one in stage.documents() if one["number"] == NUMBER]
    return document


def change(stage: Stage, document: Mapping[str, Any], name: str) -> list[Proposal]:
    """Something happens in Sellsy; the proposals after the next weekly full scan."""
    stage.change(document, **CHANGES[name])
    return seen(stage)


def seen(stage: Stage) -> list[Proposal]:
    """A week later: what is proposed."""
    if stage.kit.capabilities.asynchronous:
        stage.meanwhile()
    stage.clock += A_WEEK
    stage.night()
    return stored_proposals(stage.register, "atelier")


def carry_out(stage: Stage) -> list[str]:
    """A person accepts everything that is proposed, and nights pass; returns the keys accepted."""
    seals = {one.key: one.seal for one in stored_proposals(stage.register, "atelier")}
    done = accept(stage.register, "atelier", seals, who="Jeanne")
    assert done.void == []
    for _ in range(2):
        stage.tomorrow()
        stage.night()
    return done.accepted


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """The accountant has locked everything up to :data:`LOCKED_UNTIL`."""
    connector = type(stage.company("look").connector)
    read = connector.read_ledger

    def locked_ledger(self: Any) -> Any:
        years = (FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2026, 12, 31), locked_until=LOCKED_UNTIL),)
        return msgspec.structs.replace(read(self), fiscal_years=years)

    with patch.object(connector, "read_ledger", locked_ledger):
        yield


def problems(stage: Stage) -> list[str]:
    """What the witness ledger does not hold to the cent; nothing when each document's entries add up to what Sellsy
    shows of it now, each of them there once.
    """
    if stage.kit.capabilities.batches:
        stage.settle()
    found = [f"{key} is booked {count} times" for key, count in _counts(stage).items() if count != 1]
    lines: dict[str, Counter[str]] = {}
    held = {str(entry["key"]): entry for entry in stage.entries()}
    for record in stage.records():
        ends = (stage.proved_state, State.CORRECTED, State.WAITING)
        if record.state not in ends or (record.state is State.WAITING and str(record.reason) != "not_accounted"):
            found.append(f"{record.key} is {record.state} {record.reason or ''} {record.detail}")
        entry = held.pop(stage.kit.witness_key(record.posting.posting_key), None) if record.posting else None
        sums = lines.setdefault(_source(record.key), Counter())
        for one in (entry or {}).get("lines", ()):
            account = one.get("auxiliary_account") or one["account"]
            kind = "third party" if account.startswith(("411", "401", "C", "F", "4111")) else account[:3]
            sums[kind] += one["debit_cents"] - one["credit_cents"]
    found += [f"{key} is in the books and not in the register" for key in held]
    wanted = {_key(one): one for one in stage.documents()}
    for key, sums in lines.items():
        shown = wanted.get(key)
        gross = shown["gross_cents"] if shown and shown["accounted"] else 0
        if sums["third party"] != gross:
            found.append(f"{key}: the third party owes {sums['third party']} in the books, {gross} in Sellsy")
        if sum(sums.values()):
            found.append(f"{key}: the entries do not balance: {dict(sums)}")
        if not gross and any(sums.values()):
            found.append(f"{key} is taken back, and leaves {dict(sums)}")
    return found


def _counts(stage: Stage) -> Counter[str]:
    return Counter(str(entry["key"]) for entry in stage.entries())


def _key(document: Mapping[str, Any]) -> str:
    kinds = {"invoice": "sales_invoice", "creditnote": "sales_credit_note", "credit-note": "sales_credit_note"}
    return f"{kinds.get(document['kind'], document['kind'])}:{document['id']}"


def _source(key: str) -> str:
    """The one invoice of these stories: its reversal is a credit note of the same id."""
    return base_of(key).replace("credit_note", "invoice")


Story = Callable[..., Stage]
