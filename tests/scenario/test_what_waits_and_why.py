"""Documents that may not go: each waits with its own reason, the others go on, and each goes once the cause is gone."""

from __future__ import annotations

import tracemalloc

import pytest
from tests.scenario.stage import line, paper

from sellsy_ledger.core.outcomes import Reason

CONSULTING = paper("S1", line("Conseil", "100.00"))
RENT = paper("S2", line("Loyer", "900.00"))


def with_mappings(stage, **changes):
    settings = stage.settings.model_dump(mode="json")
    settings["mappings"].update(changes)
    stage.settings = type(stage.settings).model_validate(settings)


def test_an_unmapped_vat_waits_until_the_accountant_maps_it(story):
    stage = story(CONSULTING, paper("S2", line("Livre", "50.00", "5.50")), keep=("F-2025-0001", "F-2026-0001"))
    whole = stage.settings.model_dump(mode="json")["mappings"]["vat"]
    with_mappings(stage, vat=[one for one in whole if one["rate"] != "5.5"])
    stage.night()
    waiting = [record for record in stage.records() if record.reason is Reason.VAT_CODE_UNMAPPED]
    assert len(waiting) == 1
    assert "5,5 %" in waiting[0].detail
    assert len(stage.entries()) == 1
    with_mappings(stage, vat=whole)
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


@pytest.mark.parametrize("policy", ["refuse", "first_open_day", "ask"])
def test_a_closed_period_follows_the_policy_of_the_company(story, policy):
    """Books of 2025 are closed; the invoice is dated 1 October 2025."""
    stage = story(CONSULTING, keep=("F-2025-0001",), closed_period=policy)
    if not stage.company().connector.read_ledger().fiscal_years:
        pytest.skip("nobody tells the fiscal years: the tool itself refuses")
    for year in stage.sandbox.world.fiscal_years:
        year["closed"] = year["start"].startswith("2025")
    stage.sandbox.reset()
    stage.keep_only("F-2025-0001")
    stage.night()
    if policy == "first_open_day":
        assert stage.story("F-2025-0001") == stage.state_after_a_night
        assert [entry["date"] for entry in stage.entries()] == ["2026-01-01"]
        assert str(stage.record("F-2025-0001").entry.piece_date) == "2025-10-01"
        return
    assert stage.record("F-2025-0001").state == "waiting"
    assert stage.entries() == []
    for year in stage.sandbox.world.fiscal_years:
        year["closed"] = False
    stage.sandbox.reset()
    stage.keep_only("F-2025-0001")
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


def test_a_document_in_another_currency_is_parked_and_the_others_go(story):
    stage = story(paper("S1", line("Design", "100.00"), currency="USD"), RENT, keep=("F-2025-0001", "F-2026-0001"))
    stage.night()
    parked = [record for record in stage.records() if record.state == "waiting"]
    assert [(record.reason, record.detail) for record in parked] == [(Reason.CURRENCY_NOT_SUPPORTED, "USD")]
    assert len(stage.entries()) == 1


def test_an_invoice_of_three_thousand_rows_is_one_short_entry(story):
    rows = [line(f"Article {number}", "0.33") for number in range(3000)]
    stage = story(paper("S1", *rows), keep=("F-2025-0001",))
    stage.night()
    assert stage.problems_with_the_books() == []
    (entry,) = stage.entries()
    assert sum(one["credit_cents"] for one in entry["lines"]) == stage.documents()[0]["gross_cents"]
    assert len(entry["lines"]) < 20


def test_a_pdf_of_200_mb_is_refused_without_filling_the_memory(story):
    stage = story(CONSULTING, RENT, keep=("F-2025-0001", "F-2026-0001"))
    stage.sandbox.faults(
        [{"tool": "sellsy", "route": route, "nth": 1, "kind": "huge"} for route in ("GET /", "GET /file/")]
    )
    company = stage.company()
    tracemalloc.start()
    try:
        stage.prepare(company)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150 * 1024 * 1024
    states = sorted(str(record.state) for record in stage.records())
    assert "waiting" in states
    assert "ready" in states
    (waiting,) = [record for record in stage.records() if record.reason is Reason.SUPPORTING_DOCUMENT_MISSING]
    assert "le fichier dépasse 50 Mo" in waiting.detail
    stage.register.free_lease("atelier", holder=company.run_id)
    stage.tomorrow()
    stage.night()
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


def test_an_account_that_the_ledger_has_not_waits_until_the_mapping_names_another(story):
    """Neither the mapped account nor the default exists: nothing is guessed."""
    stage = story(CONSULTING, keep=("F-2025-0001",))
    if stage.company().connector.read_ledger().unlisted:
        pytest.skip("the accounts cannot be listed: the settings are trusted")
    whole = stage.settings.model_dump(mode="json")["mappings"]
    with_mappings(
        stage, accounts={**whole["accounts"], "sales_default": "799999"}, account_overrides={"707000": "799998"}
    )
    stage.night()
    record = stage.record("F-2025-0001")
    assert (record.state, record.reason) == ("waiting", Reason.ACCOUNT_UNKNOWN)
    assert "799999" in record.detail
    assert stage.entries() == []
    with_mappings(stage, accounts=whole["accounts"], account_overrides={})
    stage.tomorrow()
    stage.night()
    assert stage.story("F-2025-0001") == stage.state_after_a_night
    assert stage.problems_with_the_books() == []


def test_strange_texts_reach_the_books_as_plain_text(story):
    strange = paper("S1", line("Ligne 1\nLigne 2\t\x07 🙂 œuvre", "100.00"))
    stage = story(strange, keep=("F-2025-0001",), label_style="third_party_and_description")
    stage.night()
    assert stage.problems_with_the_books() == []
    labels = [one["label"] for one in stage.entries()[0]["lines"]]
    assert all(label and label.isprintable() for label in labels)
