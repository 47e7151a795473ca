"""Seventh step: what is ready goes to the tool, each document exactly once.

Three ways lead into the books, and a fourth leaves them to the accountant; the tool's capabilities and the company's
settings say which one is taken. The path of a document is the same on all of them (:mod:`writing`).
"""

from __future__ import annotations

from sellsy_ledger.errors import InvariantBroken
from sellsy_ledger.pipeline.approval import take_up_again
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.delivery import FileWriter
from sellsy_ledger.pipeline.document_only import DepositWriter
from sellsy_ledger.pipeline.entry_writing import EntryWriter, takes_pdf_later
from sellsy_ledger.pipeline.fetch import is_preview
from sellsy_ledger.pipeline.imports import Imports, is_import
from sellsy_ledger.pipeline.replacing import waits_for_its_reversal
from sellsy_ledger.pipeline.steps import Batch, StepReport, open_batch
from sellsy_ledger.pipeline.writing import TO_POST

__all__ = ["post_entries", "takes_pdf_later"]

CHUNK = 20


def post_entries(company: Company, batch: str) -> StepReport:
    """Hand over every ready document of the batch, and settle those whose outcome is unknown.

    Afterwards a document is ``posted`` where the tool books at once, ``posting`` where its import runs
    (:func:`~sellsy_ledger.pipeline.imports.await_imports`) or where it goes with the run's file
    (:func:`~sellsy_ledger.pipeline.delivery.deliver_batch`), ``delivered`` where only the PDF was handed over.

    Raises:
        AccessError: the tool refuses us.
        TryLater: the tool does not answer; every document done so far is stored, the one at hand surely not written.
        LeaseHeld: another run took the company over; nothing more is written by this one.
    """
    if is_preview(company):
        raise InvariantBroken(f"{company.run_id} is a preview of {company.name}: it must not reach the posting step.")
    with open_batch(company, batch, "post_entries") as step:
        take_up_again(company)
        if company.settings.document_only:
            _deposit(step)
        elif company.connector.capabilities.batches:
            _collect(step)
        else:
            _post(step)
    return step.close()


def _deposit(step: Batch) -> None:
    writer = DepositWriter(step)
    for record in step.records(CHUNK):
        if record.state in TO_POST:
            writer.hand_over(record)


def _collect(step: Batch) -> None:
    writer = FileWriter(step)
    for record in step.records(CHUNK):
        if record.state in TO_POST and not waits_for_its_reversal(step, record):
            writer.hand_over(record)


def _post(step: Batch) -> None:
    writer = EntryWriter(step)
    imports = Imports(writer)
    attaches = takes_pdf_later(step.company.connector)
    for record in step.records(CHUNK):
        if is_import(record) and not writer.is_another_ways(record):
            # Never "not found, so write again": the tool's queue may book it at any moment.
            imports.look(record)
        elif record.state in TO_POST and not waits_for_its_reversal(step, record):
            writer.hand_over(record)
        if attaches:
            writer.attach(record.key)
