"""An entry becomes ACD's JSON: balanced, in cents, with the mark where it can be found again."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.acd import mapper
from sellsy_ledger.connectors.acd.fec import MARK
from sellsy_ledger.connectors.acd.settings import AcdSettings
from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from tests.unit.connectors.acd.builders import (
    DAY,
    KEY,
    LEDGER,
    SETTINGS,
    as_sent,
    credit_note,
    line,
    request,
    requests,
    with_pdf,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "connectors" / "acd"
INDEX = LedgerIndex(LEDGER)


def body_of(made: PostingRequest, settings: AcdSettings = SETTINGS) -> dict[str, object]:
    reference = mapper.pdf_seal(made.pdf) if made.pdf is not None else None
    found: dict[str, object] = as_sent(mapper.entry_body(made, INDEX, settings, reference=reference))
    return found


@pytest.mark.parametrize(("name", "made"), [("sale", with_pdf(request())), ("credit_note", credit_note())])
def test_a_payload_is_what_an_accountant_would_read(name: str, made: PostingRequest) -> None:
    expected = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"), parse_float=Decimal)
    assert body_of(made) == expected


@given(made=requests())
def test_every_entry_balances_and_carries_its_mark_once(made: PostingRequest) -> None:
    body = mapper.entry_body(made, INDEX, SETTINGS, reference=None)
    lines = body["LignesEcriture"]
    assert sum(each["Debit"] for each in lines) == sum(each["Credit"] for each in lines)
    assert sum(each["Debit"] for each in lines) * 100 == made.entry.debit_cents
    assert all((each["Debit"] > 0) is not (each["Credit"] > 0) for each in lines)
    assert all(len(each["Libelle"]) <= 50 for each in lines)
    assert (body["Annee"], body["Mois"]) == (made.entry.date.year, made.entry.date.month)
    assert {each["Jour"] for each in lines} == {made.entry.date.day}
    assert lines[0]["Libelle"].endswith(f" #{mapper.mark_of(made.posting_key)}")
    found = MARK.search(lines[0]["Libelle"])
    assert found is not None
    assert found[1] == mapper.mark_of(made.posting_key)


@given(made=requests())
def test_amounts_are_written_exactly_with_two_decimals(made: PostingRequest) -> None:
    wire = json.dumps(as_sent(mapper.entry_body(made, INDEX, SETTINGS, reference=None)), default=str)
    amounts = re.findall(r'"(?:Debit|Credit)": "([^"]*)"', wire)
    assert amounts
    assert all(re.fullmatch(r"\d+\.\d\d", amount) for amount in amounts)


@given(left=st.integers(1, 10**12), right=st.integers(1, 10**12))
def test_a_mark_is_stable_short_and_its_own(left: int, right: int) -> None:
    one, other = (mapper.mark_of(f"sellsy:1:sales_invoice:{number}") for number in (left, right))
    assert (one == other) is (left == right)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{8}", one)


def test_twenty_thousand_documents_have_twenty_thousand_marks() -> None:
    marks = {mapper.mark_of(f"sellsy:4242:sales_invoice:{number}") for number in range(20_000)}
    assert len(marks) == 20_000


def test_a_long_third_party_label_gives_way_to_the_mark_and_the_others_stay_whole() -> None:
    long = "x" * 50
    made = request(
        lines=tuple(
            line(each.account, each.debit_cents, each.credit_cents, each.role, label=long)
            for each in request().entry.lines
        )
    )
    first, *others = mapper.entry_body(made, INDEX, SETTINGS, reference=None)["LignesEcriture"]
    assert first["Libelle"] == f"{'x' * 40} #{mapper.mark_of(KEY)}"
    assert {each["Libelle"] for each in others} == {long}


def test_the_invoice_number_goes_only_where_the_journal_takes_it() -> None:
    def numbers(made: PostingRequest, choice: str) -> set[object]:
        settings = AcdSettings.from_options({"code_dossier": "D", "send_invoice_number": choice})
        lines = mapper.entry_body(made, INDEX, settings, reference=None)["LignesEcriture"]
        return {each.get("NumeroFacture") for each in lines}

    assert numbers(request(), "auto") == {"FAC-1"}
    assert numbers(credit_note(), "auto") == {None}
    assert numbers(request(), "never") == {None}
    assert numbers(credit_note(), "always") == {"AV-9"}
    body = mapper.entry_body(request(), INDEX, SETTINGS, reference="1")
    without = mapper.without_invoice_number(body)
    assert without is not None
    assert all("NumeroFacture" not in each for each in without["LignesEcriture"])
    assert mapper.without_invoice_number(without) is None


def test_the_due_date_goes_into_the_field_that_the_connection_names() -> None:
    settings = AcdSettings.from_options({"code_dossier": "D", "extra_line_fields": '{"DateEcheance": "due_date"}'})
    with_due = request(due_date=DAY.replace(day=28))
    first, *others = mapper.entry_body(with_due, INDEX, settings, reference=None)["LignesEcriture"]
    assert first["DateEcheance"] == "2026-02-28"
    assert all("DateEcheance" not in each for each in others)
    assert all("DateEcheance" not in each for each in body_of(request(), settings)["LignesEcriture"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("length", "account", "sent"),
    [
        ("", "706000", "706000"),
        ("", "706", "706000"),
        ("", "70600000", "706000"),
        ("8", "706000", "70600000"),
        ("4", "706000", "7060"),
        ("3", "706000", "706"),
    ],
)
def test_a_general_account_takes_the_dossiers_form_or_the_options_length(length: str, account: str, sent: str) -> None:
    settings = AcdSettings.from_options({"code_dossier": "D", "account_length": length})
    lines = (line("411000", 100, 0, Role.THIRD_PARTY, auxiliary_account="CEXEMPLE"), line(account, 0, 100))
    body = mapper.entry_body(request(lines=lines), INDEX, settings, reference=None)
    assert [each["Compte"] for each in body["LignesEcriture"]] == ["CEXEMPLE", sent]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"journal": "ZZ"}, Reason.JOURNAL_MISSING),
        ({"lines": (line("799999", 1, 0), line("706000", 0, 1))}, Reason.ACCOUNT_UNKNOWN),
        ({"lines": (line("411000", 1, 0, auxiliary_account="C" * 14), line("706000", 0, 1))}, Reason.ACCOUNT_UNKNOWN),
        ({"lines": (line("411000", 1, 0, auxiliary_account=""), line("706000", 0, 1))}, Reason.ACCOUNT_UNKNOWN),
        ({"lines": (line("706000", 1, 1),)}, Reason.REFUSED_BY_TOOL),
        ({"lines": (line("706000", -1, 0),)}, Reason.REFUSED_BY_TOOL),
        ({"lines": (line("706000", 0, 0),)}, Reason.REFUSED_BY_TOOL),
        ({"lines": (line("706000", 1, 0, label=" "),)}, Reason.REFUSED_BY_TOOL),
        ({"lines": (line("706000", 1, 0, label="x" * 51),)}, Reason.REFUSED_BY_TOOL),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(changes: dict[str, object], reason: Reason) -> None:
    with pytest.raises(DocumentError) as refused:
        mapper.entry_body(request(**changes), INDEX, SETTINGS, reference=None)
    assert refused.value.reason is reason
    assert refused.value.facts["detail"]
    assert refused.value.field


def test_an_account_that_loses_digits_in_the_options_length_is_refused() -> None:
    settings = AcdSettings.from_options({"code_dossier": "D", "account_length": "4"})
    lines = (line("411000", 1, 0, Role.THIRD_PARTY, auxiliary_account="CEXEMPLE"), line("445710", 0, 1))
    with pytest.raises(DocumentError) as refused:
        mapper.entry_body(request(lines=lines), INDEX, settings, reference=None)
    assert refused.value.reason is Reason.ACCOUNT_UNKNOWN


@given(stem=st.text(max_size=120))
def test_a_file_name_is_plain_short_and_ends_with_the_mark(stem: str) -> None:
    name = mapper.file_name(stem, KEY)
    assert re.fullmatch(r"[A-Za-z0-9-]{1,60}-[0-9A-Z]{8}\.pdf", name)
    assert name.endswith(f"-{mapper.mark_of(KEY)}.pdf")


def test_a_file_name_keeps_the_documents_number() -> None:
    assert mapper.file_name("Facture n° F/2026-12.PDF", KEY) == f"Facture-ndeg-F-2026-12-{mapper.mark_of(KEY)}.pdf"
