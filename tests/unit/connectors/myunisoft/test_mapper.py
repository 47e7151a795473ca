"""An entry survives the way to MyUnisoft and back, to the cent; nothing else is ever made of it."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.myunisoft import mapper, reading
from sellsy_ledger.connectors.myunisoft.capabilities import CAPABILITIES
from sellsy_ledger.core.documents import Direction, SupportingDocument
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import Address, ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.pipeline.comparison import differences
from tests.unit.connectors.myunisoft.builders import LEDGER, NUMBERS, as_sent, request, requests

INDEX = LedgerIndex(LEDGER)


def body_of(made: PostingRequest, pdf: str | None = None) -> dict[str, Any]:
    return mapper.entry_body(made, INDEX, 127, pdf=pdf)


def as_held(body: dict[str, Any], shuffle: Any = None) -> dict[str, Any]:
    """What MyUnisoft gives back of a body: other order, nulls, padded pieces, ids as text."""
    numbers = {str(100 + position): number for position, number in enumerate(NUMBERS)} | {"55": "411EXEMPLE"}
    lines = list(body["entry_list"])
    if shuffle is not None:
        shuffle.shuffle(lines)
    return {
        "producerId": "901",
        "date": body["date_piece"],
        "journal": {"customerReferenceCode": "VE"},
        "attachments": {},
        "movements": [
            {
                "description": line["label"],
                "value": {"debit": line["debit"] or None, "credit": line["credit"] or None},
                "invoiceNumber": line["piece2"].ljust(25) if "piece2" in line else None,
                "account": {"number": numbers[str(line["account_id"])]},
            }
            for line in lines
        ],
    }


# -- there and back ----------------------------------------------------------------------------------------------
@given(made=requests(), random=st.randoms(use_true_random=False))
def test_an_entry_survives_the_way_there_and_back(made: PostingRequest, random: Any) -> None:
    held = reading.posted_entry(as_held(as_sent(body_of(made)), random), draft=False)
    assert held.lines is not None
    sent = Counter(
        (line.auxiliary_account or line.account, line.debit_cents, line.credit_cents)
        for line in made.entry.lines
        if line.debit_cents or line.credit_cents
    )
    assert Counter((line.account, line.debit_cents, line.credit_cents) for line in held.lines) == sent
    assert differences(made, held, CAPABILITIES, pdf_sha256=None) == []


@given(made=requests())
def test_amounts_are_exact_on_the_wire(made: PostingRequest) -> None:
    lines = as_sent(body_of(made))["entry_list"]
    assert sum(Decimal(line["debit"]) for line in lines) == Decimal(made.entry.debit_cents) / 100
    assert sum(Decimal(line["debit"]) for line in lines) == sum(Decimal(line["credit"]) for line in lines)
    assert all(Decimal(line["debit"]) >= 0 <= Decimal(line["credit"]) for line in lines)
    assert all((line["debit"] == 0) != (line["credit"] == 0) for line in lines)


@given(made=requests())
def test_no_line_is_due_before_the_entry(made: PostingRequest) -> None:
    body = body_of(made)
    assert all(line["deadline"] >= body["date_piece"] for line in body["entry_list"])
    party = body["entry_list"][0]
    assert party["deadline"] == max(made.entry.due_date or made.entry.date, made.entry.date).isoformat()


@given(
    st.integers(1, 10**9),
    st.sampled_from(["sales_invoice", "purchase_credit_note"]),
    st.integers(1, 10**12),
    st.sampled_from(["", "-r1", "-v2", "-r12"]),
)
def test_the_key_comes_back_from_its_shape(account: int, kind: str, number: int, label: str) -> None:
    key = f"sellsy:{account}:{kind}:{number}{label}"
    origin = mapper.origin_of(key)
    assert origin.startswith("SELLSY-")
    assert mapper.posting_key_of(origin) == key


def test_a_key_of_somebody_else_is_no_key_of_ours() -> None:
    assert mapper.posting_key_of("QONTO-1-2") is None
    with pytest.raises(ValueError, match="not a posting key"):
        mapper.origin_of("4242:7")


def test_the_metadata_names_the_document_and_no_person() -> None:
    assert json.loads(body_of(request())["json"]) == {
        "number": "FAC-1",
        "piece_date": "2026-02-03",
        "posting_key": "sellsy:4242:sales_invoice:7",
    }


# -- what does not fit -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"journal": "XX"}, "diary_id", Reason.JOURNAL_MISSING),
        ({"piece": "FAC-1"}, "piece2", Reason.REFUSED_BY_TOOL),
        ({"piece": "X" * 26}, "piece2", Reason.REFUSED_BY_TOOL),
    ],
)
def test_what_does_not_fit_names_its_field(changes: dict[str, Any], field: str, reason: Reason) -> None:
    with pytest.raises(DocumentError) as refused:
        body_of(request(**changes))
    assert (refused.value.field, refused.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (EntryLine(account="706000", label="x" * 51, credit_cents=1, role=Role.NET), "label"),
        (EntryLine(account="706000", label=" ", credit_cents=1, role=Role.NET), "label"),
        (EntryLine(account="706000", label="x", credit_cents=-1, role=Role.NET), "debit"),
        (EntryLine(account="706000", label="x", credit_cents=1, debit_cents=1, role=Role.NET), "debit"),
        (EntryLine(account="999999", label="x", credit_cents=1, role=Role.NET), "account_id"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_before_it_is_sent(line: EntryLine, field: str) -> None:
    with pytest.raises(DocumentError) as refused:
        body_of(request(lines=(line,)))
    assert refused.value.field == field


# -- file names --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given_name", "sent_name"),
    [
        ("FAC-1.pdf", "FAC-1.pdf"),
        ("FAC-1.PDF", "FAC-1.pdf"),
        ("a/b\\c\n.pdf", "a-b-c.pdf"),
        ("", "FAC1.pdf"),
        ("...", "piece.pdf"),
        ("Facture très longue d'un fournisseur très bavard n° 2026-0001.pdf", None),
    ],
)
def test_a_file_name_fits_and_ends_in_pdf(given_name: str, sent_name: str | None) -> None:
    document = SupportingDocument(path="p", file_name=given_name, sha256="s", size_bytes=1)
    name = mapper.pdf_name(request(supporting_document=document))
    assert len(name) <= 50
    assert name.endswith(".pdf")
    if sent_name is None:
        assert name.endswith("2026-0001.pdf")
    else:
        assert name == sent_name


# -- third parties -----------------------------------------------------------------------------------------------
def party(**changes: Any) -> ThirdParty:
    return ThirdParty(**{"direction": Direction.SALES, "type": "company", "id": 1, "name": "Client X", **changes})


@pytest.mark.parametrize(
    ("changes", "siren"),
    [
        ({"siren": "732 829 320"}, "732829320"),
        ({"siret": "73282932000074"}, "732829320"),
        ({"vat_number": "FR 44 732829320"}, "732829320"),
        ({"siren": "732829321"}, ""),
        ({"vat_number": "DE136695976"}, ""),
        ({}, ""),
    ],
)
def test_only_a_valid_siren_is_sent(changes: dict[str, str], siren: str) -> None:
    body = mapper.account_body(party(**changes), "411CLIENTX")
    assert body["complementary_info"].get("siren", "") == siren


def test_an_account_body_leaves_out_what_is_not_known() -> None:
    address = Address(line="1 rue X\n2e étage", postal_code="69001", city="Lyon", country_code="fr")
    assert mapper.account_body(party(address=address, email="x@y.example"), "411CLIENTX") == {
        "account_number": "411CLIENTX",
        "label": "Client X",
        "complementary_info": {
            "name": "Client X",
            "email": "x@y.example",
            "address": "1 rue X 2e étage",
            "postal_code": "69001",
            "city": "Lyon",
            "country": "FRANCE",
        },
    }


# -- reading -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "is_party"),
    [
        ("411000", False),
        ("4110000000", False),
        ("411CLIENTX", True),
        ("4110000017", True),
        ("401DUPONT", True),
        ("418100", False),
        ("706000", False),
        ("411", False),
        ("", False),
    ],
)
def test_a_third_party_is_a_401_or_411_with_something_behind(number: str, is_party: bool) -> None:
    assert reading.is_third_party(number) is is_party


def test_a_vat_record_with_two_accounts_ties_none() -> None:
    """It serves sales and purchases: guessing one would put collected VAT on the deductible account."""
    raw = {
        "vat_param_id": 41,
        "code": "01",
        "account_ded": {"account_number": "445660"},
        "account_coll": {"account_number": "445712"},
        "vat": {"id": 4, "rate": 20},
        "vat_exigility": {"id": 1, "label": "Débit (facturation)"},
        "blocked": False,
    }
    both = reading.vat_code_of(raw)
    assert both is not None
    assert (both.direction, both.account, both.rate) == ("any", None, Decimal(20))
    assert "445712" in both.label
    collected = reading.vat_code_of({**raw, "account_ded": None})
    assert collected is not None
    assert (collected.direction, collected.account) == ("sales", "445712")
    assert reading.vat_code_of({**raw, "blocked": True}) is None


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [({}, True), ({"closed": True}, False), ({"blocked": True}, False), ({"diary_type_id": None}, False)],
)
def test_a_journal_takes_entries_only_when_it_can(changes: dict[str, Any], is_open: bool) -> None:
    raw = {"code": "02", "name": "VENTES", "diary_id": 31421, "diary_type_id": 2, "diary_type_code": "VTE", **changes}
    journal = reading.journal_of(raw)
    assert journal is not None
    assert (journal.open, journal.kind, journal.tool_id) == (is_open, "sales", "31421")


def test_years_come_with_dates_in_one_piece() -> None:
    year = reading.fiscal_year_of({"exercice_id": 1, "start_date": "20231001", "end_date": "20240930", "closed": True})
    assert year is not None
    assert (year.start, year.end, year.closed) == (dt.date(2023, 10, 1), dt.date(2024, 9, 30), True)
    assert reading.fiscal_year_of({"start_date": None, "end_date": "20240930"}) is None


@pytest.mark.parametrize("attachments", [None, "absent"])
def test_an_entry_that_does_not_speak_of_files_leaves_the_question_open(attachments: str | None) -> None:
    raw: dict[str, Any] = {"producerId": 1, "movements": [{"account": None, "value": None}]}
    if attachments is None:
        raw["attachments"] = None
    held = reading.posted_entry(raw, draft=True)
    assert held.pdf_present is None
    assert held.lines is not None
    assert held.lines[0].account == ""
