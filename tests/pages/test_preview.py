"""Prepared entries line by line, paged, with their totals; what waits says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.pages.examples import RUN, ready, seen
from tests.pages.visitor import Visitor
from tests.unit.airflow.examples import entry as company
from tests.unit.register.builders import COMPANY, entry

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.register.store import Change, Register
from sellsy_ledger_airflow.pages.preview import PAGE, SHOWN
from sellsy_ledger_airflow.pages.words import WORDS

HOSTILE = '"><script>alert(1)</script>\u202e' + "é" * 3000


@pytest.fixture(autouse=True)
def two_companies(companies: Callable[[Any], None]) -> None:
    companies([company("atelier"), company("mairie") | {"name": "Mairie"}])


@pytest.fixture
def claire() -> Visitor:
    return Visitor("atelier")


def waiting(register: Register, identity: int, reason: Reason, detail: str = "", **fields: Any) -> None:
    made = seen(register, identity, **fields)
    register.apply(COMPANY, [Change(key=made.key, state=State.WAITING, reason=reason, detail=detail)], who=RUN)


def numbers(text: str) -> list[str]:
    """The documents of the page, in order."""
    return re.findall(r"<h2>\s*<a [^>]*><bdi>([^<]*)</bdi>", text)


def test_an_entry_is_shown_line_by_line_with_its_reasons(register: Register, claire: Visitor) -> None:
    ready(register)

    text = claire.get("preview", company="atelier").text

    for shown in ("411000", "411ACME", "Conseil", "706000", "445710", "C20", "120,00 €", "100,00 €", "20,00 €"):
        assert shown in text, shown
    assert "Acmé &amp; Fils" in text
    assert "15/01/2026" in text
    assert "Facture de vente" in text


def test_why_of_a_line_is_the_products_own_sentence(register: Register, claire: Visitor) -> None:
    from sellsy_ledger.core.entries import Why

    made = ready(register)
    first, *others = entry(1).lines
    why = msgspec.structs.replace(first, why=Why("third_party", ("Acmé", "411000")))
    lines = msgspec.structs.replace(entry(1), lines=(why, *others))
    register.apply(COMPANY, [Change(key=made.key, entry=lines)], who=RUN)

    assert (
        "Total TTC imprimé sur la pièce Sellsy, tiers Acmé : compte auxiliaire 411ACME"
        in claire.get("preview", company="atelier").text
    )


def test_what_waits_says_why_and_what_to_do(register: Register, claire: Visitor) -> None:
    waiting(register, 1, Reason.VAT_CODE_UNMAPPED, "20 % (vente)")

    assert "Aucun code TVA n&#39;est associé à 20 % (vente). Complétez" in claire.get("preview", company="atelier").text
    assert (
        "VAT code not mapped (20 % (vente)). Complete the" in claire.get("preview", company="atelier", lang="en").text
    )


def test_the_totals_are_of_all_pages_by_journal(register: Register, claire: Visitor) -> None:
    for identity in range(1, PAGE + 4):
        ready(register, identity, journal="VE")
    ready(register, 900, journal="AC")

    text = claire.get("preview", company="atelier").text

    row = r'<tr><td>{}</td><td class="count">{}</td><td class="count">{}</td><td class="count">{}</td></tr>'
    assert re.search(row.format("AC", 1, "120,00 €", "120,00 €"), text)
    assert re.search(row.format("VE", PAGE + 3, "6360,00 €", "6360,00 €"), text)


def test_every_document_is_on_exactly_one_page(register: Register, claire: Visitor) -> None:
    for identity in range(1, 2 * PAGE + 8):
        ready(register, identity)

    shown = [numbers(claire.get("preview", company="atelier", page=page).text) for page in (1, 2, 3)]

    assert [len(page) for page in shown] == [PAGE, PAGE, 7]
    assert len({number for page in shown for number in page}) == 2 * PAGE + 7


def test_a_page_beyond_the_end_is_the_last_one(register: Register, claire: Visitor) -> None:
    for identity in range(1, PAGE + 3):
        ready(register, identity)

    beyond = claire.get("preview", company="atelier", page=9)

    assert numbers(beyond.text) == numbers(claire.get("preview", company="atelier", page=2).text)
    assert "Page 2 / 2" in beyond.text
    assert len(numbers(beyond.text)) == 2


def test_full_pages_only_have_no_empty_one_behind_them(register: Register, claire: Visitor) -> None:
    for identity in range(1, PAGE + 1):
        ready(register, identity)

    text = claire.get("preview", company="atelier", page=2).text

    assert len(numbers(text)) == PAGE
    assert 'rel="next"' not in text


def test_the_links_between_pages_keep_the_filters(register: Register, claire: Visitor) -> None:
    for identity in range(1, PAGE + 3):
        ready(register, identity)

    text = claire.get("preview", company="atelier", state="ready", journal="VE", number="F-", lang="en").text

    assert (
        '<a href="preview?company=atelier&amp;state=ready&amp;journal=VE&amp;number=F-&amp;page=2&amp;lang=en"' in text
    )


def test_the_filters_choose(register: Register, claire: Visitor) -> None:
    ready(register, 1)
    ready(register, 2, journal="AC")
    waiting(register, 3, Reason.APPROVAL_PENDING)
    waiting(register, 4, Reason.ACCOUNT_UNKNOWN, "706")

    def shown(**query: str) -> list[str]:
        return numbers(claire.get("preview", company="atelier", **query).text)

    assert shown() == ["F-1", "F-2", "F-3", "F-4"]
    assert shown(state="ready") == ["F-1", "F-2"]
    assert shown(state="approval") == ["F-3"]
    assert shown(state="waiting") == ["F-3", "F-4"]
    assert shown(state="nonsense") == ["F-1", "F-2", "F-3", "F-4"]
    assert shown(journal="AC") == ["F-2"]
    assert shown(number="f-4") == ["F-4"]
    assert shown(number="nobody") == []


def test_every_state_of_the_filter_has_its_words() -> None:
    assert {f"shown_{name}" for name in SHOWN} <= set(WORDS)


def test_what_is_in_the_books_is_not_to_come(register: Register, claire: Visitor) -> None:
    from tests.pages.examples import posted

    posted(register)

    assert "Aucune pièce ne correspond." in claire.get("preview", company="atelier").text


def test_without_a_company_one_is_chosen(register: Register, claire: Visitor) -> None:
    ready(register)

    text = claire.get("preview").text

    assert "Choisissez une société." in text
    assert '<option value="atelier">Atelier Exemple SARL</option>' in text
    assert "mairie" not in text


def test_a_company_that_one_may_not_read_does_not_exist(register: Register) -> None:
    ready(register)

    answer = Visitor("mairie").get("preview", company="atelier")

    assert answer.status_code == 404
    assert "F-1" not in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999"])
def test_a_page_that_is_none_is_refused(claire: Visitor, page: str) -> None:
    assert claire.get("preview", company="atelier", page=page).status_code == 422


def test_texts_of_strangers_stay_text(register: Register, claire: Visitor) -> None:
    made = ready(register, 1, number=HOSTILE, third_party_name=HOSTILE)
    lines = tuple(msgspec.structs.replace(line, label=HOSTILE) for line in entry(1).lines)
    hostile = msgspec.structs.replace(entry(1), journal=HOSTILE[:200], piece=HOSTILE, lines=lines)
    register.apply(COMPANY, [Change(key=made.key, entry=hostile)], who=RUN)
    waiting(register, 2, Reason.THIRD_PARTY_AMBIGUOUS, HOSTILE)

    for query in ({}, {"number": HOSTILE[:30]}, {"journal": HOSTILE[:30]}):
        text = claire.get("preview", company="atelier", **query).text
        assert "<script" not in text
        assert "\u202e" not in text
