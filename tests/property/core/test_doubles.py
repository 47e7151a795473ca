"""Whatever is generated: nothing is taken for another document, and what a person retypes is found."""

from __future__ import annotations

import datetime as dt

from bench.rows.doubles import tally
from hypothesis import given, settings
from hypothesis import strategies as st

from sellsy_ledger.core.booked import BookedEntry
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.likeness import Paper, Verdict, verdict
from sellsy_ledger.core.numbers import Agreement, agreement, running_parts

NUMBERS = st.builds(
    lambda letters, year, count: f"{letters}{year}-{count:04d}",
    st.sampled_from(["F-", "FA", "INV-", "", "Zx/"]),
    st.integers(2024, 2027),
    st.integers(1, 9999),
)
NAMES = st.sampled_from(["Zinc", "Cuivre", "Atelier du Nord", "Papeterie Garonne", "Moulin"])
DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31))
CENTS = st.integers(1, 10**9)
WAYS = st.sampled_from(
    [
        str.lower,
        lambda number: number.replace("-", " "),
        lambda number: number.replace("-", "").replace("/", ""),
        lambda number: f"Facture {number}",
        lambda number: f"FACT N° {number}",
        lambda number: f"  {number}  ",
    ]
)


def paper(number: str, day: dt.date, cents: int, name: str) -> Paper:
    """A purchase."""
    return Paper(
        key="k",
        direction=Direction.PURCHASES,
        number=number,
        date=day,
        amounts=frozenset({-cents}),
        names=frozenset({name.replace(" ", "").upper()}),
    )


def entry(number: str, day: dt.date, cents: int, name: str) -> BookedEntry:
    """A purchase of the books."""
    return BookedEntry(
        entry_id="1",
        journal="AC",
        date=day,
        third_party_account="",
        third_party_name=name,
        gross_cents=-cents,
        numbers=(number,),
    )


@given(NUMBERS, DAYS, CENTS, NAMES, WAYS)
def test_the_same_document_is_known_however_its_number_is_written(number, day, cents, name, way):
    assert verdict(paper(number, day, cents, name), entry(way(number), day, cents, name)) is Verdict.SAME


@given(NUMBERS, NUMBERS, DAYS, DAYS, CENTS, CENTS, NAMES, NAMES)
def test_only_equal_facts_are_surely_the_same(number, other, day, other_day, cents, other_cents, name, other_name):
    told = verdict(paper(number, day, cents, name), entry(other, other_day, other_cents, other_name))
    if told is Verdict.SAME:
        assert (day, cents, name) == (other_day, other_cents, other_name)
        assert int(number[-4:]) == int(other[-4:])
        assert number.split("-")[-2][-4:] == other.split("-")[-2][-4:]


@given(NUMBERS, DAYS, CENTS, NAMES, NAMES)
def test_another_supplier_and_a_credit_note_are_never_alike(number, day, cents, name, other_name):
    credit_note = entry(number, day, -cents, name)
    assert verdict(paper(number, day, cents, name), credit_note) is Verdict.OTHER
    if name != other_name:
        assert verdict(paper(number, day, cents, name), entry(number, day, cents, other_name)) is Verdict.OTHER


@given(st.text(max_size=60), st.lists(st.text(max_size=80), max_size=4))
def test_no_text_is_too_strange_to_be_compared(number, texts):
    assert isinstance(agreement(number, texts), Agreement)
    assert "" not in running_parts(number)


@given(NUMBERS, WAYS)
def test_what_agrees_is_found_by_its_digits(number, way):
    assert running_parts(number) & running_parts(way(number))


@settings(max_examples=8, deadline=None)
@given(st.integers(100, 10**6))
def test_no_document_of_a_generated_company_is_adopted_as_another_entry(seed):
    told = tally(range(seed, seed + 1), documents=60)
    assert told.wrong == []
