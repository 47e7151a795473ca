"""What counts as the same entry, read back."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.unit.pipeline.fakes import CAPABILITIES, LEDGER

from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.core.capabilities import PdfSupport
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.pipeline.comparison import differences, third_party_cents

CHOOSES = msgspec.structs.replace(CAPABILITIES, chooses_journal=True, chooses_vat_accounts=True, computes_vat=True)
REQUEST = PostingRequest(
    posting_key="sellsy:4242:sales_invoice:1",
    kind=Kind.SALES_INVOICE,
    entry=JournalEntry(
        journal="VE",
        date=dt.date(2026, 2, 1),
        piece="F20260001",
        number="F-2026-0001",
        piece_date=dt.date(2026, 2, 1),
        due_date=None,
        lines=(
            EntryLine(
                account="411000",
                auxiliary_account="411DUPONT",
                label="Dupont",
                debit_cents=12000,
                role=Role.THIRD_PARTY,
            ),
            EntryLine(account="706000", label="Dupont", credit_cents=10000, vat_code="C20", role=Role.NET),
            EntryLine(account="445710", label="Dupont", credit_cents=2000, vat_code="C20", role=Role.VAT),
        ),
    ),
    third_party=LedgerThirdParty(auxiliary_account="411DUPONT", name="Dupont", direction=Direction.SALES),
    ledger=LEDGER,
    draft=False,
)
LINES = (
    PostedLine(account="411DUPONT", debit_cents=12000, credit_cents=0),
    PostedLine(account="706000", debit_cents=0, credit_cents=10000),
    PostedLine(account="445710", debit_cents=0, credit_cents=2000),
)
HELD = PostedEntry(
    entry_id="E1",
    date=dt.date(2026, 2, 1),
    journal="VE",
    piece="F20260001",
    lines=LINES,
    draft=False,
    pdf_sha256="aa",
    pdf_present=True,
)


def found(held=HELD, request=REQUEST, capabilities=CAPABILITIES, **more):
    return differences(request, held, capabilities, **{"pdf_sha256": "aa", **more})


def change(**fields):
    return msgspec.structs.replace(HELD, **fields)


def lines(*changed):
    return change(lines=tuple(changed))


SAME = {
    "as sent": HELD,
    "another order": lines(*reversed(LINES)),
    "padded accounts": lines(LINES[0], msgspec.structs.replace(LINES[1], account="70600000"), LINES[2]),
    "control and auxiliary together": lines(msgspec.structs.replace(LINES[0], account="411000411DUPONT"), *LINES[1:]),
    "a line split in two": lines(
        LINES[0],
        PostedLine(account="706000", debit_cents=0, credit_cents=4000),
        PostedLine(account="706000", debit_cents=0, credit_cents=6000),
        LINES[2],
    ),
    "a zero line more": lines(*LINES, PostedLine(account="758000", debit_cents=0, credit_cents=0)),
    "the full number as piece": change(piece=" F-2026-0001 "),
    "what the tool does not tell": PostedEntry(
        entry_id="E1", date=None, journal=None, piece=None, lines=None, draft=None, pdf_sha256=None, pdf_present=None
    ),
}
OTHER = {
    "amount": (lines(LINES[0], msgspec.structs.replace(LINES[1], credit_cents=9999), LINES[2]), "99.99 au lieu de"),
    "account": (lines(LINES[0], msgspec.structs.replace(LINES[1], account="707000"), LINES[2]), "707"),
    "side": (lines(PostedLine(account="411DUPONT", debit_cents=0, credit_cents=12000), *LINES[1:]), "third party"),
    "auxiliary": (lines(msgspec.structs.replace(LINES[0], account="411DURAND"), *LINES[1:]), "411DURAND"),
    "missing line": (lines(*LINES[:2]), "4457"),
    "date": (change(date=dt.date(2026, 3, 1)), "date 2026-03-01"),
    "journal": (change(journal="OD"), "journal OD"),
    "piece": (change(piece="X"), "pièce X"),
    "draft": (change(draft=True), "en attente"),
    "pdf": (change(pdf_sha256="bb"), "PDF"),
    "no pdf": (change(pdf_sha256=None, pdf_present=False), "absent"),
}


@pytest.mark.parametrize("held", SAME.values(), ids=SAME.keys())
def test_is_the_same_entry(held):
    assert found(held) == []


@pytest.mark.parametrize(("held", "told"), OTHER.values(), ids=OTHER.keys())
def test_is_another_entry_and_the_fact_is_named(held, told):
    facts = found(held)
    assert facts
    assert told in " ; ".join(facts)


def test_a_tool_that_chooses_journal_and_vat_accounts_may_differ_there_only():
    held = msgspec.structs.replace(
        HELD, journal="VT", lines=(*LINES[:2], msgspec.structs.replace(LINES[2], account="44571200"))
    )
    assert found(held, capabilities=CHOOSES) == []
    short = msgspec.structs.replace(held.lines[2], credit_cents=1999)
    assert found(msgspec.structs.replace(held, lines=(*LINES[:2], short)), capabilities=CHOOSES)


def test_the_pair_that_a_tool_adds_itself_is_no_difference_and_half_of_it_is():
    lines_sent = (
        msgspec.structs.replace(REQUEST.entry.lines[0], debit_cents=10000),
        REQUEST.entry.lines[1],
    )
    request = msgspec.structs.replace(REQUEST, entry=msgspec.structs.replace(REQUEST.entry, lines=lines_sent))
    pair = (
        PostedLine(account="445662", debit_cents=2000, credit_cents=0),
        PostedLine(account="445200", debit_cents=0, credit_cents=2000),
    )
    sent = (PostedLine(account="411DUPONT", debit_cents=10000, credit_cents=0), LINES[1])
    assert found(lines(*sent, *pair), request, CHOOSES) == []
    assert found(lines(*sent, pair[0]), request, CHOOSES)
    assert found(lines(*sent, *pair), request, CAPABILITIES), "a tool that adds none may not hold any"


def test_a_draft_validated_meanwhile_is_the_same_and_one_posted_at_once_is_not():
    draft = msgspec.structs.replace(REQUEST, draft=True)
    assert found(request=draft, validated_meanwhile=True) == []
    assert found(request=draft) == ["écriture validée alors qu'elle devait rester en attente"]


def test_no_pdf_is_missed_where_none_was_sent_or_none_is_taken():
    assert found(change(pdf_sha256=None, pdf_present=False), pdf_sha256=None) == []
    never = msgspec.structs.replace(CAPABILITIES, pdf=PdfSupport.NEVER)
    assert found(change(pdf_sha256=None, pdf_present=False), capabilities=never) == []


def test_the_third_party_amount_is_what_the_tool_holds():
    assert third_party_cents(REQUEST, LINES) == 12000
