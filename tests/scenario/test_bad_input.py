"""Bad settings and bad documents, in whole nights: a clear reason for whoever must act, and the rest goes on.

Every story ends with a healthy night after which each good document is in the books exactly once. What a tool answers
in a wrong shape has its own stories in ``test_wrong_shapes.py``.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from tests.scenario.stage import line, paper

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, LedgerError

CONSULTING = paper("S1", line("Conseil", "100.00"))
RENT = paper("S2", line("Loyer", "900.00"))
BOTH = ("F-2025-0001", "F-2026-0001")


def healthy_night(stage):
    stage.tomorrow()
    stage.night()
    assert stage.problems_with_the_books() == []


def test_wrong_credentials_stop_the_company_until_they_are_right(story):
    stage = story(CONSULTING, RENT, keep=BOTH)
    if not stage.kit.wrong_secrets:
        pytest.skip("the tool asks for no credentials")
    stage.tool_secrets = dict(stage.kit.wrong_secrets)
    with pytest.raises(AccessError) as caught:
        stage.night(check=True)
    assert not any(secret in str(caught.value) for secret in stage.tool_secrets.values())
    assert len(str(caught.value)) > 40
    # Without the check, too: the first step that needs the tool stops, and nothing is written.
    with pytest.raises(AccessError):
        stage.night()
    assert stage.entries() == []
    stage.tool_secrets = dict(stage.kit.secrets)
    healthy_night(stage)


def test_a_journal_that_the_ledger_has_not_makes_its_documents_wait(story):
    stage = story(CONSULTING, RENT, keep=BOTH)
    if stage.company().connector.read_ledger().unlisted:
        pytest.skip("the journals cannot be listed: the settings are trusted")
    plain = stage.settings.model_dump(mode="json")
    wrong = {**plain, "mappings": {**plain["mappings"], "journals": {"sales": "ZZ", "purchases": "AC"}}}
    right, stage.settings = stage.settings, type(stage.settings).model_validate(wrong)
    with suppress(LedgerError):
        stage.night()
    waiting = [record for record in stage.records() if record.reason is Reason.JOURNAL_MISSING]
    assert len(waiting) == len(BOTH)
    assert all("ZZ" in record.detail for record in waiting)
    assert stage.entries() == []
    stage.settings = right
    healthy_night(stage)


def test_a_label_of_300_characters_goes_cut(story):
    long = paper("S1", line("Conseil " * 37 + "fin.", "100.00"))
    stage = story(long, RENT, keep=BOTH, label_style="third_party_and_description")
    stage.night()
    assert stage.problems_with_the_books() == []
    longest = stage.kit.capabilities.label_max
    labels = [one["label"] for entry in stage.entries() for one in entry["lines"]]
    assert all(label for label in labels)
    assert longest is None or max(map(len, labels)) <= longest


def test_a_pdf_over_the_tools_limit_waits_until_the_limit_allows_it_and_the_other_document_goes(story, monkeypatch):
    thick = paper("S2", *(line(f"Loyer du local {number}", "9.00") for number in range(40)))
    another = story(CONSULTING, thick, keep=BOTH)
    another.prepare(another.company(), preview=True)
    sizes = {record.key: record.supporting_document.size_bytes for record in another.records()}
    thin, fat = sorted(sizes, key=sizes.__getitem__)
    assert sizes[thin] < sizes[fat], "the story needs two PDFs of different sizes"
    another.close()
    (another.folder / "register.db").unlink()
    stage = story(CONSULTING, thick, keep=BOTH)
    company = stage.company

    def limited(*arguments):
        made = company(*arguments)
        made.connector.capabilities = msgspec.structs.replace(made.connector.capabilities, pdf_max_bytes=sizes[thin])
        return made

    monkeypatch.setattr(stage, "company", limited)
    stage.night()
    found = {record.key: record for record in stage.records()}
    assert found[thin].state == stage.state_after_a_night
    assert (found[fat].state, found[fat].reason) == ("waiting", Reason.SUPPORTING_DOCUMENT_MISSING)
    assert found[fat].detail
    assert len(stage.entries()) == 1
    monkeypatch.setattr(stage, "company", company)
    healthy_night(stage)


@pytest.mark.parametrize("numbers", [("A" + "0" * 60 + "7", "B" + "0" * 60 + "7"), ("7" * 60 + "A", "7" * 60 + "B")])
def test_numbers_that_collide_once_cut_wait_for_a_person_and_the_first_goes(story, numbers):
    stage = story(CONSULTING, purchases=[paper("P", line("Papier", "80.00"))] * 4)
    bought = [one for one in stage.documents() if one["kind"] == "purchase-invoice" and one["date"] >= "2026"]
    # In another fiscal year the same number would be no collision.
    bought = bought[: len(numbers)]
    for bill, number in zip(bought, numbers, strict=True):
        stage.change(bill, fields={"externalident": number})
    stage.keep_only(*(one["number"] for one in bought))
    stage.night()
    first, second = sorted(stage.records(), key=lambda record: record.state == "waiting")
    assert {first.document.number, second.document.number} == set(numbers)
    assert first.state == stage.state_after_a_night
    assert first.entry.piece
    if first.entry.piece != second.entry.piece:
        assert stage.problems_with_the_books() == []
        return
    assert (second.state, second.reason) == ("waiting", Reason.POSSIBLE_DUPLICATE)
    assert second.detail
    assert len(stage.entries()) == 1
