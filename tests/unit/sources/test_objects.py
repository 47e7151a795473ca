from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from sellsy_ledger.core.documents import DueOn, Kind, ThirdPartyRef
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.objects import Tax, parse_document

from . import samples

TAXES = {911: Tax(911, Decimal(20), "S", "TVA"), 912: Tax(912, Decimal("5.5"), "AE", "Autoliquidation")}


def read(**changes: Any):
    return parse_document(Kind.SALES_INVOICE, json.dumps(samples.invoice(**changes)).encode(), TAXES)


def refusal(**changes: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(**changes)
    assert caught.value.reason is Reason.DOCUMENT_UNREADABLE
    return caught.value


def amounts(**changes: Any) -> dict[str, Any]:
    return {**samples.invoice()["amounts"], **changes}


def test_an_invoice_is_read_whole():
    document = read()
    assert (document.key, document.number, document.date, document.due_date) == (
        "sales_invoice:48213",
        "F-2026-0117",
        dt.date(2026, 2, 3),
        dt.date(2026, 3, 5),
    )
    assert (document.gross_cents, document.net_cents, document.vat_cents) == (120000, 100000, 20000)
    assert document.vat[0].category == "S"
    assert document.vat_due_on is DueOn.INVOICE
    assert document.accounted is True
    assert document.third_party == ThirdPartyRef(type="company", id=7001)
    assert (document.service_start, document.service_end) == (dt.date(2026, 1, 1), dt.date(2026, 3, 31))
    assert document.rows is not None
    assert [(line.net, line.description, line.accounting_code_id) for line in document.rows] == [
        (Decimal("1000.00"), "Maintenance T1", 7060)
    ]


def test_a_parsed_object_reads_like_its_text():
    assert parse_document(Kind.SALES_INVOICE, samples.invoice(), TAXES) == read()


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ({"type": "single"}, True),
        ({"type": "shipping", "description": None}, True),
        ({"type": "packaging"}, True),
        ({"type": "deposit"}, True),
        ({"type": "something-new"}, True),
        ({"type": "something-new", "amount_tax_exc": None}, False),
        ({"type": "sub-total", "amount": "1000.00"}, False),
        ({"type": "comment"}, False),
        ({"type": "break-page"}, False),
        ({"is_optional": True}, False),
    ],
)
def test_only_priced_rows_that_are_not_optional_count(kind: dict[str, Any], counts: bool):
    document = read(rows=[samples.row(), samples.row(**kind)])
    assert document.rows is not None
    assert len(document.rows) == (2 if counts else 1)


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "-Infinity", "douze", "1e400", "", "1 000,00", "12.0.0"])
def test_an_amount_that_is_no_number_is_refused_with_its_field(wrong: str):
    assert refusal(amounts=amounts(total_incl_tax=wrong)).field == "amounts.total_incl_tax"
    assert refusal(rows=[samples.row(amount_tax_exc=wrong)]).field == "rows[0].amount_tax_exc"


def test_an_amount_as_a_float_is_refused_with_its_field():
    assert refusal(amounts=amounts(total_incl_tax=1200.0)).field == "amounts.total_incl_tax"
    assert refusal(rows=[samples.row(amount_tax_exc=10.5)]).field == "rows[0].amount_tax_exc"


def test_a_python_float_or_nan_in_a_parsed_object_is_refused_too():
    for wrong in (1200.5, float("nan")):
        with pytest.raises(DocumentError):
            parse_document(Kind.SALES_INVOICE, samples.invoice(amounts=amounts(total_incl_tax=wrong)), TAXES)


@pytest.mark.parametrize("decimals", ["1200", "1200.0", "1200.000", "1200.000000000", 1200])
def test_any_number_of_decimals_is_exact(decimals: Any):
    assert read(amounts=amounts(total_incl_tax=decimals)).gross_cents == 120000


def test_half_a_cent_rounds_away_from_zero():
    assert read(amounts=amounts(total_incl_tax="0.125")).gross_cents == 13
    assert read(amounts=amounts(total_incl_tax="-0.125")).gross_cents == -13


@pytest.mark.parametrize("field", ["amounts", "date", "currency", "number"])
@pytest.mark.parametrize("absent", [None, "missing"])
def test_what_no_entry_can_do_without_is_named_when_absent(field: str, absent: Any):
    data = samples.invoice()
    if absent is None:
        data[field] = None
    else:
        del data[field]
    with pytest.raises(DocumentError) as caught:
        parse_document(Kind.SALES_INVOICE, json.dumps(data).encode())
    assert caught.value.field == field


def test_everything_else_may_be_absent_or_null():
    needed = {"id", "number", "date", "currency", "amounts"}
    least = {name: value for name, value in samples.invoice().items() if name in needed}
    least["amounts"] = {"total_incl_tax": "1200.00", "total_excl_tax": "1000.00"}
    document = parse_document(Kind.SALES_INVOICE, json.dumps(least).encode())
    nulls = {name: least.get(name) for name in samples.invoice()}
    assert parse_document(Kind.SALES_INVOICE, json.dumps(nulls).encode()) == document
    assert document.rows is None
    assert document.accounted is None


def test_php_writes_empty_objects_as_lists():
    document = read(discount=[], service_dates=[], _embed=[], decimal_number=[], taxes=[])
    assert document.deposits == ()
    assert document.service_start is None
    assert refusal(amounts=[]).field == "amounts"


def test_php_may_write_a_list_as_an_object():
    taxes = {str(position): tax for position, tax in enumerate(samples.invoice()["taxes"])}
    assert read(taxes=taxes).vat == read().vat


def test_unknown_fields_and_values_are_no_reason_to_fail():
    document = read(status="brand_new", vat_mode="brand_new", invented={"deep": [1, None]})
    assert document.status == "brand_new"
    assert document.vat_due_on is None


def test_a_draft_is_never_accounted_and_needs_no_number():
    document = read(status="draft", number=None, is_sent_to_accounting=True)
    assert document.accounted is False
    assert document.number == ""


def test_text_arrives_on_one_line_without_html_or_control_characters():
    description = "<p>Ligne&nbsp;1<br />\r\nLigne\t2 &amp; 3</p>\u0000\u200b"
    document = read(rows=[samples.row(description=description)], company_name=" ACME\n\u0007SAS ")
    assert document.rows is not None
    assert document.rows[0].description == "Ligne 1 Ligne 2 & 3"
    assert document.third_party_name == "ACME SAS"


def test_a_comparison_is_no_html():
    document = read(rows=[samples.row(description="Tube 3 < 5 mm > 2")])
    assert document.rows is not None
    assert document.rows[0].description == "Tube 3 < 5 mm > 2"


def test_a_row_without_words_is_named_by_its_reference():
    document = read(rows=[samples.row(description="<p></p>")])
    assert document.rows is not None
    assert document.rows[0].description == "MAINT"


def test_the_creation_day_is_the_one_in_paris():
    assert read(created="2026-03-31T22:30:00+00:00").created_on == dt.date(2026, 4, 1)
    # Clocks go forward in the night of 29 March 2026.
    assert read(created="2026-03-29T00:59:59+00:00").created_on == dt.date(2026, 3, 29)


def test_a_row_without_a_rate_takes_the_printed_one_then_the_accounts():
    printed = read(rows=[samples.row(tax_rate=None)])
    listed = read(rows=[samples.row(tax_rate=None, tax_id=912)])
    untaxed = read(rows=[samples.row(tax_rate=None, tax_id=None)])
    assert [document.rows[0].rate for document in (printed, listed, untaxed) if document.rows] == [
        Decimal(20),
        Decimal("5.5"),
        Decimal(0),
    ]
    assert refusal(rows=[samples.row(tax_rate=None, tax_id=999)]).field == "rows[0].tax_rate"


def test_the_global_discount_is_what_separates_the_two_totals():
    data = amounts(total_raw_excl_tax="1000.005", total_after_discount_excl_tax="950.00", total_shipping="20.00")
    document = read(amounts=data, discount={"percent": "5.00", "amount": "50.00", "type": "percent"})
    assert document.global_discount == Decimal("50.005")
    assert document.shipping_and_packaging == Decimal("20.00")


def test_deposits_and_adjustments_come_from_their_embeds():
    adjustment = {"id": 31, "name": "Retenue", "unit_amount": "10.00", "quantity": 2, "accounting_code_id": 4117}
    document = read(
        amounts=amounts(total_primes_incl_tax="30.00"),
        _embed={
            "deposits": [
                {"id": 77, "type": "deposit", "date": "2026-01-15", "number": "AC-1", "amount": "51.05000000"}
            ],
            "discount_incl_taxes": adjustment,
        },
    )
    assert [(each.id, each.number, each.gross_cents) for each in document.deposits] == [(77, "AC-1", 5105)]
    assert [(each.label, each.amount_cents) for each in document.adjustments] == [("Retenue", 2000), ("Primes", 3000)]
    assert read(_embed={"discount_incl_taxes": [adjustment]}).adjustments == document.adjustments[:1]


def test_a_credit_note_keeps_the_sign_that_sellsy_gives():
    data = samples.invoice(status="stored")
    del data["due_date"], data["vat_mode"]
    document = parse_document(Kind.SALES_CREDIT_NOTE, json.dumps(data).encode())
    assert document.kind.is_credit_note
    assert document.gross_cents == 120000
    assert read(amounts=amounts(total_incl_tax="-1200.00")).gross_cents == -120000


def test_without_a_customer_the_document_is_its_own_witness():
    assert read(related=[{"id": 8002, "type": "contact"}]).third_party == ThirdPartyRef(type="snapshot", id=None)
    assert read(related=None).third_party == ThirdPartyRef(type="snapshot", id=None)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"<html>Oups</html>", b'{"id": 1, "number": "F', b'{"number": "F"}', b"\xff"]
)
def test_what_is_no_document_is_refused(data: bytes):
    with pytest.raises(DocumentError) as caught:
        parse_document(Kind.SALES_INVOICE, data)
    assert caught.value.reason is Reason.DOCUMENT_UNREADABLE


def test_three_thousand_rows_are_read():
    document = read(rows=[samples.row() for _ in range(3000)])
    assert document.rows is not None
    assert len(document.rows) == 3000
