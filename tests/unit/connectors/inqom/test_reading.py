"""Periods → fiscal years, accounts → third parties, lines → the one entry that is ours."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.base import PostedLine
from sellsy_ledger.connectors.inqom import answers, reading
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.third_parties import ThirdParty, match
from sellsy_ledger.errors import PostingConflict, TryLater
from tests.unit.connectors.inqom.builders import LEDGER, held, purchase, request

INDEX = LedgerIndex(LEDGER)


def period(start: str, end: str, *, locked: bool = False, number: int = 1) -> answers.Period:
    return answers.Period(id=number, begindate=start, enddate=end, locked=locked)


def months(*locked: int, year: int = 2026) -> list[answers.Period]:
    found = []
    for month in range(1, 13):
        first = dt.date(year, month, 1)
        last = (dt.date(year + month // 12, month % 12 + 1, 1)) - dt.timedelta(days=1)
        found.append(period(first.isoformat(), last.isoformat(), locked=month in locked, number=month))
    return found


# -- fiscal years ------------------------------------------------------------------------------------------------
def test_a_period_is_a_year_and_a_locked_one_is_closed() -> None:
    years = reading.fiscal_years(
        [
            period("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", number=2),
            period("2025-01-01T00:00:00Z", "2025-12-31T00:00:00Z", locked=True, number=1),
        ]
    )
    assert [(year.start.year, year.closed, year.tool_id) for year in years] == [(2025, True, "1"), (2026, False, "2")]


def test_months_are_one_year_locked_from_its_start() -> None:
    (year,) = reading.fiscal_years(reversed(months(1, 2)))
    assert (year.start, year.end, year.closed) == (dt.date(2026, 1, 1), dt.date(2026, 12, 31), False)
    assert year.locked_until == dt.date(2026, 2, 28)
    assert year.tool_id == ""


def test_twelve_locked_months_are_a_closed_year_and_the_next_twelve_another() -> None:
    years = reading.fiscal_years([*months(*range(1, 13)), *months(year=2027)])
    assert [(year.start.year, year.closed) for year in years] == [(2026, True), (2027, False)]


@given(locked=st.sets(st.integers(1, 12)))
def test_whatever_months_are_locked_every_day_is_open_or_not_as_its_month_is(locked: set[int]) -> None:
    index = LedgerIndex(Ledger(fiscal_years=reading.fiscal_years(months(*locked))))
    for month in range(1, 13):
        for day in (1, 15, 28):
            assert index.is_open(dt.date(2026, month, day)) is (month not in locked)


def test_midnight_in_paris_may_be_written_in_utc() -> None:
    (year,) = reading.fiscal_years([period("2025-12-31T23:00:00Z", "2026-12-30T23:00:00Z")])
    assert (year.start, year.end) == (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert answers.day_of("2026-12-31T23:59:59Z") == dt.date(2026, 12, 31)


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "2026", None])
def test_a_period_without_a_usable_date_is_left_out(text: str) -> None:
    assert answers.day_of(text) is None
    assert reading.fiscal_years([period(text or "", "2026-12-31")]) == ()


# -- accounts ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "impactable", "third_party"),
    [
        ("411000", True, False),
        ("4111", False, False),
        ("411100", True, False),
        ("4111DUPONT", True, True),
        ("411DUPONT", True, True),
        ("41110002", True, True),
        ("4111DUPONT", False, False),
        ("4011PAPIER", True, True),
        ("401", True, False),
        ("706000", True, False),
        ("419100", True, False),
    ],
)
def test_third_parties_are_the_accounts_below_the_two_roots(number: str, impactable: bool, third_party: bool) -> None:
    assert reading.is_third_party(answers.Account(number=number, isimpactable=impactable)) is third_party


def test_a_customer_is_recognised_by_sellsy_s_auxiliary_code_though_the_root_was_rewritten() -> None:
    known = reading.third_party_of(answers.Account(number="4111DUPONT", name="Dupont & Fils"))
    wanted = ThirdParty(direction=Direction.SALES, type="company", id=1, name="SA Dupont", auxiliary_code="411DUPONT")
    found = match(wanted, [known], link=None)
    assert (found.found, found.by) == (known, "auxiliary_account")
    assert reading.third_party_of(answers.Account(number="41110002", name="x")).code == ""


# -- lines → entries ---------------------------------------------------------------------------------------------
def raw_line(**changes: Any) -> answers.EntryLine:
    raw = {
        "Id": 1,
        "AccountNumber": "706000 ",
        "Label": "X",
        "DebitAmount": Decimal("12.10"),
        "CreditAmount": 0,
        "Entry": {"Id": 5, "Date": "2026-02-03T00:00:00Z"},
        "Journal": {"Id": 501, "Code": "VE"},
        "AccountingDocument": None,
    } | changes
    return answers.read_as(answers.EntryLine, answers.lowered(raw))


def test_an_entry_is_put_together_from_its_lines() -> None:
    lines = [raw_line(), raw_line(Id="2", DebitAmount=None, CreditAmount="12.1", AccountingDocument={"Id": 9})]
    (entry,) = reading.grouped(lines)
    assert (entry.entry_id, entry.journal, entry.document_id, entry.reference) == ("5", "VE", "9", "")
    assert entry.date == dt.date(2026, 2, 3)
    assert [(line.account, line.debit_cents, line.credit_cents) for line in entry.lines] == [
        ("706000", 1210, 0),
        ("706000", 0, 1210),
    ]


@pytest.mark.parametrize(
    "changes", [{"Entry": None}, {"Entry": {}}, {"Entry": {"Id": ""}}, {"DebitAmount": Decimal("1e30")}]
)
def test_a_line_that_says_too_little_is_no_proof_of_anything(changes: dict[str, Any]) -> None:
    with pytest.raises(TryLater):
        reading.grouped([raw_line(**changes)])


# -- which one is ours -------------------------------------------------------------------------------------------
MINE = request()
OTHER_LINES = tuple(msgspec.structs.replace(line, debit_cents=line.debit_cents * 2) for line in held(MINE).lines)


def ours(*entries: reading.HeldEntry) -> str | None:
    found = reading.ours_among(entries, MINE, INDEX)
    return found.entry_id if found else None


def test_nothing_is_ours_among_nothing() -> None:
    assert ours() is None


def test_our_key_decides_whatever_else_is_written() -> None:
    shown = held(MINE, entry_id="2", external_ids=frozenset({f"{MINE.posting_key}:0"}), reference="", lines=OTHER_LINES)
    assert ours(held(MINE, reference="OTHER"), shown) == "2"


def test_the_key_of_another_document_of_ours_is_never_ours() -> None:
    assert ours(held(MINE, external_ids=frozenset({"sellsy:4242:sales_invoice:77"}))) is None
    # One that begins alike.
    assert ours(held(MINE, external_ids=frozenset({f"{MINE.posting_key}7:0"}))) is None


def test_our_number_on_our_third_party_is_ours_even_changed() -> None:
    assert ours(held(MINE, reference="fac-1")) == "1"
    assert ours(held(MINE, lines=OTHER_LINES)) == "1"


def test_an_entry_without_document_is_found_by_the_mark_of_its_label() -> None:
    lines = held(MINE).lines
    marked = (msgspec.structs.replace(lines[0], label="EXEMPLE [FAC-1]"), *lines[1:])
    assert ours(held(MINE, reference="", document_id="", lines=marked)) == "1"
    other = (msgspec.structs.replace(lines[0], label="EXEMPLE [FAC-2]"), *lines[1:])
    assert ours(held(MINE, reference="", document_id="", lines=other)) is None


def test_the_same_number_of_another_third_party_is_not_ours() -> None:
    lines = held(MINE).lines
    theirs = (msgspec.structs.replace(lines[0], account="4111AUTRE"), *lines[1:])
    assert ours(held(MINE, lines=theirs)) is None


def test_a_credit_note_of_the_same_number_is_not_the_invoice() -> None:
    swapped = tuple(
        PostedLine(account=line.account, debit_cents=line.credit_cents, credit_cents=line.debit_cents)
        for line in held(MINE).lines
    )
    assert ours(held(MINE, lines=swapped)) is None


def test_of_several_with_our_number_the_one_with_our_lines_is_ours() -> None:
    assert ours(held(MINE, entry_id="1", lines=OTHER_LINES), held(MINE, entry_id="2")) == "2"


@pytest.mark.parametrize(
    "entries",
    [
        (held(MINE, entry_id="1"), held(MINE, entry_id="2")),
        (held(MINE, entry_id="1", lines=OTHER_LINES), held(MINE, entry_id="2", lines=OTHER_LINES)),
        tuple(held(MINE, entry_id=each, external_ids=frozenset({MINE.posting_key})) for each in "12"),
        (held(MINE, reference="", document_id=""),),
    ],
)
def test_what_cannot_be_told_is_left_to_a_person(entries: tuple[reading.HeldEntry, ...]) -> None:
    with pytest.raises(PostingConflict):
        ours(*entries)


def test_the_rewritten_account_is_the_same_third_party() -> None:
    lines = held(MINE).lines
    other_form = (msgspec.structs.replace(lines[0], account="411EXEMPLE"), *lines[1:])
    assert ours(held(MINE, lines=other_form)) == "1"


def test_a_purchase_is_found_by_its_supplier_s_number() -> None:
    made = purchase()
    assert reading.ours_among([held(made, reference="F/2026/99")], made, INDEX) is not None


def test_a_reference_in_other_letters_is_told_in_ours() -> None:
    told = reading.posted(held(MINE, reference="fac-1"), MINE, pdf_sha256=None, in_open_period=True)
    assert (told.piece, told.pdf_present, told.draft) == ("FAC-1", True, False)
    assert reading.posted(held(MINE, reference="F-9"), MINE, pdf_sha256=None, in_open_period=True).piece == "F-9"


# -- corrections -------------------------------------------------------------------------------------------------
VERSION = msgspec.structs.replace(MINE, posting_key="sellsy:4242:sales_invoice:7-v2")


def marked(mark: str, entry_id: str) -> reading.HeldEntry:
    own = held(MINE, entry_id=entry_id)
    first, *others = own.lines
    return msgspec.structs.replace(own, lines=(msgspec.structs.replace(first, label=f"EXEMPLE [{mark}]"), *others))


@pytest.mark.parametrize("order", [1, -1])
def test_an_original_and_its_new_version_of_the_same_lines_are_told_apart(order: int) -> None:
    both = [held(MINE, entry_id="1"), marked("FAC-1-V2", "2")][::order]
    found = [reading.ours_among(both, one, INDEX) for one in (MINE, VERSION)]
    assert [each and each.entry_id for each in found] == ["1", "2"]
    third = msgspec.structs.replace(MINE, posting_key="sellsy:4242:sales_invoice:7-v3")
    assert reading.ours_among(both, third, INDEX) is None


def test_a_number_that_looks_like_a_correction_is_still_a_number() -> None:
    odd = request(number="DEVIS-V2", piece="DEVIS-V2")
    assert reading.ours_among([marked("DEVIS-V2", "3")], odd, INDEX) is not None


@pytest.mark.parametrize(
    ("lettered", "in_open_period", "editable"),
    [(False, True, True), (True, True, False), (False, False, False), (None, True, None), (None, False, False)],
)
def test_a_lettered_or_locked_entry_may_not_change(
    lettered: bool | None, in_open_period: bool, editable: bool | None
) -> None:
    own = held(MINE, lettered=lettered)
    assert reading.posted(own, MINE, pdf_sha256=None, in_open_period=in_open_period).editable is editable


# -- shapes ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [[1], {"Items": [1]}, {"EntryLines": [1], "CurrentPage": 1}])
def test_a_list_may_stand_in_an_envelope(data: Any) -> None:
    assert answers.items_of(answers.lowered(data)) == [1]


@pytest.mark.parametrize("data", [None, {}, "x", 3, {"A": [], "B": []}])
def test_no_list_is_an_error_never_an_empty_list(data: Any) -> None:
    with pytest.raises(ValueError, match="no list"):
        answers.items_of(data)
