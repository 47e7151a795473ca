"""Whenever journal rows are said to suffice, they make the same entry as the document's own rows."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sellsy_ledger.core.documents import Document, Row
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.rows import rows_suffice
from tests.property.core.strategies import CENT, documents, kinds, printed_vat, rounded, rows
from tests.unit.core.builders import capabilities, changed, document, ledger, party, settings

DEFAULTS = {"sales": "706000", "purchases": "607000"}


@st.composite
def one_rate_documents(draw: st.DrawFn) -> Document:
    found = draw(rows(tax_ids=(draw(st.sampled_from([1, 2, 3])),), largest=4, places=2))
    taxes = printed_vat(found)
    return document(found, taxes, kind=draw(kinds), net_cents=rounded(sum((row.net for row in found), Decimal(0))))


def from_journal(detail: Document, sellsy_default: str) -> Document | None:
    """The same document as lists and the accounting journal tell it; None where the journal does not close.

    Sellsy's journal books each account and analytic code once, and rows without account on its default. The reader
    takes it only where rows are whole cents.
    """
    if any(row.net != row.net.quantize(CENT) for row in detail.rows or ()):
        return None
    nets: dict[tuple[str, str | None], Decimal] = {}
    for row in detail.rows or ():
        key = (row.account or sellsy_default, row.analytic_code)
        nets[key] = nets.get(key, Decimal(0)) + row.net
    booked = {key: rounded(net) for key, net in nets.items()}
    if not all(booked.values()):
        # Rows that cancel out leave no trace in a journal (see the module): not part of the promise.
        return None
    if sum(booked.values()) + detail.vat_cents != detail.gross_cents or len(detail.vat) != 1:
        return None
    tax = detail.vat[0]
    rebuilt = tuple(
        Row(net=cents * CENT, tax_id=tax.tax_id, rate=tax.rate, account=account, analytic_code=analytic)
        for (account, analytic), cents in sorted(booked.items(), key=str)
    )
    return changed(detail, rows=rebuilt, rows_source="journal")


@given(
    st.one_of(one_rate_documents(), documents()),
    st.sampled_from(["706000", "607000", "707000"]),
    st.sampled_from(["706000", "707000"]),
    st.sampled_from([{}, {"706": "7085"}, {"708500": "707"}]),
    st.sampled_from(["third_party", "third_party_and_number", "third_party_then_description"]),
)
@hypothesis_settings(max_examples=500, deadline=None)
def test_the_entry_is_identical_either_way(
    detail: Document, sellsy_default: str, our_default: str, overrides: dict[str, str], style: str
) -> None:
    chosen = settings(label_style=style, account_overrides=overrides, accounts={"sales_default": our_default})
    journal = from_journal(detail, sellsy_default)
    if journal is None or not rows_suffice(journal, chosen, frozenset({sellsy_default})):
        event("the detail is needed")
        return
    event("the journal suffices")
    make = Journaliser(chosen, ledger(), capabilities())
    of_detail, of_journal = (make(read, party(detail.kind)) for read in (detail, journal))
    assert of_journal.state is of_detail.state
    if of_detail.entry is not None and of_journal.entry is not None:
        # The explanation names what was read, and so differs; nothing that reaches the books does.
        assert [without_why(line) for line in of_journal.entry.lines] == [
            without_why(line) for line in of_detail.entry.lines
        ]


def without_why(line: object) -> object:
    from sellsy_ledger.core.entries import Why

    return changed(line, why=Why(""))
