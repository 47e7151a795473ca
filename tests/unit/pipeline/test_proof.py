"""The proof of a month names every gap, and is green only when three sums agree."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, FakeConnector, invoice, missing_pdf

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger.pipeline.proof import prove


def test_a_month_without_gap_is_proved(world):
    credit = invoice(3, kind=Kind.SALES_CREDIT_NOTE)
    purchase = invoice(4, kind=Kind.PURCHASE_INVOICE)
    here = world(invoice(1), invoice(2), credit, purchase, invoice(5, net_cents=0))
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "proved"
    assert proof.sellsy == proof.register == proof.ledger
    assert (proof.sellsy.documents, proof.sellsy.gross_cents) == (5, 24000)
    assert here.register.proofs("atelier")[0].level == "proved"


def test_a_waiting_document_is_a_gap_with_its_reason(world):
    document = invoice(1)
    here = world(document, invoice(2))
    here.sellsy.pdfs[document.key] = missing_pdf()
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "gaps"
    (gap,) = proof.gaps
    assert (gap.key, gap.gross_cents) == (document.key, 12000)
    assert "justificatif" in gap.why


def test_an_entry_changed_or_removed_in_the_tool_is_a_gap(world):
    here = world(invoice(1), invoice(2))
    here.night()
    here.tool.held.pop()
    held = here.tool.held[0]
    line = msgspec.structs.replace(held.request.entry.lines[0], debit_cents=11999)
    entry = msgspec.structs.replace(held.request.entry, lines=(line, *held.request.entry.lines[1:]))
    held.request = msgspec.structs.replace(held.request, entry=entry)
    proof = prove(here.company(), "2026-02")
    assert proof.level == "gaps"
    assert proof.ledger.gross_cents == 11999
    assert len(proof.gaps) == 2


def test_a_document_accounted_since_the_last_night_is_a_gap(world):
    here = world(invoice(1))
    here.night()
    here.sellsy.documents.append(invoice(2))
    (gap,) = prove(here.company(), "2026-02").gaps
    assert gap.key == invoice(2).key


def test_a_document_gone_from_sellsy_is_a_gap(world):
    here = world(invoice(1), invoice(2))
    here.night()
    here.sellsy.documents.pop()
    (gap,) = prove(here.company(), "2026-02").gaps
    assert "absente de Sellsy" in gap.why


def test_a_tool_that_cannot_be_read_is_never_proved(world):
    here = world(
        invoice(1), connector=FakeConnector(capabilities=msgspec.structs.replace(CAPABILITIES, read_back=False))
    )
    here.night()
    proof = prove(here.company(), "2026-02")
    assert proof.level == "not_provable"
    assert proof.ledger is None


def test_a_month_with_an_entry_whose_lines_do_not_come_back_is_not_provable(world):
    here = world(invoice(1), invoice(2))
    here.night()
    original = here.tool._shown
    here.tool._shown = lambda held: msgspec.structs.replace(
        original(held), lines=original(held).lines if held.entry_id == "E2" else None
    )
    proof = prove(here.company(), "2026-02")
    assert (proof.level, proof.unseen, proof.gaps) == ("not_provable", 1, [])
    assert proof.ledger.documents == 1


def test_a_ledger_that_does_not_answer_leaves_no_proof(world):
    here = world(invoice(1))
    here.night()
    here.tool.script["read_back"] = [TryLater("503")]
    with pytest.raises(TryLater):
        prove(here.company(), "2026-02")
    assert here.register.proofs("atelier") == []


@pytest.mark.parametrize("month", ["2026-13", "2026", "février 2026", "2026-02-01"])
def test_what_is_no_month_is_refused(world, month):
    with pytest.raises(ConfigurationError, match="2026-01"):
        prove(world().company(), month)
