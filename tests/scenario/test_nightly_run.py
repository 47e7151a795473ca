"""A company's ordinary nights: what is accounted in Sellsy is in the books the next morning, with its PDF, once."""

from __future__ import annotations

import pytest
from tests.scenario.stage import line, paper

from sellsy_ledger.errors import AccessError
from sellsy_ledger.pipeline.proof import prove

CONSULTING = paper("S1", line("Conseil", "100.00"), line("Livre", "50.00", "10.00"))
RETURN = paper("S2", line("Retour de livre", "30.00"), type="credit_note")
PAPER = paper("P1", line("Papier", "80.00"))


def test_everything_accounted_is_booked_the_first_night_and_nothing_the_second(story):
    stage = story(CONSULTING, RETURN, purchases=[PAPER])
    report = stage.night(check=True)
    assert report.all_states == {stage.state_after_a_night: report.read}
    assert report.debit_cents == report.credit_cents
    assert stage.problems_with_the_books() == []
    calls = stage.sandbox.calls()
    stage.tomorrow()
    assert stage.night(check=True) is None
    asked = sum(stage.sandbox.calls()["sellsy"].values()) - sum(calls["sellsy"].values())
    assert asked <= 5, "an idle night is nearly free"
    assert stage.sandbox.calls()[stage.tool] == calls[stage.tool]


def test_an_invoice_accounted_months_later_goes_the_next_night(story):
    stage = story(CONSULTING, RETURN, purchases=[PAPER])
    (late,) = [one for one in stage.documents() if one["number"] == "F-2026-0001"]
    stage.change(late, accounted=False)
    stage.night()
    before = len(stage.entries())
    stage.change(late, accounted=True)
    stage.tomorrow()
    report = stage.night()
    assert (report.new, len(stage.entries())) == (1, before + 1)
    assert stage.problems_with_the_books() == []


def test_an_invoice_whose_pdf_is_missing_waits_and_goes_when_it_appears(story):
    stage = story(CONSULTING, keep=("F-2025-0001",))
    (document,) = stage.documents()
    stage.change(document, pdf="html")
    report = stage.night()
    assert report.reasons == {"supporting_document_missing": 1}
    assert stage.entries() == []
    stage.change(document, pdf="pdf")
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


def test_a_credit_note_swaps_the_sides_and_holds_no_negative_amount(story):
    stage = story(CONSULTING, RETURN, keep=("A-2026-0001",))
    stage.night()
    assert stage.problems_with_the_books() == []
    (entry,) = stage.entries()
    assert all(one["debit_cents"] >= 0 and one["credit_cents"] >= 0 for one in entry["lines"])
    (customer,) = [one for one in entry["lines"] if one["account"].startswith("411")]
    assert (customer["debit_cents"], customer["credit_cents"]) == (0, 3600)


def test_a_month_that_was_synchronised_is_proved(story):
    stage = story(CONSULTING, RETURN, keep=("F-2025-0001", "A-2026-0001"))
    if not stage.kit.capabilities.read_back:
        pytest.skip("nothing can be read back: no proof")
    stage.night()
    october, november = (prove(stage.company(), month) for month in ("2025-10", "2026-11"))
    assert (october.level, november.level) == ("proved", "proved")
    assert november.sellsy.gross_cents == -3600


def test_an_invoice_that_changes_after_posting_is_told_and_not_posted_again(story):
    stage = story(CONSULTING, keep=("F-2025-0001",))
    stage.night()
    (document,) = stage.documents()
    stage.change(document, net="999.00")
    stage.tomorrow()
    stage.night()
    assert stage.story("F-2025-0001") == "changed_after_posting"
    assert len(stage.entries()) == 1


def test_drafts_wait_in_the_tool_for_the_accountant(story):
    stage = story(CONSULTING, keep=("F-2025-0001",))
    if not stage.kit.capabilities.draft:
        pytest.skip("the tool knows no drafts")
    stage.settings = stage.settings.model_copy(update={"posting": "draft"})
    stage.night()
    assert stage.story("F-2025-0001") == stage.state_after_a_night
    assert [entry["draft"] for entry in stage.entries()] == [True]


@pytest.mark.parametrize("side", ["sellsy", "tool"])
def test_a_wrong_secret_stops_the_company_before_anything_is_written(story, side):
    stage = story(CONSULTING)
    if side == "sellsy":
        stage.secret = "s3cret-typo"
    else:
        if not stage.kit.wrong_secrets:
            pytest.skip("there are no credentials")
        stage.tool_secrets = stage.kit.wrong_secrets
    with pytest.raises(AccessError) as refused:
        stage.night(check=True)
    wrong = {stage.secret, *stage.kit.wrong_secrets.values()} - set(stage.kit.secrets.values())
    assert [secret for secret in wrong if secret in str(refused.value)] == []
    assert stage.entries() == []


def test_a_secret_revoked_between_two_nights_stops_the_company_and_loses_nothing(story):
    stage = story(CONSULTING, RETURN)
    if not stage.kit.wrong_secrets:
        pytest.skip("there are no credentials")
    (late,) = [one for one in stage.documents() if one["number"] == "A-2026-0001"]
    stage.change(late, accounted=False)
    stage.night(check=True)
    stage.change(late, accounted=True)
    secrets, stage.tool_secrets = stage.tool_secrets, stage.kit.wrong_secrets
    stage.tomorrow()
    with pytest.raises(AccessError):
        stage.night(check=True)
    stage.tool_secrets = secrets
    stage.night(check=True)
    assert stage.problems_with_the_books() == []
