"""Recognising third parties, and proposing an account for a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.third_parties import LedgerThirdParty, Match, Matcher, ThirdParty, match, propose_auxiliary
from sellsy_ledger.errors import DocumentError
from tests.unit.core.builders import capabilities, changed

# Real companies' public identifiers: a SIRET, its SIREN and its VAT number.
SIRET, SIREN, VAT = "73282932000074", "732829320", "FR44732829320"
OTHER_SIRET, OTHER_SIREN = "44306184100047", "443061841"


def ours(name: str = "ACME SAS", **facts: Any) -> ThirdParty:
    return ThirdParty(**({"direction": Direction.SALES, "type": "company", "id": 7001, "name": name} | facts))


def theirs(auxiliary: str, name: str = "", **facts: Any) -> LedgerThirdParty:
    content = {"auxiliary_account": auxiliary, "name": name or f"Nom {auxiliary}", "direction": Direction.SALES}
    return LedgerThirdParty(**(content | facts))


def by(third_party: ThirdParty, *candidates: LedgerThirdParty, link: LedgerThirdParty | None = None) -> tuple[str, str]:
    found = match(third_party, candidates, link=link)
    return found.by, found.found.auxiliary_account if found.found else ""


NOISE = theirs("411NOISE", "Autre client", siret=OTHER_SIRET)


@pytest.mark.parametrize(
    ("facts", "candidate", "criterion"),
    [
        ({"auxiliary_code": "0ACME"}, theirs("0ACME"), "auxiliary_account"),
        ({"auxiliary_code": "0acme"}, theirs("4110ACME"), "auxiliary_account"),
        ({"auxiliary_code": "411ACME"}, theirs("ACME"), "auxiliary_account"),
        ({"vat_number": "FR 44 732 829 320"}, theirs("X1", vat_number=VAT), "vat_number"),
        ({"vat_number": "44732829320"}, theirs("X1", vat_number=VAT), "vat_number"),
        ({"vat_number": "DE136695976"}, theirs("X1", vat_number="DE 136695976"), "vat_number"),
        ({"siret": "732 829 320 00074"}, theirs("X1", siret=SIRET), "siret"),
        ({"siret": SIRET}, theirs("X1", siren=SIREN), "siret"),
        ({"vat_number": VAT}, theirs("X1", siren=SIREN), "siret"),
        ({}, theirs("411ACMESAS"), "name"),
        ({}, theirs("X1", "Acme  S.A.S."), "name"),
    ],
)
def test_each_criterion_decides(facts: dict[str, str], candidate: LedgerThirdParty, criterion: str) -> None:
    assert by(ours(**facts), NOISE, candidate) == (criterion, candidate.auxiliary_account)


def test_one_criterion_is_tried_against_all_before_the_next() -> None:
    by_name, by_siret, by_vat = theirs("N", "ACME SAS"), theirs("S", siret=SIRET), theirs("V", vat_number=VAT)
    third_party = ours(siret=SIRET, vat_number=VAT, auxiliary_code="AUX")
    assert by(third_party, by_name, by_siret, by_vat, theirs("AUX")) == ("auxiliary_account", "AUX")
    assert by(third_party, by_name, by_siret, by_vat) == ("vat_number", "V")
    assert by(third_party, by_name, by_siret) == ("siret", "S")
    assert by(third_party, by_name) == ("name", "N")
    assert by(third_party, NOISE) == ("", "")


def test_an_equal_siret_comes_before_an_equal_siren() -> None:
    branch = theirs("BRANCH", siren=SIREN)
    assert by(ours(siret=SIRET), branch, theirs("HEAD", siret=SIRET)) == ("siret", "HEAD")


@pytest.mark.parametrize(
    "facts",
    [
        {"siret": "73282932000075"},
        {"siren": "732829321"},
        {"vat_number": "FR45732829320"},
        {"vat_number": "XX123"},
        {"siret": "à compléter"},
    ],
)
def test_a_bad_identifier_never_matches(facts: dict[str, str]) -> None:
    assert by(ours(**facts), theirs("X1", **facts)) == ("", "")


def test_customers_never_match_suppliers() -> None:
    supplier = theirs("ACMESAS", "ACME SAS", siret=SIRET, vat_number=VAT, direction=Direction.PURCHASES)
    assert by(ours(siret=SIRET, vat_number=VAT, auxiliary_code="ACMESAS"), supplier, link=supplier) == ("", "")


def test_inactive_third_parties_are_never_found() -> None:
    assert by(ours(), theirs("X1", "ACME SAS", active=False)) == ("", "")


def test_a_vat_group_s_number_decides_nothing_against_two_known_companies() -> None:
    member = theirs("MEMBER", vat_number=VAT, siren=OTHER_SIREN)
    assert by(ours(vat_number=VAT, siret=SIRET), member) == ("", "")


def test_the_same_name_is_not_the_same_company_when_sirens_differ() -> None:
    assert by(ours(siret=SIRET), theirs("X1", "ACME SAS", siret=OTHER_SIRET)) == ("", "")


def test_several_candidates_are_narrowed_by_siret_and_then_by_name() -> None:
    one, two = theirs("ONE", "Un", vat_number=VAT), theirs("TWO", "ACME", vat_number=VAT, siret=SIRET)
    assert by(ours(vat_number=VAT, siret=SIRET), one, two) == ("vat_number", "TWO")
    assert by(ours("Un", vat_number=VAT), one, two) == ("vat_number", "ONE")


def test_several_candidates_never_decide() -> None:
    one, two = theirs("ONE", "ACME SAS"), theirs("TWO", "Acme SAS")
    assert match(ours(), [one, two, NOISE], link=None) == Match(by="name", candidates=(one, two))


def test_a_stored_link_decides_and_is_refreshed_from_the_ledger() -> None:
    stored = theirs("411OLD", tool_id="88")
    today = theirs("411NEW", tool_id="88")
    assert by(ours(siret=SIRET), theirs("S", siret=SIRET), today, link=stored) == ("link", "411NEW")
    assert by(ours(), link=stored) == ("link", "411OLD")
    assert by(ours(), changed(stored, tool_id=""), link=changed(stored, tool_id="")) == ("link", "411OLD")


def test_a_third_party_created_in_the_run_is_found_by_the_next_search() -> None:
    matcher = Matcher([NOISE])
    assert matcher.match(ours()).found is None
    matcher.add(theirs("411ACMESAS"))
    matcher.add(theirs("411OFF", "Beta", active=False))
    assert matcher.match(ours()).by == "name"
    assert matcher.match(ours("Beta")).found is None


def test_monaco_has_vat_numbers_without_a_siren() -> None:
    monaco = "FR53000004605"
    assert by(ours(vat_number=monaco), theirs("MC", vat_number=monaco)) == ("vat_number", "MC")


IDS = json.loads((Path(__file__).parent / "french_ids.json").read_text())


@pytest.mark.parametrize("siret", IDS["siret_valid"])
def test_real_sirets_match(siret: str) -> None:
    assert by(ours(siret=siret), theirs("X1", siret=siret))[0] == "siret"


@pytest.mark.parametrize("number", IDS["fr_vat_valid"])
def test_real_vat_numbers_match(number: str) -> None:
    assert by(ours(vat_number=number), theirs("X1", vat_number=number))[0] == "vat_number"


@pytest.mark.parametrize(("field", "numbers"), IDS["invalid"].items())
def test_false_identifiers_found_in_the_wild_never_match(field: str, numbers: list[str]) -> None:
    name = {"vat": "vat_number"}.get(field, field)
    for number in numbers:
        assert by(ours(**{name: number}), theirs("X1", **{name: number})) == ("", "")


TOOL = capabilities(auxiliary_max=10, auxiliary_pattern="A-Z0-9", auxiliary_in_account=True)


@pytest.mark.parametrize(
    ("third_party", "proposed"),
    [
        (ours("Café de la Gare"), "411CAFEDEL"),
        (ours(auxiliary_code="0ACME"), "4110ACME"),
        (ours(auxiliary_code="411ACME"), "411ACME"),
        (ours("株式会社", id=5), "411ZHUSHIHU"[:10]),
        (ours("***", id=5), "411T5"),
        (ours("***", id=None), "411DIVERS"),
    ],
)
def test_a_new_third_party_gets_an_account_that_the_tool_takes(third_party: ThirdParty, proposed: str) -> None:
    assert propose_auxiliary(third_party, TOOL, set(), "411000") == proposed


def test_a_taken_account_gets_a_number_within_the_limit() -> None:
    taken = {"411CAFEDEL", "411CAFEDE2"}
    assert propose_auxiliary(ours("Café de la Gare"), TOOL, taken, "411000") == "411CAFEDE3"


def test_prefixes_are_the_tool_s_own() -> None:
    tool = capabilities(auxiliary_prefix={"sales": "C"}, auxiliary_max=8)
    assert propose_auxiliary(ours("Café de la Gare"), tool, set(), "411000") == "CCAFEDEL"
    assert propose_auxiliary(ours("Café"), capabilities(), set(), "411000") == "CAFE"


def test_a_name_whose_every_number_is_taken_is_refused() -> None:
    class Everything:
        def __contains__(self, item: object) -> bool:
            return True

    with pytest.raises(DocumentError) as refused:
        propose_auxiliary(ours(), TOOL, Everything(), "411000")
    assert "411ACMESAS" in refused.value.facts["detail"]
