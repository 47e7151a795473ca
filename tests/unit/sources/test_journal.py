from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.errors import TryLater
from sellsy_ledger.sources.sellsy import journal as journals
from sellsy_ledger.sources.sellsy.journal import JournalTooLarge, journal_mark, read_journal, rebuilt_rows
from sellsy_ledger.sources.sellsy.objects import parse_document

from . import samples
from .fakes import FakeSellsy

START = dt.date(2026, 1, 1)


def journal_of(lines: list[dict[str, Any]], direction: Direction = Direction.SALES):
    sellsy = FakeSellsy(journals={"sells": lines, "purchases": lines})
    return read_journal(sellsy, direction, START, None)  # type: ignore[arg-type]


def listed(**changes: Any):
    return parse_document(Kind.SALES_INVOICE, samples.listed(**changes))


def rows_of(lines: list[dict[str, Any]], *, exact: bool = True, **changes: Any):
    found = journal_of(lines)[Kind.SALES_INVOICE, 48213]
    return rebuilt_rows(listed(**changes), found, exact_cents=exact)


def test_lines_are_grouped_by_document_of_either_spelling():
    old = [
        samples.journal_line("706000", "5.00", "debit", documents=None, document={"type": "creditnote", "id": "7"}),
        samples.journal_line("411000", "5.00", "credit", documents=[], document={"type": "creditnote", "id": 7}),
    ]
    # `document=` of the helper fills `documents`; here the deprecated member stands alone.
    for line in old:
        line["document"], line["documents"] = {"type": "creditnote", "id": 7}, None
    found = journal_of([*samples.journal_of_invoice(), *old])
    assert set(found) == {(Kind.SALES_INVOICE, 48213), (Kind.SALES_CREDIT_NOTE, 7)}
    assert len(found[Kind.SALES_INVOICE, 48213].lines or ()) == 3


def test_an_invoice_and_a_credit_note_may_share_an_id():
    lines = [*samples.journal_of_invoice(), *samples.journal_of_invoice(type="creditnote")]
    assert len(journal_of(lines)) == 2


def test_lines_of_no_document_and_of_expenses_are_nobodys():
    lines = [samples.journal_line("512000", "1.00", "debit", document={"type": "expense", "id": 4})]
    lines.append({**samples.journal_line("512000", "1.00", "debit"), "documents": None})
    assert journal_of(lines) == {}


def test_a_line_that_cannot_be_decoded_stops_the_reading():
    lines = [*samples.journal_of_invoice(), {"documents": "?"}]
    with pytest.raises(TryLater):
        journal_of(lines)


def test_a_window_with_too_many_lines_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journals, "MAX_LINES", 2)
    with pytest.raises(JournalTooLarge):
        journal_of(samples.journal_of_invoice())


def test_rows_are_rebuilt_from_lines_that_prove_enough():
    rows = rows_of(samples.journal_of_invoice())
    assert rows is not None
    assert [(row.net, row.account, row.tax_id, row.rate) for row in rows] == [
        (Decimal("1000.00"), "706000", samples.TAX_20, Decimal(20))
    ]


def test_analytic_lines_take_no_part():
    analytic = samples.journal_line("706000", "1000.00", "credit", accounting_type=2)
    assert rows_of([*samples.journal_of_invoice(), analytic]) == rows_of(samples.journal_of_invoice())


@pytest.mark.parametrize(
    "change",
    [
        {"taxes": []},
        {"taxes": [{"id": 1, "rate": "0", "amount": "0.00", "label": ""}]},
        {
            "taxes": [
                {"id": 911, "rate": "20", "amount": "200.00"},
                {"id": 912, "rate": "5.5", "amount": "0.00"},
            ]
        },
        {"is_deposit": True},
        {"_embed": {"deposits": [{"id": 1, "number": "A", "amount": "10.00"}]}},
        {"amounts": {**samples.invoice()["amounts"], "total_primes_incl_tax": "30.00"}},
        {"amounts": {**samples.invoice()["amounts"], "total_incl_tax": "1200.01"}},
        {"amounts": {**samples.invoice()["amounts"], "total_excl_tax": "999.99"}},
    ],
)
def test_a_document_that_needs_its_own_rows_gets_none_from_the_journal(change: dict[str, Any]):
    assert rows_of(samples.journal_of_invoice(), **change) is None


@pytest.mark.parametrize("account", ["658000", "758000", "419100", "467000", "X12", ""])
def test_a_line_that_is_more_than_a_net_amount_proves_nothing(account: str):
    about = {"type": "invoice", "id": 48213, "number": "F-2026-0117"}
    lines = samples.journal_of_invoice()
    lines[1]["amount"]["value"] = "999.99"
    lines.append(samples.journal_line(account, "0.01", "credit", document=about))
    assert rows_of(lines) is None


@pytest.mark.parametrize(
    "amount", [{"direction": "credit", "value": "NaN"}, {"direction": "up", "value": "1"}, [], None]
)
def test_an_unreadable_amount_costs_the_rows_and_not_the_document(amount: Any):
    lines = samples.journal_of_invoice()
    lines[1]["amount"] = amount
    assert rows_of(lines) is None


def test_several_accounts_need_amounts_of_two_decimals_and_no_discount():
    lines = samples.journal_of_invoice()
    lines[1]["amount"]["value"] = "600.00"
    lines.append(samples.journal_line("707000", "400.00", "credit"))
    assert len(rows_of(lines) or ()) == 2
    assert rows_of(lines, exact=False) is None
    discounted = {**samples.invoice()["amounts"], "total_raw_excl_tax": "1100.00"}
    assert rows_of(lines, amounts=discounted) is None


def test_a_discount_row_on_the_other_side_is_negative():
    lines = samples.journal_of_invoice()
    lines[1]["amount"]["value"] = "1100.00"
    lines.append(samples.journal_line("706000", "100.00", "debit"))
    rows = rows_of(lines)
    assert rows is not None
    assert [row.net for row in rows] == [Decimal("1100.00"), Decimal("-100.00")]


def test_purchases_stand_on_the_other_side():
    found = journal_of(samples.journal_of_purchase(), Direction.PURCHASES)[Kind.PURCHASE_INVOICE, 1304]
    document = parse_document(Kind.PURCHASE_INVOICE, samples.purchase())
    rows = rebuilt_rows(msgspec.structs.replace(document, rows=None), found, exact_cents=False)
    assert rows is not None
    assert [(row.net, row.account) for row in rows] == [(Decimal("35.00"), "606400")]
    assert (found.external_reference, found.due_date) == ("FA-889", "2026-03-04")


def probe(total: int, debit: str | None) -> dict[str, Any]:
    totals = {"credit_debit": {"debit": debit, "credit": debit}} if debit else []
    return {"pagination": {"total": total}, "data": [], "aggregations": totals}


def test_the_mark_of_a_journal_moves_with_its_totals_and_costs_one_call():
    def mark(total: int, debit: str | None) -> str | None:
        sellsy = FakeSellsy(details={"/accounting-journal/sells/search": probe(total, debit)})
        found = journal_mark(sellsy, Direction.SALES, START, None)  # type: ignore[arg-type]
        assert len(sellsy.calls) == 1
        return found

    assert mark(3, "1200.00") == mark(3, "1200.00")
    assert len({mark(3, "1200.00"), mark(6, "1200.00"), mark(3, "1200.01")}) == 3
    assert mark(3, None) is None
