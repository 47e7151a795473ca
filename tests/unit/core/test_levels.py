"""Nothing claims more than its level, and a tool that can do more never proves less."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.capabilities import (
    Capabilities,
    Caveat,
    KeySupport,
    PdfSupport,
    Promise,
    ThirdPartySupport,
    VatSupport,
)
from sellsy_ledger.core.levels import LANGUAGES, LEVEL_NAMES, PROMISE_NAMES, Finding, Level, levels

CAVEAT = Caveat("la voie n'est pas décrite", "the way is not described")
FLAGS = ("draft", "read_back", "pdf_read_back", "reads_period_locks", "third_party_ids")

tools = st.builds(
    Capabilities,
    tool=st.just("example"),
    title=st.just("Example"),
    draft=st.booleans(),
    pdf=st.sampled_from(PdfSupport),
    key=st.sampled_from(KeySupport),
    read_back=st.booleans(),
    pdf_read_back=st.booleans(),
    third_parties=st.sampled_from(ThirdPartySupport),
    vat=st.just(VatSupport.ACCOUNT_ONLY),
    reads_period_locks=st.booleans(),
    batches=st.booleans(),
    asynchronous=st.booleans(),
    document_only=st.sampled_from([None, "drop_box"]),
    third_party_ids=st.booleans(),
    chooses_journal=st.booleans(),
    caveats=st.dictionaries(st.sampled_from(Promise), st.just(CAVEAT)),
)


def found(tool: Capabilities) -> dict[Promise, Finding]:
    return {finding.promise: finding for finding in levels(tool)}


def full(**changes: object) -> Capabilities:
    """A tool that can do everything."""
    able = Capabilities(
        tool="example",
        title="Example",
        draft=True,
        pdf=PdfSupport.WITH_ENTRY,
        key=KeySupport.NATIVE,
        read_back=True,
        pdf_read_back=True,
        third_parties=ThirdPartySupport.API,
        vat=VatSupport.ACCOUNT_ONLY,
        reads_period_locks=True,
    )
    return msgspec.structs.replace(able, **changes)


@pytest.mark.parametrize(
    ("promise", "changes", "level"),
    [
        (Promise.POSTED_ONCE, {}, Level.PROVED),
        (Promise.POSTED_ONCE, {"key": KeySupport.LOOK_UP}, Level.PROVED),
        (Promise.POSTED_ONCE, {"key": KeySupport.NONE}, Level.NOT_PROVABLE),
        (Promise.POSTED_ONCE, {"read_back": False}, Level.PARTLY),
        (Promise.POSTED_ONCE, {"batches": True}, Level.PARTLY),
        (Promise.PDF_ATTACHED, {}, Level.PROVED),
        (Promise.PDF_ATTACHED, {"pdf_read_back": False}, Level.PARTLY),
        (Promise.PDF_ATTACHED, {"read_back": False}, Level.PARTLY),
        (Promise.PDF_ATTACHED, {"pdf": PdfSupport.NEVER}, Level.NOT_PROVABLE),
        (Promise.PDF_ATTACHED, {"batches": True}, Level.NOT_PROVABLE),
        (Promise.READ_BACK, {}, Level.PROVED),
        (Promise.READ_BACK, {"read_back": False}, Level.NOT_PROVABLE),
        (Promise.DRAFT, {}, Level.PROVED),
        (Promise.DRAFT, {"read_back": False}, Level.PARTLY),
        (Promise.DRAFT, {"draft": False}, Level.NOT_PROVABLE),
        (Promise.DRAFT, {"draft": False, "document_only": "ged"}, Level.NOT_PROVABLE),
        (Promise.CLOSED_PERIOD, {}, Level.PROVED),
        (Promise.CLOSED_PERIOD, {"reads_period_locks": False}, Level.PARTLY),
        (Promise.CLOSED_PERIOD, {"batches": True}, Level.NOT_PROVABLE),
        (Promise.THIRD_PARTY_MATCHING, {}, Level.PROVED),
        (Promise.THIRD_PARTY_MATCHING, {"third_party_ids": False}, Level.PARTLY),
        (Promise.THIRD_PARTY_MATCHING, {"third_parties": ThirdPartySupport.NONE}, Level.NOT_PROVABLE),
        (Promise.THIRD_PARTY_MATCHING, {"batches": True}, Level.NOT_PROVABLE),
    ],
)
def test_each_level_follows_from_the_data(promise: Promise, changes: dict[str, object], level: Level) -> None:
    assert found(full(**changes))[promise].level is level


def test_a_tool_with_the_mode_for_the_pdf_alone_names_it() -> None:
    finding = found(full(draft=False, document_only="ged"))[Promise.DRAFT]

    assert "Aucun brouillon ; mode « ged »" in finding.french
    assert "`ged`" in finding.english


@given(tools)
def test_every_promise_has_a_level_and_a_reason_in_both_languages(tool: Capabilities) -> None:
    assert list(found(tool)) == list(Promise)
    for finding in levels(tool):
        assert finding.why("fr") != finding.why("en")
        assert all(finding.why(language).endswith((".", ")")) for language in LANGUAGES)
        assert all(PROMISE_NAMES[finding.promise][language] for language in LANGUAGES)
        assert all(LEVEL_NAMES[finding.level][language] for language in LANGUAGES)


@given(tools)
def test_what_cannot_be_read_is_never_proved(tool: Capabilities) -> None:
    told = found(msgspec.structs.replace(tool, read_back=False))

    for promise in (Promise.POSTED_ONCE, Promise.PDF_ATTACHED, Promise.READ_BACK, Promise.DRAFT):
        assert told[promise].level is not Level.PROVED
    assert told[Promise.READ_BACK].level is Level.NOT_PROVABLE


@given(tools)
def test_the_bytes_of_a_pdf_that_is_not_read_back_are_never_proved(tool: Capabilities) -> None:
    told = found(msgspec.structs.replace(tool, pdf_read_back=False))

    assert told[Promise.PDF_ATTACHED].level is not Level.PROVED


@given(tools)
def test_a_file_that_somebody_else_imports_proves_nothing_of_the_import(tool: Capabilities) -> None:
    told = found(msgspec.structs.replace(tool, batches=True, read_back=False))

    assert all(finding.level is not Level.PROVED for finding in told.values())


@given(tools, st.sampled_from(Promise))
def test_a_reservation_caps_its_promise_and_is_told(tool: Capabilities, promise: Promise) -> None:
    finding = found(msgspec.structs.replace(tool, caveats={promise: CAVEAT}))[promise]

    assert finding.level is not Level.PROVED
    assert CAVEAT.french in finding.french
    assert CAVEAT.english in finding.english


@given(tools)
def test_a_reservation_never_raises_a_level(tool: Capabilities) -> None:
    bare = found(msgspec.structs.replace(tool, caveats={}))

    assert all(finding.level.rank <= bare[finding.promise].level.rank for finding in levels(tool))


@given(tools, st.sampled_from(FLAGS))
def test_being_able_to_do_more_never_proves_less(tool: Capabilities, flag: str) -> None:
    less, more = (found(msgspec.structs.replace(tool, **{flag: able})) for able in (False, True))

    assert all(less[promise].level.rank <= more[promise].level.rank for promise in Promise)


@given(tools)
def test_a_better_kept_key_never_proves_less(tool: Capabilities) -> None:
    order = (KeySupport.NONE, KeySupport.LOOK_UP, KeySupport.NATIVE)
    ranks = [found(msgspec.structs.replace(tool, key=key))[Promise.POSTED_ONCE].level.rank for key in order]

    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("tool", "variant"), [(tool, variant) for tool in registry.tools() for variant in registry.variants(tool)]
)
def test_no_way_of_any_tool_claims_more_than_it_reads(tool: str, variant: str) -> None:
    capabilities = registry.variants(tool)[variant]
    told = found(capabilities)

    if not capabilities.read_back:
        for promise in (Promise.POSTED_ONCE, Promise.PDF_ATTACHED, Promise.READ_BACK, Promise.DRAFT):
            assert told[promise].level is not Level.PROVED
    for promise, caveat in capabilities.caveats.items():
        assert told[promise].level is not Level.PROVED
        assert caveat.french in told[promise].french
        assert caveat.english in told[promise].english
        assert not (caveat.french + caveat.english).rstrip().endswith(".")


def test_ranks_are_in_order() -> None:
    assert [level.rank for level in Level] == [2, 1, 0]
    assert all((a.rank < b.rank) == (b.rank > a.rank) for a, b in product(Level, repeat=2))
