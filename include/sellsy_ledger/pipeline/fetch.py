"""Second step: find what is accounted in Sellsy and not yet in the books, and cut it into batches."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Sequence
from functools import partial

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger.pipeline.acknowledgements import has_news
from sellsy_ledger.pipeline.company import Company, Selection
from sellsy_ledger.pipeline.corrections import lacks_proposals, propose
from sellsy_ledger.pipeline.known_books import adopt_known
from sellsy_ledger.pipeline.scan import MARK_NOTE, Scan
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import LEASE_SECONDS, OPEN_STATES, chunks

__all__ = ["RUN_NOTE", "fetch_invoices", "is_preview", "scan_everything"]

log = logging.getLogger(__name__)

RUN_NOTE = "run"
ACCOUNT_NOTE = "sellsy_account"
# States that a later step must finish, whatever became of the document in Sellsy meanwhile.
UNFINISHED_POSTING = (State.POSTING, State.OUTCOME_UNKNOWN, State.POSTED)
SNAPSHOT_AGE = dt.timedelta(minutes=15)


def fetch_invoices(company: Company, selection: Selection, *, batch_size: int = 200) -> list[str]:
    """Record the accounted documents of the selection and store the run's batches.

    Returns:
        Batch keys (safe for XCom); empty when nothing is new and nothing waits, the lease being free again then. When
        there is only news of a delivered file, a single batch without documents.

    Raises:
        LeaseHeld: another run of the company is at work.
        AccessError, TryLater: from Sellsy, or from the tool when there is work to do.
    """
    register = company.register
    register.take_lease(company.name, holder=company.run_id, seconds=LEASE_SECONDS)
    try:
        register.record_settings(company.name, company.settings.model_dump_json(), who=company.who)
        _pin_account(company)
        scan = Scan(company, selection)
        scan.run()
        _propose_corrections(company)
        keys = _keys_to_work_on(company, scan)
        adopted = adopt_known(register, company.name, keys, who=company.who)
        keys = [key for key in keys if key not in adopted]
        parts = list(chunks(keys, batch_size))
        if not parts and _looks_at_everything(selection) and has_news(company):
            parts = [[]]
        batches = register.store_batches(company.name, company.run_id, parts)
        _note_run(company, scan, batches)
        if keys and not company.settings.document_only:
            read_ledger_once(company, younger_than=SNAPSHOT_AGE)
    except ConfigurationError:
        register.free_lease(company.name, holder=company.run_id)
        raise
    if not batches:
        register.free_lease(company.name, holder=company.run_id)
    return batches


def scan_everything(company: Company) -> tuple[int, int]:
    """List all that is accounted since the start date, whatever Sellsy's journal says; note what is new, changed or
    gone, and propose what would correct the books. No document is worked on.

    Returns:
        How many documents were read, and how many corrections are proposed.

    Raises:
        LeaseHeld: a run of the company is at work.
        AccessError, TryLater: Sellsy or the tool did not answer; what was read so far is recorded.
    """
    register = company.register
    with register.lease(company.name, holder=company.run_id, seconds=LEASE_SECONDS):
        _pin_account(company)
        register.store_note(company.name, MARK_NOTE, "{}")
        scan = Scan(company, Selection(kind="scheduled", dated_from=company.settings.start_date))
        scan.run()
        return scan.read, len(propose(company))


def is_preview(company: Company) -> bool:
    """True when this run was asked to stop before anything is written to the tool."""
    note = json.loads(company.register.note(company.name, RUN_NOTE) or "{}")
    return note.get("run_id") == company.run_id and bool(note.get("preview"))


def _propose_corrections(company: Company) -> None:
    """Say what would correct the documents that changed after they were posted, where nothing has been said yet. A
    tool that does not answer costs the night nothing: the next one asks again.
    """
    if lacks_proposals(company):
        try:
            propose(company)
        except TryLater as error:
            log.warning("%s: corrections cannot be proposed tonight: %s", company.name, error)


def _looks_at_everything(selection: Selection) -> bool:
    return selection.kind != "backfill" and not selection.preview and not selection.numbers


def _pin_account(company: Company) -> None:
    """Every posting key begins with the Sellsy account: under another name all documents would look new.

    Raises:
        ConfigurationError: the account is not the one that this company was begun with.
    """
    account = company.sellsy.account
    known = company.register.note(company.name, ACCOUNT_NOTE)
    if known is None:
        company.register.store_note(company.name, ACCOUNT_NOTE, json.dumps(account))
    elif json.loads(known) != account:
        raise ConfigurationError(
            f"The Sellsy account of {company.name} is {account}; its documents were posted as {json.loads(known)}. "
            f"If it is the same account behind a new API client, write account {json.loads(known)} into the Sellsy "
            "connection; otherwise make another company.",
            field="account",
        )


def _keys_to_work_on(company: Company, scan: Scan) -> list[str]:
    """Open documents of the selection; a scheduled run also finishes every posting begun, whatever its date."""
    register, selection = company.register, scan.selection
    select = partial(register.select, company.name, dated_from=selection.dated_from, dated_to=selection.dated_to)
    unfinished = [
        state for state in UNFINISHED_POSTING if state is not State.POSTED or company.connector.capabilities.read_back
    ]
    if selection.kind == "scheduled":
        keys = register.select(company.name, states=unfinished)
    else:
        keys = select(states=unfinished)
    if company.connector.capabilities.read_back:
        apart = _without_entry(company)
        keys = [key for key in keys if key not in apart]
    keys += select(states=sorted(OPEN_STATES))
    # Not accounted any more: nothing to do before Sellsy lists them again.
    withdrawn = set(register.select(company.name, states=[State.WAITING], reasons=[Reason.NOT_ACCOUNTED]))
    return [key for key in dict.fromkeys(keys) if scan.takes(key) and key not in withdrawn]


def _without_entry(company: Company) -> set[str]:
    """Posted as a person says, and only the PDF was ours: there is no entry of ours to read back."""
    posted = company.register.select(company.name, states=[State.POSTED])
    return {record.key for record in company.register.records(company.name, posted) if record.entry is None}


def _note_run(company: Company, scan: Scan, batches: Sequence[str]) -> None:
    note = {
        "run_id": company.run_id,
        "started_at": company.now().isoformat(),
        "kind": scan.selection.kind,
        "preview": scan.selection.preview,
        "read": scan.read,
        "new": scan.new,
        "unreadable": len(scan.unreadable),
        "batches": list(batches),
    }
    company.register.store_note(company.name, RUN_NOTE, json.dumps(note))
