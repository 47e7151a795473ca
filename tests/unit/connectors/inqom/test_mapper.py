"""Entry → payload: exact amounts, sides kept, no line of nothing, nothing that changes between two tries."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.inqom import fec_route, mapper
from sellsy_ledger.connectors.inqom.options import Options
from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.entries import EntryLine, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import ConfigurationError, DocumentError
from tests.unit.connectors.inqom.builders import LEDGER, SALE, purchase, request, requests, with_pdf

INDEX = LedgerIndex(LEDGER)
GOLDEN = Path(__file__).parents[3] / "golden" / "connectors" / "inqom"
OPTIONS = Options(dossier_id=90210, documents_url="https://api.inqom.com")


def as_sent(body: Any) -> Any:
    """The body as it stands on the wire, with exact numbers."""
    return json.loads(msgspec.json.Encoder(decimal_format="number").encode(body), parse_float=Decimal)


# -- what an accountant can read -------------------------------------------------------------------------------
CASES = {
    "sale_with_pdf": with_pdf(request()),
    "sale_without_pdf": request(),
    "purchase_reverse_charge": with_pdf(purchase()),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_payload_is_the_one_that_was_read_and_approved(name: str) -> None:
    made = CASES[name]
    body = mapper.entry_body(made, INDEX, mapper.pdf_seal(made.pdf) if made.pdf else None)
    text = msgspec.json.format(msgspec.json.Encoder(decimal_format="number").encode(body), indent=2).decode() + "\n"
    assert text == (GOLDEN / f"{name}.json").read_text("utf-8")


@pytest.mark.parametrize("column", ["account", "auxiliary"])
def test_the_fec_is_the_one_that_was_read_and_approved(column: str) -> None:
    options = msgspec.structs.replace(OPTIONS, third_party_column=column)
    text = fec_route.fec_text(with_pdf(purchase()), INDEX, options)
    assert text == (GOLDEN / f"purchase_{column}.fec.txt").read_bytes()


# -- properties ------------------------------------------------------------------------------------------------
@given(made=requests())
def test_every_payload_balances_to_the_cent_and_keeps_the_sides(made: PostingRequest) -> None:
    lines = as_sent(mapper.entry_body(made, INDEX, mapper.pdf_seal(made.pdf) if made.pdf else None))["Lines"]
    sides = [(Decimal(line["DebitAmount"]) * 100, Decimal(line["CreditAmount"]) * 100) for line in lines]
    assert sides == [(line.debit_cents, line.credit_cents) for line in made.entry.lines]
    assert sum(debit for debit, _ in sides) == sum(credit for _, credit in sides)
    assert all(bool(debit) is not bool(credit) for debit, credit in sides)


@given(made=requests())
def test_the_fec_says_the_same_amounts(made: PostingRequest) -> None:
    rows = fec_route.fec_text(made, INDEX, OPTIONS).decode("ascii").splitlines()
    cells = [row.split("\t") for row in rows[1:]]
    amounts = [tuple(int(cell.replace(",", "")) for cell in row[11:13]) for row in cells]
    assert amounts == [(line.debit_cents, line.credit_cents) for line in made.entry.lines]
    assert {len(row) for row in cells} == {18}


@given(made=requests())
def test_a_payload_is_stable_and_holds_no_bytes(made: PostingRequest) -> None:
    seal = mapper.pdf_seal(made.pdf) if made.pdf else None
    assert mapper.entry_body(made, INDEX, seal) == mapper.entry_body(made, INDEX, seal)
    assert b"%PDF" not in msgspec.json.encode(mapper.entry_body(made, INDEX, seal))


# -- single facts ------------------------------------------------------------------------------------------------
def test_lines_of_nothing_are_not_sent() -> None:
    nothing = EntryLine(account="758000", label="x", role=Role.ROUNDING)
    body = mapper.entry_body(request(lines=(*SALE, nothing)), INDEX)
    assert len(body["Lines"]) == 3


def test_only_an_entry_without_pdf_is_marked_by_its_number() -> None:
    assert mapper.entry_body(request(), INDEX)["Lines"][0]["Label"] == "Exemple [FAC-1]"
    labels = [line["Label"] for line in mapper.entry_body(with_pdf(request()), INDEX, 1)["Lines"]]
    assert labels == ["Exemple", "Conseil", "Exemple"]


def test_a_correction_is_marked_by_its_number_and_label_whatever_its_pdf() -> None:
    version = request(posting_key="sellsy:4242:sales_invoice:7-v2")
    for body in (mapper.entry_body(version, INDEX), mapper.entry_body(with_pdf(version), INDEX, 1)):
        assert body["Lines"][0]["Label"] == "Exemple [FAC-1-v2]"
        assert body["Document"]["Reference"] == "FAC-1"


def test_a_mark_outlives_the_longest_label_and_its_transliteration() -> None:
    lines = (msgspec.structs.replace(SALE[0], label="œ" * 200), *SALE[1:])
    for charset in ("unicode", "ascii"):
        label = mapper.marked_lines(request(lines=lines).entry, "[FAC-1]", charset)[0].label
        assert label.endswith(" [FAC-1]")
        assert len(label) <= 256


def test_a_long_number_keeps_its_end() -> None:
    made = request(number="A" * 300 + "0042")
    reference = mapper.entry_body(made, INDEX)["Document"]["Reference"]
    assert len(reference) == 256
    assert reference.endswith("0042")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"journal": "ZZ"}, Reason.JOURNAL_MISSING),
        ({"lines": (SALE[0], msgspec.structs.replace(SALE[1], account="799999"), SALE[2])}, Reason.ACCOUNT_UNKNOWN),
        ({"lines": SALE[:2]}, Reason.AMOUNTS_DO_NOT_CLOSE),
        ({"lines": ()}, Reason.AMOUNTS_DO_NOT_CLOSE),
        ({"lines": (msgspec.structs.replace(SALE[0], credit_cents=1), *SALE[1:])}, Reason.REFUSED_BY_TOOL),
        ({"lines": (msgspec.structs.replace(SALE[0], debit_cents=-12005), *SALE[1:])}, Reason.REFUSED_BY_TOOL),
        ({"lines": (msgspec.structs.replace(SALE[0], label=" \n"), *SALE[1:])}, Reason.REFUSED_BY_TOOL),
    ],
)
def test_what_cannot_be_booked_is_refused_before_anything_is_sent(changes: dict[str, Any], reason: Reason) -> None:
    for build in (mapper.entry_body, lambda made, index: fec_route.fec_text(made, index, OPTIONS)):
        with pytest.raises(DocumentError) as refused:
            build(request(**changes), INDEX)
        assert refused.value.reason is reason
        assert refused.value.facts["detail"]


def test_an_account_goes_in_the_folder_s_own_form() -> None:
    lines = (SALE[0], msgspec.structs.replace(SALE[1], account="706"), SALE[2])
    assert mapper.entry_body(request(lines=lines), INDEX)["Lines"][1]["AccountNumber"] == "706000"


@pytest.mark.parametrize(
    ("asked", "forms"),
    [
        ("411DUPONT", {"411DUPONT", "4111DUPONT"}),
        ("4111DUPONT", {"411DUPONT", "4111DUPONT", "41111DUPONT"}),
        ("401PAPIER", {"401PAPIER", "4011PAPIER"}),
        ("4111", {"4111", "41111"}),
        ("706000", {"706000"}),
    ],
)
def test_the_forms_of_a_third_party_s_account(asked: str, forms: set[str]) -> None:
    assert set(mapper.account_forms(asked)) == forms


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("FAC-1", "fac-1", True),
        ("Fac é 1", "FAC E1", True),
        ("FAC-1", "FAC-10", False),
        ("FAC-1", "", False),
        ("FAC-1", None, False),
    ],
)
def test_references_are_compared_as_inqom_may_write_them(ours: str, theirs: str | None, same: bool) -> None:
    assert mapper.same_reference(ours, theirs) is same


@pytest.mark.parametrize(
    ("given", "name"), [("a/b\\c.PDF", "a-b-c.pdf"), ("", "F-1.pdf"), ("x" * 300, "x" * 251 + ".pdf")]
)
def test_a_file_has_a_usable_name(given: str, name: str) -> None:
    document = with_pdf(request()).supporting_document
    assert document
    assert mapper.file_name(msgspec.structs.replace(document, file_name=given), "F/1") == name


def test_a_document_of_our_own_entry_never_starts_inqom_s_workflow() -> None:
    assert mapper.deposit_fields("k", "r", "Client", "n.pdf", without_workflow=True)["WithoutWorkflow"] == "true"
    assert {mapper.type_scan(kind) for kind in Kind} == {"Client", "Supplier"}


def test_the_year_is_never_replaced() -> None:
    """The word that wipes a year is nowhere in what runs."""
    folder = Path(fec_route.__file__).parent
    code = [line for file in folder.glob("*.py") for line in file.read_text("utf-8").splitlines()]
    assert [line for line in code if "ReplaceAll" in line and not line.strip().startswith("#")] == []
    assert fec_route.fec_payload(request(), INDEX, OPTIONS)["operationType"] == "KeepExisting"
    assert "operationType" not in fec_route.operation_fields(request(), INDEX, OPTIONS)


def test_a_folder_of_months_cannot_take_a_fec() -> None:
    years = tuple(msgspec.structs.replace(year, tool_id="") for year in LEDGER.fiscal_years)
    with pytest.raises(ConfigurationError) as wrong:
        fec_route.operation_fields(request(), LedgerIndex(msgspec.structs.replace(LEDGER, fiscal_years=years)), OPTIONS)
    assert wrong.value.field == "route"
