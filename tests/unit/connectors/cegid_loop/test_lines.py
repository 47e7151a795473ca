"""Which accounting lines are our entry: by our key, by all of the content, and never by less."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.cegid_loop.answers import lowered
from sellsy_ledger.connectors.cegid_loop.capabilities import CAPABILITIES
from sellsy_ledger.connectors.cegid_loop.keys import reference_of
from sellsy_ledger.connectors.cegid_loop.lines import Line, entry_of, is_balanced, line_of, ours
from sellsy_ledger.errors import PostingConflict, TryLater
from sellsy_ledger.pipeline.comparison import differences
from tests.unit.connectors.cegid_loop.builders import request, requests_of_any_shape

REQUEST = request()
KEY = reference_of(REQUEST.posting_key)


def held(made: Any = REQUEST, *, reference: str = KEY, **changes: Any) -> list[Line]:
    """The request's lines as Loop would give them."""
    lines = [
        Line(
            id=f"id-{position}",
            reference=reference,
            piece=made.entry.piece,
            journal=made.entry.journal,
            date=made.entry.date,
            piece_date=made.entry.piece_date,
            account=line.account,
            third_party=line.auxiliary_account or "",
            label=line.label,
            debit_cents=line.debit_cents,
            credit_cents=line.credit_cents,
            has_file=False,
        )
        for position, line in enumerate(made.entry.lines)
        if line.debit_cents or line.credit_cents
    ]
    return [msgspec.structs.replace(line, **changes) for line in lines]


@pytest.mark.parametrize("by_file", [False, True])
def test_lines_of_our_key_are_ours_whatever_they_say(by_file: bool) -> None:
    assert ours(held(), REQUEST, by_file=by_file) == held()
    moved = held(journal="OD", date=dt.date(2026, 5, 1), label="corrigé")
    assert ours(moved, REQUEST, by_file=by_file) == moved
    assert ours(held()[1:], REQUEST, by_file=by_file) == held()[1:]


@pytest.mark.parametrize("by_file", [False, True])
def test_lines_of_another_document_are_never_ours(by_file: bool) -> None:
    others = held(reference=reference_of("sellsy:4242:sales_invoice:1"))
    assert ours(others, REQUEST, by_file=by_file) == []
    assert ours([*others, *held()], REQUEST, by_file=by_file) == held()


def test_lines_without_any_reference_are_ours_when_they_are_all_of_it() -> None:
    free = held(reference="")
    assert ours(free, REQUEST, by_file=False) == free
    assert ours(free[1:], REQUEST, by_file=False) == []
    assert ours(held(reference="", journal="OD"), REQUEST, by_file=False) == []
    assert ours(held(reference="", date=dt.date(2026, 2, 4)), REQUEST, by_file=False) == []
    assert ours(held(reference="commande 7"), REQUEST, by_file=False) == []
    extra = msgspec.structs.replace(free[1], debit_cents=1, credit_cents=0)
    assert ours([extra, *free], REQUEST, by_file=False) == free


def test_a_file_import_that_the_accountant_changed_is_looked_at_rather_than_booked_again() -> None:
    changed = held(reference="")
    changed[1] = msgspec.structs.replace(changed[1], credit_cents=1)
    assert ours(changed, REQUEST, by_file=True) == changed
    assert ours(changed, REQUEST, by_file=False) == []
    of_another_party = [msgspec.structs.replace(line, third_party=line.third_party and "CAUTRE") for line in changed]
    assert ours(of_another_party, REQUEST, by_file=True) == []


@pytest.mark.parametrize("reference", [KEY, ""])
@pytest.mark.parametrize("by_file", [False, True])
def test_the_same_entry_twice_is_a_conflict(reference: str, by_file: bool) -> None:
    with pytest.raises(PostingConflict):
        ours([*held(reference=reference), *held(reference=reference)], REQUEST, by_file=by_file)


@given(made=requests_of_any_shape(), keyed=st.booleans())
def test_any_entry_is_found_once_and_reads_back_the_same(made: Any, keyed: bool) -> None:
    lines = held(made, reference=KEY if keyed else "")
    found = ours(lines, made, by_file=False)
    assert found == lines
    assert is_balanced(found)
    posted = entry_of(found, made)
    assert differences(made, posted, CAPABILITIES, pdf_sha256=None) == []
    with pytest.raises(PostingConflict):
        ours([*lines, *lines], made, by_file=False)


def test_padded_accounts_and_lines_without_a_third_party_are_the_same_entry() -> None:
    padded = [msgspec.structs.replace(line, account=f"{line.account}00", reference="") for line in held()]
    assert ours(padded, REQUEST, by_file=False) == padded
    nameless = [msgspec.structs.replace(line, third_party="") for line in padded]
    assert ours(nameless, REQUEST, by_file=False) == nameless
    assert differences(REQUEST, entry_of(nameless, REQUEST), CAPABILITIES, pdf_sha256=None) == []


def test_an_entry_is_named_by_its_third_partys_line() -> None:
    assert entry_of(held(), REQUEST).entry_id == "id-0"
    assert entry_of(held(third_party=""), REQUEST).entry_id == "id-0"
    assert entry_of(held(id=""), REQUEST).entry_id == KEY


def test_the_day_where_only_the_documents_date_comes_back() -> None:
    made = request(date=dt.date(2026, 3, 1))
    lines = [msgspec.structs.replace(line, date=None) for line in held(made)]
    assert entry_of(lines, made).date == dt.date(2026, 3, 1)
    assert ours([msgspec.structs.replace(line, reference="") for line in lines], made, by_file=False)
    other = [msgspec.structs.replace(line, piece_date=dt.date(2026, 2, 9)) for line in lines]
    assert entry_of(other, made).date == dt.date(2026, 2, 9)
    assert entry_of([msgspec.structs.replace(line, date=None, piece_date=None) for line in lines], made).date is None


FLAT = {
    "objectId": "1",
    "journalCode": "VE",
    "compteNumero": "411000",
    "tiersCode": "C1",
    "refPiece": "F",
    "reference": "r",
}


@pytest.mark.parametrize(
    ("amounts", "cents"),
    [
        ({"debit": 12, "credit": None}, (1200, 0)),
        ({"debit": None, "credit": "12.05"}, (0, 1205)),
        ({"debit": {"amount": 12}}, (1200, 0)),
        ({"Credit": {"Amount": "0.1", "currency": "EUR"}}, (0, 10)),
        ({"montant": 3, "sens": "D"}, (300, 0)),
        ({"montant": 3, "sens": "credit"}, (0, 300)),
    ],
)
def test_amounts_are_read_in_every_form(amounts: dict[str, Any], cents: tuple[int, int]) -> None:
    line = line_of(lowered({**FLAT, **amounts}))
    assert (line.debit_cents, line.credit_cents) == cents
    assert (line.journal, line.account, line.third_party) == ("VE", "411000", "C1")


def test_codes_are_read_bare_or_inside_an_object() -> None:
    row = {"journal": {"Code": "VE"}, "compte": {"numero": 411000}, "tiers": {"code": "C1"}, "debit": 1}
    line = line_of(lowered(row))
    assert (line.journal, line.account, line.third_party) == ("VE", "411000", "C1")


@pytest.mark.parametrize("amounts", [{}, {"debit": "douze"}, {"montant": 3}, {"debit": {"x": 1}}, {"credit": [1]}])
def test_a_line_without_a_readable_amount_proves_nothing(amounts: dict[str, Any]) -> None:
    with pytest.raises(TryLater):
        line_of(lowered({**FLAT, **amounts}))
