"""From a document to its entry: what waits, what is left alone, what the lines carry."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sellsy_ledger.core.capabilities import Capabilities, VatSupport
from sellsy_ledger.core.documents import Document, Kind
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.fingerprint import fingerprint
from sellsy_ledger.core.journalise import Journaliser, balance, journalise, map_lines
from sellsy_ledger.core.ledger import Account, Journal
from sellsy_ledger.core.outcomes import Outcome, Reason, State
from sellsy_ledger.errors import InvariantBroken
from tests.unit.core.builders import (
    CUSTOMER,
    SUPPLIER,
    VAT_LINES,
    capabilities,
    changed,
    document,
    ledger,
    row,
    settings,
    vat,
    written,
)

SALE = document([row("100", account="707")], [vat(2000)])


def make(
    document_: Document, third_party: Any = None, index: Any = None, tool: Capabilities | None = None, **changes: Any
) -> Outcome:
    third_party = third_party or (CUSTOMER if document_.kind.direction.value == "sales" else SUPPLIER)
    return Journaliser(settings(**changes), index or ledger(), tool or capabilities())(document_, third_party)


def lines(outcome: Outcome) -> list[tuple[Any, ...]]:
    assert outcome.entry is not None, outcome.message
    return [written(line) for line in outcome.entry.lines]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accounted": False}, Reason.NOT_ACCOUNTED),
        ({"status": "draft"}, Reason.NOT_ACCOUNTED),
        ({"currency": "CHF"}, Reason.CURRENCY_NOT_SUPPORTED),
        ({"gross_cents": 99999}, Reason.AMOUNTS_DO_NOT_CLOSE),
    ],
)
def test_what_cannot_be_booked_waits(changes: dict[str, Any], reason: Reason) -> None:
    outcome = make(changed(SALE, **changes))
    assert (outcome.state, outcome.reason, outcome.entry) == (State.WAITING, reason, None)


def test_a_source_that_does_not_say_whether_it_is_accounted_stops_nothing() -> None:
    assert make(changed(SALE, accounted=None)).state is State.READY


def test_a_zero_document_is_nothing_to_post_whatever_the_mapping_lacks() -> None:
    outcome = make(document([row("10"), row("-10")], [vat(0)]), vat=[])
    assert (outcome.state, outcome.reason) == (State.NOTHING_TO_POST, Reason.ZERO_AMOUNT)


def test_vat_on_a_total_of_zero_is_booked() -> None:
    outcome = make(document([row("100", account="707"), row("-120", 3, "707")], [vat(2000)]))
    assert lines(outcome) == [
        ("707000", None, 12000, 0, "net"),
        ("707000", None, 0, 10000, "net"),
        ("445710", None, 0, 2000, "vat"),
    ]


def test_a_negative_total_swaps_the_sides() -> None:
    outcome = make(document([row("-100", account="707")], [vat(-2000)]))
    assert lines(outcome) == [
        ("411000", "CLI001", 0, 12000, "third_party"),
        ("707000", None, 10000, 0, "net"),
        ("445710", None, 2000, 0, "vat"),
    ]


def test_a_document_without_a_usable_number_is_rejected() -> None:
    outcome = make(changed(SALE, number="---"), tool=capabilities(piece_pattern="A-Z0-9"))
    assert (outcome.state, outcome.reason) == (State.REJECTED, Reason.DOCUMENT_UNREADABLE)


@pytest.mark.parametrize(
    ("journals", "code"),
    [
        ([], "VE"),
        ([Journal(code="VE", kind="sales", open=False)], "VE"),
        ([Journal(code="VE", kind="purchases")], "VE"),
    ],
    ids=["missing", "closed", "of the other kind"],
)
def test_a_journal_that_takes_no_sales_is_named(journals: list[Journal], code: str) -> None:
    outcome = make(SALE, index=ledger(journals=tuple(journals)))
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.JOURNAL_MISSING)
    assert code in outcome.message


def test_a_document_outside_the_scope_has_no_journal() -> None:
    outcome = make(SALE, scope="purchases", journals={"sales": None})
    assert outcome.reason is Reason.JOURNAL_MISSING


@pytest.mark.parametrize("missing", ["411000", "445710"])
def test_an_account_that_the_settings_name_and_the_ledger_lacks_is_named(missing: str) -> None:
    accounts = [Account(number=n, active=n != missing) for n in ("411000", "445710", "706000", "707000")]
    outcome = make(SALE, index=ledger(accounts))
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.ACCOUNT_UNKNOWN)
    assert missing[:5] in outcome.message


def test_a_collective_account_need_not_be_listed_where_only_auxiliaries_are_booked() -> None:
    index = ledger("4457 44571 706 707")
    assert make(SALE, index=index, tool=capabilities(auxiliary_in_account=True)).state is State.READY
    assert make(SALE, index=index).reason is Reason.ACCOUNT_UNKNOWN


def test_an_inactive_third_party_waits() -> None:
    outcome = make(SALE, changed(CUSTOMER, active=False))
    assert outcome.reason is Reason.ACCOUNT_UNKNOWN
    assert "CLI001" in outcome.message


def test_a_rate_without_mapping_waits_even_when_its_vat_is_zero() -> None:
    outcome = make(document([row("100", 3)], [vat(0, 3)]), vat=VAT_LINES[:2])
    assert outcome.reason is Reason.VAT_CODE_UNMAPPED
    assert "0 %" in outcome.message


def test_a_zero_rate_gives_no_vat_line_and_its_code_to_the_net_line() -> None:
    outcome = make(document([row("100", 3, "707")], [vat(0, 3)]))
    assert outcome.entry is not None
    assert [(line.role, line.vat_code) for line in outcome.entry.lines] == [(Role.THIRD_PARTY, None), (Role.NET, "C0")]


def test_a_row_whose_tax_is_not_printed_uses_its_own_rate() -> None:
    outcome = make(document([row("100", account="707"), row("50", 3, "707")], [vat(2000)]))
    assert outcome.entry is not None
    assert [line.vat_code for line in outcome.entry.lines if line.role is Role.NET] == ["C0", "C20"]


def test_a_row_without_tax_takes_the_printed_tax_of_its_rate() -> None:
    mapping = [{"direction": "sales", "sellsy_tax_id": 1, "vat_code": "C20", "account": "44571"}]
    outcome = make(document([row("100", None, "707", rate=vat(0).rate)], [vat(2000)]), vat=mapping)
    assert outcome.state is State.READY


def test_rates_are_never_merged_on_one_vat_account() -> None:
    outcome = make(document([row("100", account="707"), row("100", 2, "707")], [vat(2000), vat(550, 2)]))
    assert outcome.entry is not None
    assert [line.credit_cents for line in outcome.entry.lines if line.role is Role.VAT] == [2000, 550]
    assert [line.credit_cents for line in outcome.entry.lines if line.role is Role.NET] == [10000, 10000]


def test_rates_are_never_merged_where_the_tool_has_no_codes() -> None:
    mapping = [{"direction": "sales", "account": "44571"}]
    mixed = document([row("100", account="707"), row("100", 2, "707")], [vat(2000), vat(550, 2)])
    outcome = make(mixed, vat=mapping, tool=capabilities(vat=VatSupport.ACCOUNT_ONLY))
    assert outcome.entry is not None
    assert [line.credit_cents for line in outcome.entry.lines if line.role is Role.NET] == [10000, 10000]


def test_the_order_of_rows_does_not_change_the_order_of_lines() -> None:
    rows = [row("10", account="707"), row("20", account="706"), row("5", 2, "707"), row("1", account="707")]
    taxes = [vat(620), vat(28, 2)]
    assert lines(make(document(rows, taxes))) == lines(make(document(rows[::-1], taxes)))


def test_analytic_codes_keep_net_lines_apart() -> None:
    rows = [row("10", account="707", analytic_code="A"), row("20", account="707"), row("5", account="707")]
    outcome = make(document(rows, [vat(700)], analytic_code="Z"))
    assert outcome.entry is not None
    nets = [(line.analytic_code, line.credit_cents) for line in outcome.entry.lines if line.role is Role.NET]
    assert nets == [("A", 1000), ("Z", 2500)]


def test_nets_are_summed_exactly_and_rounded_once() -> None:
    rows = [row("0.005", account="707")] * 3 + [row("99.985", account="707")]
    assert ("707000", None, 0, 10000, "net") in lines(make(document(rows, [vat(2000)], net_cents=10000)))


def test_a_printed_amount_on_a_reverse_charge_contradicts_itself() -> None:
    mapping = [
        {
            "direction": "purchases",
            "sellsy_tax_id": 1,
            "rate": "20",
            "vat_code": "D20",
            "account": "445662",
            "reverse_charge_account": "4452",
        }
    ]
    outcome = make(document([row("100")], [vat(2000)], kind=Kind.PURCHASE_INVOICE), vat=mapping)
    assert outcome.reason is Reason.AMOUNTS_DO_NOT_CLOSE
    assert "autoliquidée" in outcome.message


def test_the_tool_that_computes_vat_gets_no_pair() -> None:
    mapping = [{"direction": "purchases", "category": "K", "vat_code": "D20"}]
    eu = document([row("100", 9, "607")], [vat(0, 9, "0", "K")], kind=Kind.PURCHASE_INVOICE)
    assert [line[4] for line in lines(make(eu, vat=mapping, tool=capabilities(computes_vat=True)))] == [
        "third_party",
        "net",
    ]


def test_a_reverse_charge_credit_note_swaps_its_pair() -> None:
    mapping = [
        {
            "direction": "purchases",
            "category": "K",
            "rate": "20",
            "vat_code": "D20",
            "account": "445662",
            "reverse_charge_account": "4452",
        }
    ]
    eu = document([row("100", 9, "607")], [vat(0, 9, "0", "K")], kind=Kind.PURCHASE_CREDIT_NOTE)
    assert lines(make(eu, vat=mapping))[2:] == [
        ("445662", None, 0, 2000, "vat"),
        ("445200", None, 2000, 0, "vat"),
    ]


def test_the_waiting_account_of_year_end_invoices_is_warned_about() -> None:
    mapping = [{"direction": "sales", "rate": "20", "vat_code": "C20", "account": "44587"}]
    outcome = make(SALE, vat=mapping)
    assert outcome.state is State.READY
    assert any("44574" in warning for warning in outcome.warnings)


def test_vat_that_fits_no_legal_rate_is_warned_about() -> None:
    outcome = make(document([row("100", account="707")], [vat(1500)]))
    assert outcome.state is State.READY
    assert any("aucun taux légal" in warning for warning in outcome.warnings)


def test_dates_numbers_and_journal_are_carried() -> None:
    outcome = make(SALE, tool=capabilities(piece_pattern="A-Z0-9", piece_max=6))
    entry = outcome.entry
    assert entry is not None
    assert (entry.journal, entry.date, entry.piece_date) == ("VE", SALE.date, SALE.date)
    assert (entry.due_date, entry.piece, entry.number) == (dt.date(2026, 3, 5), "260117", "F-2026-0117")


def test_the_two_steps_give_what_both_give_at_once() -> None:
    gap = changed(SALE, gross_cents=12001)
    parts = (settings(), ledger(), capabilities())
    mapped = map_lines(gap, CUSTOMER, *parts)
    assert mapped.entry is not None
    assert mapped.entry.debit_cents != mapped.entry.credit_cents
    whole = journalise(gap, CUSTOMER, *parts)
    assert balance(gap, mapped.entry, *parts).entry == whole.entry
    assert whole.fingerprint == fingerprint(gap)


@pytest.mark.parametrize(
    "style", ["third_party_then_description", "third_party", "third_party_and_description", "third_party_and_number"]
)
def test_the_rounding_line_is_labelled_in_every_style(style: str) -> None:
    outcome = make(changed(SALE, gross_cents=12001), label_style=style)
    assert outcome.entry is not None
    label = outcome.entry.lines[-1].label
    assert outcome.entry.lines[-1].role is Role.ROUNDING
    assert ("Écart d'arrondi" in label) is style.endswith("description")
    assert ("Café de la Gare" in label) is (style != "third_party_then_description")


def test_a_ledger_that_changed_between_the_steps_makes_the_document_wait() -> None:
    mapped = map_lines(SALE, CUSTOMER, settings(), ledger(), capabilities())
    assert mapped.entry is not None
    outcome = balance(SALE, mapped.entry, settings(), ledger("411 44571"), capabilities())
    assert (outcome.state, outcome.reason) == (State.WAITING, Reason.ACCOUNT_UNKNOWN)
    assert "707000" in outcome.message


def test_an_entry_that_breaks_an_invariant_crashes_loudly() -> None:
    mapped = map_lines(SALE, CUSTOMER, settings(), ledger(), capabilities())
    assert mapped.entry is not None
    with pytest.raises(InvariantBroken, match="B8"):
        balance(SALE, changed(mapped.entry, piece="OTHER"), settings(), ledger(), capabilities())


def test_a_caller_that_forgot_the_rows_or_crosses_directions_crashes_loudly() -> None:
    with pytest.raises(InvariantBroken, match="rows"):
        make(changed(SALE, rows=None))
    with pytest.raises(InvariantBroken, match="direction"):
        make(SALE, SUPPLIER)


def test_three_thousand_rows_make_one_line() -> None:
    rows = [row("0.333", account="707", description=f"Ligne {i}") for i in range(3000)]
    outcome = make(document(rows, [vat(19980)], net_cents=99900))
    assert outcome.entry is not None
    assert len(outcome.entry.lines) == 3
    assert len(outcome.entry.lines[1].label) <= 255
