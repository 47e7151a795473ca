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


def test_a_pdf_over_the_tools_limit_waits_and_goes_once_the_limit_allows_it(story, monkeypatch):
    stage = story(CONSULTING, RENT, keep=BOTH)
    company = stage.company

    def limited(*arguments):
        made = company(*arguments)
        made.connector.capabilities = msgspec.structs.replace(made.connector.capabilities, pdf_max_bytes=100)
        return made

    monkeypatch.setattr(stage, "company", limited)
    stage.night()
    assert [(record.state, record.reason) for record in stage.records()] == [
        ("waiting", Reason.SUPPORTING_DOCUMENT_MISSING)
    ] * len(BOTH)
    assert stage.entries() == []
    monkeypatch.setattr(stage, "company", company)
    healthy_night(stage)


def test_numbers_that_collide_once_cut_wait_for_a_person_and_the_first_goes(story):
    bills = [paper(f"{'F' * 40}{tail}", line("Papier", "80.00")) for tail in "AB"]
    stage = story(CONSULTING, purchases=bills)
    bought = [one["number"] for one in stage.documents() if one["number"].startswith("F" * 40)]
    stage.keep_only(*bought)
    longest = stage.kit.capabilities.piece_max
    stage.night()
    pieces = {record.entry.piece for record in stage.records() if record.entry}
    if longest is None or len(pieces) == len(bought):
        assert stage.problems_with_the_books() == []
        return
    done, waiting = sorted(stage.records(), key=lambda record: record.state == "waiting")
    assert done.state == stage.state_after_a_night
    assert (waiting.state, waiting.reason) == ("waiting", Reason.POSSIBLE_DUPLICATE)
    assert waiting.detail
    assert len(stage.entries()) == 1
