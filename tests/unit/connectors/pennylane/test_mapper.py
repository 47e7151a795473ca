"""Entries become invoices: VAT dealt out to the cent, signs by kind of document, nothing lost, nothing invented."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellsy_ledger.connectors.pennylane import mapper, raw_entries
from sellsy_ledger.connectors.pennylane.ids import account_id, account_tool_id
from sellsy_ledger.connectors.pennylane.vat_codes import inferred_rate, is_self_assessed, vat_codes
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import DocumentError
from tests.contract.pennylane_entries import DAY, make_entry, request_for

LEDGER = Ledger(
    accounts=(
        Account(number="706000", tool_id="1"),
        Account(number="707000", tool_id="2 FR_55=3"),
        Account(number="419100", tool_id="4"),
        Account(number="607000", tool_id="5"),
        Account(number="445710", tool_id="6"),
        Account(number="758000", tool_id="7"),
        Account(number="708500", tool_id="8", active=False),
    ),
    journals=(Journal(code="VE", tool_id="11"), Journal(code="AC", tool_id="12")),
    vat_codes=vat_codes(),
    fiscal_years=(
        FiscalYear(start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31), closed=True),
        FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),
    ),
)
INDEX = LedgerIndex(LEDGER)
PARTY = LedgerThirdParty(
    auxiliary_account="411X", name="Exemple", direction=Direction.SALES, tool_id="55", account_tool_id="66"
)


def imported(kind: Kind, entry: JournalEntry, **changes: Any) -> dict[str, Any]:
    request = msgspec.structs.replace(request_for(kind, entry, LEDGER, PARTY), **changes)
    return mapper.import_body(request, INDEX, 9001)


def refusal(kind: Kind, entry: JournalEntry, **changes: Any) -> DocumentError:
    with pytest.raises(DocumentError) as refused:
        imported(kind, entry, **changes)
    return refused.value


# -- dealing VAT out ---------------------------------------------------------------------------------------------
cents = st.integers(-10_000_000, 10_000_000)


@given(
    nets=st.lists(cents, min_size=1, max_size=20), vat=cents, rate=st.sampled_from([None, Decimal(20), Decimal("5.5")])
)
def test_shares_add_up_to_the_vat_exactly(nets: list[int], vat: int, rate: Decimal | None) -> None:
    shares = mapper.split_vat(nets, vat, rate)
    assert sum(shares) == vat
    assert len(shares) == len(nets)


@given(
    nets=st.lists(st.integers(1, 10_000_000), min_size=1, max_size=20),
    rate=st.sampled_from([Decimal(20), Decimal("2.1")]),
)
def test_no_share_is_a_cent_off_its_rate(nets: list[int], rate: Decimal) -> None:
    vat = round(sum(nets) * rate / 100)
    for net, share in zip(nets, mapper.split_vat(nets, vat, rate), strict=True):
        assert abs(share - net * rate / 100) <= Decimal("1.5")


def test_a_deducted_deposit_takes_its_own_vat_back() -> None:
    assert mapper.split_vat([100_000, -100_000], 0, Decimal(20)) == [20_000, -20_000]


def test_what_the_document_rounded_differently_ends_on_the_last_line() -> None:
    assert mapper.split_vat([1_000, 1_000], 402, Decimal(20)) == [200, 202]


def test_vat_that_the_rate_does_not_explain_follows_the_nets() -> None:
    assert mapper.split_vat([3_000, 1_000], 400, Decimal(20)) == [300, 100]
    assert mapper.split_vat([3_000, -3_000], 500, None) == [0, 500]


# -- invoices ----------------------------------------------------------------------------------------------------
def test_a_sale_says_number_dates_third_party_and_totals() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 10_000, "Conseil")], {}, 0, DAY + dt.timedelta(days=30))
    body = imported(Kind.SALES_INVOICE, entry, draft=True)
    assert body["import_as_incomplete"] is True
    assert (body["date"], body["deadline"]) == ("2026-02-03", "2026-03-05")
    assert (body["customer_id"], body["invoice_number"]) == (55, "F-2026-0001")
    assert body["external_reference"] == "sellsy:1:x:1"
    totals = ("currency_amount_before_tax", "currency_tax", "currency_amount")
    assert [body[name] for name in totals] == ["100.00", "20.00", "120.00"]
    assert body["invoice_lines"] == [
        {
            "currency_amount": "120.00",
            "currency_tax": "20.00",
            "vat_rate": "FR_200",
            "ledger_entry_line": {"label": "Conseil"},
            "label": "Conseil",
            "quantity": 1,
            "unit": "piece",
            "raw_currency_unit_price": "100.00",
            "ledger_account_id": 1,
        }
    ]


def test_a_purchase_has_a_supplier_and_no_quantities() -> None:
    entry = make_entry(Kind.PURCHASE_INVOICE, [(0, "FR_200", 10_000, "Achat")], {}, 0, None)
    body = imported(Kind.PURCHASE_INVOICE, entry)
    assert body["supplier_id"] == 55
    assert "customer_id" not in body
    assert set(body["invoice_lines"][0]) == {
        "currency_amount", "currency_tax", "vat_rate", "ledger_entry_line", "ledger_account_id",
    }  # fmt: skip


def test_a_credit_note_is_negative_with_minus_one_piece_at_a_positive_price() -> None:
    entry = make_entry(Kind.SALES_CREDIT_NOTE, [(0, "FR_200", 10_000, "Avoir")], {}, 0, None)
    body = imported(Kind.SALES_CREDIT_NOTE, entry)
    line = body["invoice_lines"][0]
    assert (body["currency_amount"], line["currency_amount"], line["currency_tax"]) == ("-120.00", "-120.00", "-20.00")
    assert (line["quantity"], line["raw_currency_unit_price"]) == (-1, "100.00")


def test_a_rounding_line_is_its_own_line_without_vat() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 3_003, "x")], {"FR_200": -1}, 1, None)
    rounding = imported(Kind.SALES_INVOICE, entry)["invoice_lines"][-1]
    assert (rounding["currency_amount"], rounding["currency_tax"]) == ("0.01", "0.00")
    assert (rounding["vat_rate"], rounding["ledger_account_id"]) == ("exempt", 7)


def test_the_account_variant_of_the_vat_code_is_taken() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(1, "FR_200", 100, "a"), (1, "FR_55", 200, "b")], {}, 0, None)
    assert [line["ledger_account_id"] for line in imported(Kind.SALES_INVOICE, entry)["invoice_lines"]] == [2, 3]


def test_vat_without_a_net_line_gets_a_line_of_its_own() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 10_000, "x")], {}, 0, None)
    net = msgspec.structs.replace(entry.lines[1], vat_code="FR_100")
    entry = msgspec.structs.replace(entry, lines=(entry.lines[0], net, entry.lines[2]))
    body = imported(Kind.SALES_INVOICE, entry)
    assert [line["currency_amount"] for line in body["invoice_lines"]] == ["100.00", "20.00"]
    assert [line["currency_tax"] for line in body["invoice_lines"]] == ["0.00", "20.00"]
    assert "ledger_account_id" not in body["invoice_lines"][1]


def test_a_reverse_charge_purchase_carries_no_vat() -> None:
    entry = make_entry(Kind.PURCHASE_INVOICE, [(0, "intracom_100", 5, "x"), (0, "intracom_100", 7, "y")], {}, 0, None)
    body = imported(Kind.PURCHASE_INVOICE, entry)
    assert {line["currency_tax"] for line in body["invoice_lines"]} == {"0.00"}


def test_the_deadline_is_never_before_the_date() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, DAY - dt.timedelta(days=9))
    assert imported(Kind.SALES_INVOICE, entry)["deadline"] == "2026-02-03"


def test_texts_become_one_clean_line_of_255_characters() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "a\x00b\nc\t" + "é" * 400)], {}, 0, None, "\x00\n")
    body = imported(Kind.SALES_INVOICE, entry)
    label = body["invoice_lines"][0]["ledger_entry_line"]["label"]
    assert label.startswith("a b c éé")
    assert len(label) == 255
    assert body["label"] == "F-2026-0001"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vat_code": None}, Reason.VAT_CODE_UNMAPPED),
        ({"vat_code": "C20"}, Reason.VAT_CODE_UNMAPPED),
        ({"account": "799999"}, Reason.ACCOUNT_UNKNOWN),
        ({"account": "708500"}, Reason.ACCOUNT_UNKNOWN),
        ({"credit_cents": 10_001}, Reason.AMOUNTS_DO_NOT_CLOSE),
    ],
)
def test_a_line_that_does_not_fit_is_refused_before_anything_is_sent(change: dict[str, Any], reason: Reason) -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 10_000, "x")], {}, 0, None)
    lines = list(entry.lines)
    lines[1] = msgspec.structs.replace(lines[1], **change)
    refused = refusal(Kind.SALES_INVOICE, msgspec.structs.replace(entry, lines=tuple(lines)))
    assert (refused.reason, bool(refused.facts["detail"]), bool(refused.field)) == (reason, True, True)


def test_a_date_in_a_closed_year_is_refused_in_french_words() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None)
    refused = refusal(Kind.SALES_INVOICE, msgspec.structs.replace(entry, date=dt.date(2025, 6, 1)))
    assert (refused.reason, refused.facts["detail"]) == (Reason.PERIOD_CLOSED, "01/06/2025")


def test_a_third_party_without_id_is_refused() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None)
    party = msgspec.structs.replace(PARTY, tool_id="")
    assert refusal(Kind.SALES_INVOICE, entry, third_party=party).reason is Reason.THIRD_PARTY_REFUSED


# -- raw entries -------------------------------------------------------------------------------------------------
def raw(kind: Kind, entry: JournalEntry, **changes: Any) -> dict[str, Any]:
    request = msgspec.structs.replace(request_for(kind, entry, LEDGER, PARTY, pdf=None), **changes)
    return raw_entries.raw_entry_body(request, INDEX)


def test_a_raw_entry_has_every_line_its_journal_and_the_key_in_its_label() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 10_000, "x")], {}, 0, None)
    body = raw(Kind.SALES_INVOICE, entry)
    assert body["label"] == "Exemple [sellsy:1:x:1]"
    assert (body["journal_id"], body["piece_number"], body["due_date"]) == (11, "F-2026-0001", None)
    assert [(line["ledger_account_id"], line["debit"], line["credit"]) for line in body["ledger_entry_lines"]] == [
        (66, "120.00", "0.00"),
        (1, "0.00", "100.00"),
        (6, "0.00", "20.00"),
    ]


def test_a_raw_entry_cannot_be_a_draft() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None)
    with pytest.raises(DocumentError) as refused:
        raw(Kind.SALES_INVOICE, entry, draft=True)
    assert refused.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING
    assert "brouillon" in refused.value.facts["detail"]


def test_a_raw_purchase_with_reverse_charge_is_refused_because_nobody_would_compute_it() -> None:
    entry = make_entry(Kind.PURCHASE_INVOICE, [(0, "intracom_100", 100, "x")], {}, 0, None)
    with pytest.raises(DocumentError) as refused:
        raw(Kind.PURCHASE_INVOICE, entry)
    assert "autoliquidation" in refused.value.facts["detail"]


def test_a_raw_entry_of_an_intra_eu_sale_needs_no_pair() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "intracom_100", 100, "x")], {}, 0, None)
    assert len(raw(Kind.SALES_INVOICE, entry)["ledger_entry_lines"]) == 2


def test_more_lines_than_a_raw_entry_takes_are_refused() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "exempt", 1, f"n{n}") for n in range(1_000)], {}, 0, None)
    with pytest.raises(DocumentError) as refused:
        raw(Kind.SALES_INVOICE, entry)
    assert refused.value.facts["detail"].startswith("1001 lignes")


def test_an_invoice_of_three_thousand_rows_is_imported_whole() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 33, f"n{n}") for n in range(3_000)], {}, 0, None)
    assert len(imported(Kind.SALES_INVOICE, entry)["invoice_lines"]) == 3_000


# -- ids and codes -----------------------------------------------------------------------------------------------
def test_the_best_id_of_a_number_is_enabled_and_for_any_rate() -> None:
    assert (
        account_tool_id([(5, "any", False), (7, "FR_200", True), (6, "any", True), (8, "FR_55", False)]) == "6 FR_200=7"
    )
    assert account_tool_id([(9, "FR_55", True)]) == "9"


def test_an_account_without_id_is_refused() -> None:
    with pytest.raises(DocumentError):
        account_id(Account(number="1"), None)


@pytest.mark.parametrize(
    ("code", "rate", "self_assessed"),
    [
        ("FR_200", "20", False), ("FR_55", "5.5", False), ("FR_1_05", "1.05", False), ("FR_09", "0.9", False),
        ("FR_15_385", "15.385", False), ("exempt", "0", False), ("intracom_85", "8.5", True),
        ("FR_200_construction", "20", True), ("crossborder", None, True), ("extracom", None, True),
        ("DE_70_BU0002", "7", False),
    ],
)  # fmt: skip
def test_a_code_says_its_rate_and_who_assesses_the_vat(code: str, rate: str | None, self_assessed: bool) -> None:
    assert inferred_rate(code) == (None if rate is None else Decimal(rate))
    assert is_self_assessed(code) is self_assessed


def test_inferred_rates_are_marked_and_mixed_is_no_choice() -> None:
    labels = {code.code: code.label for code in vat_codes()}
    assert labels["FR_200"] == "TVA 20 %"
    assert labels["FR_55"] == "TVA 5,5 % (taux déduit du code)"
    assert "mixed" not in labels
    assert len(labels) == len(vat_codes()) > 170


def test_the_file_name_is_printable_and_short() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None, number="../a\n" + "b" * 300)
    request = msgspec.structs.replace(request_for(Kind.SALES_INVOICE, entry, LEDGER, PARTY), supporting_document=None)
    name = mapper.file_name(request)
    assert len(name) == 255
    assert "/" not in name
    assert name.endswith(".pdf")


def test_a_third_party_line_alone_is_nothing_to_import() -> None:
    line = EntryLine(account="411000", label="x", debit_cents=0, role=Role.THIRD_PARTY)
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None)
    refused = refusal(Kind.SALES_INVOICE, msgspec.structs.replace(entry, lines=(line,)))
    assert refused.reason is Reason.REFUSED_BY_TOOL
