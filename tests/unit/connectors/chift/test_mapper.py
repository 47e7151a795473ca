"""Bodies, names and request ids."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.chift import mapper
from sellsy_ledger.connectors.chift.capabilities import CAPABILITIES, VARIANTS
from sellsy_ledger.connectors.chift.mapper import Mapper, request_id
from sellsy_ledger.connectors.chift.routes import VatCheck
from sellsy_ledger.core.documents import Kind, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, PostingRefused
from tests.unit.connectors.chift.builders import DAY, LEDGER, make_entry, request_for

GOLDEN = Path(__file__).parents[3] / "golden" / "connectors" / "chift"
MAPPER = Mapper(LedgerIndex(LEDGER), VARIANTS["myunisoft"], VatCheck())
SALE = make_entry(Kind.SALES_INVOICE, [("706000", "C20", 10_000)])


def body_of(entry: JournalEntry, kind: Kind = Kind.SALES_INVOICE, **more: Any) -> dict[str, Any]:
    return MAPPER.body(request_for(kind, entry, **more))


GOLDEN_CASES = {
    "sale_with_discount": request_for(
        Kind.SALES_INVOICE,
        make_entry(
            Kind.SALES_INVOICE,
            [("706000", "C20", 3_333), ("707000", "C20", 3_333), ("707000", "C10", 5_000), ("706000", "C20", -500)],
            due_date=dt.date(2026, 3, 5),
            number="FAC-2026/0012",
        ),
    ),
    "credit_note_with_a_cent_of_rounding": request_for(
        Kind.SALES_CREDIT_NOTE,
        make_entry(Kind.SALES_CREDIT_NOTE, [("706000", "C20", 10_000)], {}, 1, number="AV-7"),
        pdf=None,
    ),
    "draft_purchase_with_reverse_charge": request_for(
        Kind.PURCHASE_INVOICE,
        make_entry(Kind.PURCHASE_INVOICE, [("607000", "DAE", 10_000)], number="A-99"),
        pdf=None,
        draft=True,
    ),
    "entry_for_three_cents_of_rounding": request_for(
        Kind.PURCHASE_INVOICE, make_entry(Kind.PURCHASE_INVOICE, [("607000", "D20", 9_999)], {}, 3, number="B-1")
    ),
    "entry_with_reverse_charge": request_for(
        Kind.PURCHASE_CREDIT_NOTE,
        make_entry(Kind.PURCHASE_CREDIT_NOTE, [("607000", "DAE", 10_005)], {}, 2, number="B-2"),
        pdf=None,
    ),
}


@pytest.mark.parametrize("name", GOLDEN_CASES)
def test_golden_payloads(name: str) -> None:
    """The files under tests/golden/connectors/chift are what an accountant has read and agreed with."""
    body = MAPPER.body(GOLDEN_CASES[name])
    text = msgspec.json.format(msgspec.json.Encoder(decimal_format="number").encode(body), indent=2).decode() + "\n"
    assert text == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def test_a_due_date_is_always_sent_and_never_before_the_date() -> None:
    for due, sent in ((None, DAY), (DAY - dt.timedelta(days=3), DAY), (dt.date(2026, 3, 1), dt.date(2026, 3, 1))):
        entry = msgspec.structs.replace(SALE, due_date=due)
        assert body_of(entry)["due_date"] == sent.isoformat()


def test_the_correction_is_on_our_own_account_whichever_one_chift_takes() -> None:
    for kind, account in ((Kind.SALES_INVOICE, "758000"), (Kind.PURCHASE_INVOICE, "658000")):
        nets = [("706000", "C20", 100)] if kind is Kind.SALES_INVOICE else [("607000", "D20", 100)]
        sent = body_of(make_entry(kind, nets, {}, 1), kind)["invoice_correction"]
        assert {value for name, value in sent.items() if name.endswith("account_number")} == {account}


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Facture n° FAC-2026/0012 (été).pdf", "Facture n FAC-2026-0012 ete.pdf"),
        ("FAC.2026.1.PDF", "FAC-2026-1.pdf"),
        ("", "F-2026-0001.pdf"),
        ("€", "EUR.pdf"),
        ("()", "document.pdf"),
        ("x" * 300 + "9.pdf", "x" * 195 + "9.pdf"),
    ],
)
def test_a_pdf_name_is_cleaned(name: str, clean: str) -> None:
    assert mapper.pdf_name(_named(name)) == clean


@given(name=st.text(max_size=250))
def test_every_pdf_name_fits_the_pattern(name: str) -> None:
    found = mapper.pdf_name(_named(name))
    assert re.fullmatch(r"[a-zA-Z0-9\-_ ]{1,196}(?:.pdf)?", found)
    assert len(found) <= 200


def _named(name: str) -> PostingRequest:
    document = SupportingDocument(path="p", file_name=name, sha256="0" * 64, size_bytes=1)
    return msgspec.structs.replace(request_for(Kind.SALES_INVOICE, SALE), supporting_document=document)


def test_a_request_id_changes_with_content_and_try_and_fits() -> None:
    first, other = "a" * 64, "b" * 64
    ids = {request_id("k", first), request_id("k", other), request_id("k", first, 2), request_id("l", first)}
    assert len(ids) == 4
    for key in ("k" * 300, "clé", "two\nlines"):
        found = request_id(key, first, 123)
        assert len(found) <= 255
        assert found.isascii()
        assert found.isprintable()


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (request_for(Kind.SALES_INVOICE, msgspec.structs.replace(SALE, journal="ZZ")), Reason.JOURNAL_MISSING),
        (request_for(Kind.SALES_INVOICE, msgspec.structs.replace(SALE, journal="VX")), Reason.JOURNAL_MISSING),
        (
            request_for(Kind.SALES_INVOICE, msgspec.structs.replace(SALE, date=dt.date(2025, 5, 5))),
            Reason.PERIOD_CLOSED,
        ),
        (
            request_for(Kind.SALES_INVOICE, msgspec.structs.replace(SALE, lines=SALE.lines[:-1])),
            Reason.AMOUNTS_DO_NOT_CLOSE,
        ),
    ],
)
def test_what_cannot_be_sent_has_its_reason(spoilt: PostingRequest, reason: Reason) -> None:
    with pytest.raises(DocumentError) as refused:
        MAPPER.body(spoilt)
    assert refused.value.reason is reason
    assert refused.value.facts["detail"]


def test_a_draft_is_refused_where_the_tool_behind_has_none() -> None:
    request = request_for(Kind.SALES_INVOICE, SALE, draft=True)
    assert MAPPER.body(request)["status"] == "draft"
    with pytest.raises(DocumentError, match="no drafts"):
        Mapper(MAPPER.index, CAPABILITIES, VatCheck()).body(request)


def test_a_reverse_charge_without_both_accounts_cannot_be_a_raw_entry() -> None:
    codes = tuple(
        msgspec.structs.replace(code, tool_id='["DAE",true,"445660",""]') if code.code == "DAE" else code
        for code in LEDGER.vat_codes
    )
    ledger = msgspec.structs.replace(LEDGER, vat_codes=codes)
    entry = make_entry(Kind.PURCHASE_INVOICE, [("607000", "DAE", 10_000)], {}, 2)
    with pytest.raises(DocumentError) as refused:
        Mapper(LedgerIndex(ledger), CAPABILITIES, VatCheck()).body(
            request_for(Kind.PURCHASE_INVOICE, entry, ledger=ledger)
        )
    assert refused.value.reason is Reason.VAT_CODE_UNMAPPED
    assert not isinstance(refused.value, PostingRefused)


def test_labels_are_one_line_and_cut_to_the_tool_behind() -> None:
    label = "Ligne\nde\tprestation " * 10
    entry = make_entry(Kind.SALES_INVOICE, [("706000", "C20", 100)], label=label)
    for behind, length in (("sage100", 35), ("acd", 50)):
        sent = Mapper(MAPPER.index, VARIANTS[behind], VatCheck()).body(request_for(Kind.SALES_INVOICE, entry))
        assert len(sent["lines"][0]["description"]) <= length
        assert sent["lines"][0]["description"].startswith("Ligne de prestation Ligne")


def test_the_payload_holds_the_pdf_by_its_hash_only() -> None:
    text = json.dumps(body_of(SALE), default=str)
    assert "sha256:" in text
    assert "JVBER" not in text
    assert "pdf" not in body_of(SALE, pdf=None)


def test_amounts_are_decimals() -> None:
    assert {type(value) for value in body_of(SALE).values() if not isinstance(value, (str, list))} == {Decimal}
