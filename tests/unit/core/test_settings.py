"""Settings: what is refused, by which field, and what is only warned about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.core.capabilities import VatSupport
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.settings import (
    Scope,
    check_against,
    load_companies,
    load_settings,
    settings_warnings,
)
from sellsy_ledger.errors import ConfigurationError
from tests.unit.core.builders import capabilities, settings, settings_data

EXAMPLE = {
    "company": "atelier",
    "name": "Atelier Exemple SARL",
    "tool": "outil",
    "sellsy_conn_id": "sellsy__atelier",
    "tool_conn_id": "outil__atelier",
    "start_date": "2026-01-01",
    "schedule": "0 2 * * *",
    "scope": "sales_and_purchases",
    "posting": "posted",
    "without_supporting_document": "wait",
    "label_style": "third_party_then_description",
    "closed_period": "refuse",
    "approval": "none",
    "rounding_rule": "by_side",
    "rounding_cap_cents": 10,
    "mappings": {
        "vat": [
            {
                "direction": "sales",
                "sellsy_tax_id": 911,
                "rate": "20",
                "category": "S",
                "due_on": "any",
                "vat_code": "C20",
                "account": "445710",
                "reverse_charge_account": None,
            }
        ],
        "rounding_vat_codes": {"sales": "C0", "purchases": "D0"},
        "journals": {"sales": "VE", "purchases": "AC"},
        "accounts": {
            "sales_default": "706000",
            "purchases_default": "607000",
            "customers_control": "411000",
            "suppliers_control": "401000",
            "rounding_credit": "758000",
            "rounding_debit": "658000",
            "deposits": "419100",
        },
        "account_overrides": {"7061": "706100"},
    },
}


def refusal(data: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(data, where="S.json")
    assert "S.json" in str(refused.value)
    return refused.value


def test_the_contract_s_example_is_read_from_text_and_from_objects() -> None:
    assert load_settings(json.dumps(EXAMPLE), where="S.json") == load_settings(EXAMPLE, where="S.json")


def test_scopes_cover_their_directions() -> None:
    assert Scope.SALES.directions == (Direction.SALES,)
    assert Scope.SALES_AND_PURCHASES.directions == (Direction.SALES, Direction.PURCHASES)


@pytest.mark.parametrize(
    ("scope", "section", "field"),
    [
        ("sales", "journals", "sales"),
        ("sales", "accounts", "customers_control"),
        ("sales", "accounts", "sales_default"),
        ("purchases", "journals", "purchases"),
        ("purchases", "accounts", "suppliers_control"),
        ("sales_and_purchases", "accounts", "purchases_default"),
    ],
)
def test_what_the_scope_needs_is_named(scope: str, section: str, field: str) -> None:
    error = refusal(settings_data(scope=scope, **{section: {field: None}}))
    assert error.field == f"mappings.{section}.{field}"
    assert f"mappings.{section}.{field}" in str(error)
    assert "narrow the scope" in str(error)


def test_what_the_scope_leaves_out_is_not_asked_for() -> None:
    assert settings(scope="sales", journals={"purchases": None}, accounts={"suppliers_control": None})


def test_every_wrong_field_is_named_and_no_value_repeated() -> None:
    secret = "hunter2-secret-token"
    error = refusal(settings_data(posting=secret, unknown=secret, vat=[{"direction": "sales", "rate": 20.0}]))
    for field in ("posting", "unknown", "mappings.vat[0].rate"):
        assert field in str(error)
        assert error.field is not None
        assert field in error.field
    assert "write the rate as text" in str(error)
    assert secret not in str(error)


@pytest.mark.parametrize("text", ["{", "[1", ""])
def test_text_that_is_no_json_names_its_line(text: str) -> None:
    assert "line 1" in str(refusal(text))


@pytest.mark.parametrize("data", ["[]", "null", "3", [], None])
def test_json_that_is_no_object_is_refused(data: Any) -> None:
    assert "settings" in str(refusal(data))


def test_two_lines_for_one_tax_that_contradict_each_other_are_refused() -> None:
    line = {"direction": "sales", "rate": "20", "vat_code": "C20", "account": "44571"}
    assert settings(vat=[line, line | {"rate": "20.00"}])
    error = refusal(settings_data(vat=[line, line | {"account": "44574"}]))
    assert error.field == "mappings.vat[1]"
    assert "mappings.vat[0]" in str(error)


def test_drafts_are_refused_where_the_tool_has_none() -> None:
    drafting = settings(posting="draft")
    assert check_against(drafting, capabilities()) == []
    (problem,) = check_against(drafting, capabilities(draft=False))
    assert problem.startswith("posting :")
    assert "« posted »" in problem


def test_what_the_tool_cannot_hold_is_named() -> None:
    long = settings(journals={"sales": "VENTES"}, accounts={"sales_default": "7060000000"})
    problems = check_against(long, capabilities(journal_max=4, account_max=8))
    assert [problem.split(" :")[0] for problem in problems] == [
        "mappings.journals.sales",
        "mappings.accounts.sales_default",
    ]


def test_a_tool_of_codes_wants_one_on_every_line() -> None:
    codeless = settings(vat=[{"direction": "sales", "rate": "20", "account": "44571"}])
    assert [p.split(" :")[0] for p in check_against(codeless, capabilities())] == ["mappings.vat[0].vat_code"]
    assert check_against(codeless, capabilities(vat=VatSupport.ACCOUNT_ONLY)) == []
    elsewhere = settings(scope="purchases", vat=[{"direction": "sales", "rate": "20", "account": "44571"}])
    assert check_against(elsewhere, capabilities()) == []


def test_a_reverse_charge_wants_its_account_where_the_tool_makes_no_pair() -> None:
    half = settings(vat=[{"direction": "purchases", "category": "AE", "vat_code": "D", "account": "44566"}])
    (problem,) = check_against(half, capabilities())
    assert problem.startswith("mappings.vat[0].reverse_charge_account")
    assert check_against(half, capabilities(computes_vat=True)) == []


def test_common_wrong_accounts_are_warned_about() -> None:
    line = {"direction": "sales", "rate": "20", "vat_code": "C20", "account": "445870"}
    bought = {"direction": "purchases", "rate": "20", "vat_code": "D20", "account": "44586"}
    odd = settings(vat=[line, bought], accounts={"rounding_credit": "658000", "rounding_debit": "758000"})
    warnings = settings_warnings(odd)
    assert [warning.split(" :")[0] for warning in warnings] == [
        "mappings.vat[0].account",
        "mappings.vat[1].account",
        "mappings.accounts.rounding_credit",
        "mappings.accounts.rounding_debit",
    ]
    assert "44574" in warnings[0]
    assert "44564" in warnings[1]
    assert settings_warnings(settings()) == []


@pytest.mark.parametrize("asking", [{"approval": "first_run"}, {"approval": "every_run"}, {"closed_period": "ask"}])
def test_a_question_that_may_outlast_the_day_is_warned_about(asking: dict[str, str]) -> None:
    assert settings_warnings(settings(**asking)) == []
    assert settings_warnings(settings(**asking, approval_hours=23)) == []
    assert settings_warnings(settings(**asking, approval_hours=24))[0].startswith("approval_hours :")
    assert settings_warnings(settings(approval_hours=720)) == []


@pytest.mark.parametrize("hours", [0, -1, 721, "bientôt", None, 2.5])
def test_a_question_waits_for_a_number_of_hours(hours: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(approval_hours=hours)
    assert caught.value.field == "approval_hours"


def test_one_wrong_company_hurts_no_other() -> None:
    entry = {"company": "b", "name": "B", "tool": "outil", "start_date": "2026-01-01"}
    good, bad = load_companies([entry, {"company": "a"}, entry, 5, entry | {"company": "a"}], where="companies")
    assert [company.company for company in good] == ["a", "b"]
    assert set(bad) == {"a", "b_2", "company_3"}
    assert "name" in bad["a"]
    assert "twice" in bad["b_2"]


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="JSON list"):
        load_companies("{}", where="companies")


@pytest.mark.parametrize("word", ["posted", "draft", "document_only", "panier", "pia"])
def test_every_word_of_the_posting_modes_is_read(word: str) -> None:
    read = load_settings(settings_data(posting=word), where="S.json")
    assert read.document_only is (word not in ("posted", "draft"))


@pytest.mark.parametrize(
    ("own_word", "posting", "accepted"),
    [
        ("panier", "panier", True),
        ("panier", "document_only", True),
        ("panier", "pia", False),
        ("pia", "panier", False),
        ("document_only", "document_only", True),
        (None, "document_only", False),
        (None, "panier", False),
        (None, "posted", True),
    ],
)
def test_a_mode_that_the_tool_does_not_know_is_refused(own_word: str | None, posting: str, accepted: bool) -> None:
    able = capabilities(document_only=own_word)
    problems = check_against(load_settings(settings_data(posting=posting), where="S.json"), able)
    assert [problem.split(" :")[0] for problem in problems] == ([] if accepted else ["posting"])
    if own_word and not accepted:
        assert f"« {own_word} »" in problems[0]


def test_handing_over_the_pdf_alone_needs_no_mapping() -> None:
    bare = {name: value for name, value in settings_data(posting="pia").items() if name != "mappings"}
    assert load_settings(bare, where="S.json").document_only
    assert refusal({**bare, "posting": "posted"}).field == "mappings"


def test_a_mapping_that_would_be_missing_is_no_problem_where_no_entry_is_made() -> None:
    able = capabilities(document_only="pia", vat=VatSupport.CODE_PER_LINE)
    codeless = settings_data(posting="pia")
    codeless["mappings"]["vat"] = [{"direction": "sales", "rate": "20", "account": "445710"}]
    assert check_against(load_settings(codeless, where="S.json"), able) == []
