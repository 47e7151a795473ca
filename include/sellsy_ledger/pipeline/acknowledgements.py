"""Which delivered files wait for somebody to say what became of them, and whether somebody has."""

from __future__ import annotations

import logging

from sellsy_ledger.connectors.base import BatchState
from sellsy_ledger.core.outcomes import State
from sellsy_ledger.errors import TryLater
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.steps import LOAD_CHUNK, chunks

__all__ = ["has_news", "unacknowledged"]

log = logging.getLogger(__name__)

# Delivered, and something happened since: few documents.
_HAPPENED_SINCE = (State.CONFLICT, State.CHANGED_AFTER_POSTING, State.RETRACTED)


def unacknowledged(company: Company) -> dict[str, list[str]]:
    """Batch → keys of its documents that are not known to be in the books."""
    waiting = company.register.by_handle(company.name, [State.DELIVERED])
    for batch, keys in company.register.by_handle(company.name, list(_HAPPENED_SINCE)).items():
        for part in chunks(keys, LOAD_CHUNK):
            for record in company.register.load(company.name, part):
                posting = record.posting
                if posting is not None and posting.delivered_at is not None and posting.posted_at is None:
                    waiting.setdefault(batch, []).append(record.key)
    return waiting


def has_news(company: Company) -> bool:
    """True when somebody has said of a delivered file what the register does not know yet. Costs a look per file; one
    that cannot be looked at now is looked at by the next run.
    """
    if not company.connector.capabilities.batches or company.settings.document_only:
        return False
    delivered = company.register.by_handle(company.name, [State.DELIVERED])
    for batch in sorted(unacknowledged(company)):
        try:
            said = company.connector.batch_state(batch)
        except TryLater as error:
            log.warning("%s: what became of the file %s cannot be seen now (%s).", company.name, batch, error)
            return False
        if said is BatchState.IMPORTED or (said is BatchState.REFUSED and batch in delivered):
            return True
    return False
