from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from sellsy_ledger.core.documents import Kind, ThirdPartyRef
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.fields import Tax
from sellsy_ledger.sources.sellsy.objects import parse_document
from sellsy_ledger.sources.sellsy.purchases import php_taxes, read_purchase

from . import samples

TAXES = {86718: Tax(86718, Decimal(20), "S", "TVA 20%")}


def encoded(data: Any) -> bytes:
    return json.dumps(data).encode()


def read(**changes: Any):
    return parse_document(Kind.PURCHASE_INVOICE, encoded(samples.purchase(**changes)))


def refusal(**changes: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(**changes)
    assert caught.value.reason is Reason.DOCUMENT_UNREADABLE
    return caught.value


def test_a_purchase_is_read_whole():
    document = read()
    assert (document.key, document.number, document.internal_number) == (
        "purchase_invoice:1304",
        "FA-889",
        "F_INV-20260201-00001",
    )
    assert document.date == dt.date(2026, 2, 1)
    assert (document.gross_cents, document.net_cents) == (4200, 3500)
    assert [(tax.tax_id, tax.rate, tax.vat_cents) for tax in document.vat] == [(86718, Decimal(20), 700)]
    assert document.third_party == ThirdPartyRef(type="company", id=119304)
    assert (document.third_party_name, document.third_party_vat_number) == ("Papeterie SA", "FR12345678901")
    assert document.rows is not None
    assert [(line.net, line.description, line.accounting_code_id) for line in document.rows] == [
        (Decimal(35), "Ramettes", None)
    ]


def test_the_envelope_is_taken_off():
    envelope = {"response": samples.purchase(), "error": "", "status": "success"}
    assert parse_document(Kind.PURCHASE_INVOICE, encoded(envelope)) == read()
    assert parse_document(Kind.PURCHASE_INVOICE, envelope) == read()


@pytest.mark.parametrize(
    "answer",
    [
        {"response": None, "error": {"code": "E_OBJ_NOT_LOADABLE", "message": "x"}, "status": "error"},
        {"response": None, "error": "", "status": "success"},
        {"response": [], "error": "", "status": "success"},
        [],
        "oauth_problem=token_rejected",
    ],
)
def test_an_error_answer_is_no_purchase(answer: Any):
    with pytest.raises(DocumentError):
        parse_document(Kind.PURCHASE_INVOICE, encoded(answer))


def test_a_list_item_has_iso_dates_a_due_date_and_no_rows():
    found = read_purchase(Kind.PURCHASE_INVOICE, encoded(samples.purchase_item()), TAXES)
    assert found.document.date == dt.date(2026, 2, 1)
    assert found.document.due_date == dt.date(2026, 3, 1)
    assert found.document.rows is None
    assert (found.document.id, found.linked_id, found.recordable) == (1304, 316, True)


def test_empty_dates_are_no_dates():
    assert read(payDateCustom="0000-00-00").due_date is None
    assert read(created="0000-00-00 00:00:00").created_on is None
    assert refusal(displayedDate="0000-00-00").field == "displayedDate"
    assert refusal(displayedDate="31/02/2026").field == "displayedDate"


def test_without_the_suppliers_number_sellsys_own_stands():
    assert read(externalident="").number == "F_INV-20260201-00001"


def test_rows_come_in_printed_order_whatever_php_made_of_them():
    rows = [
        samples.v1_row(id="1", rank="10", name="dixième"),
        samples.v1_row(id="2", rank="9", name="neuvième"),
        samples.v1_row(id="3", rank="8", name="option", isOption="Y"),
        samples.v1_row(id="4", rank="7", type="title", name="titre"),
        samples.v1_row(id="5", rank="6", type="sum", totalAmount="99.000000000"),
        samples.v1_row(id="6", rank="5", type="shipping", name="port"),
        samples.v1_row(id="7", rank="4", type="brand-new", name="nouveau"),
    ]
    as_list = read(map={"rows": rows})
    as_object = read(map={"rows": {**{one["id"]: one for one in rows}, "_xml_childtag": "row"}})
    assert as_list.rows == as_object.rows
    assert as_list.rows is not None
    assert [line.description for line in as_list.rows] == ["nouveau", "port", "neuvième", "dixième"]
    assert read(map=[], taxes={"86718": {"id": "86718", "value": "20,00"}}).rows == ()


def test_names_may_be_spelled_in_any_case():
    shouted = {name.upper(): value for name, value in samples.purchase().items()}
    assert parse_document(Kind.PURCHASE_INVOICE, encoded(shouted)) == read()


@pytest.mark.parametrize(
    ("text", "taxes"),
    [
        ("", []),
        (None, []),
        ("a:0:{}", []),
        ('a:1:{i:86718;s:11:"7.000000000";}', [(86718, "7.000000000")]),
        ('a:2:{i:1;s:4:"1.00";i:22;s:5:"-0.50";}', [(1, "1.00"), (22, "-0.50")]),
        ("a:1:{i:5;d:7.5;}", [(5, "7.5")]),
    ],
)
def test_php_serialised_taxes_are_read(text: Any, taxes: Any):
    assert php_taxes(text) == taxes


@pytest.mark.parametrize("text", ["O:8:stdClass", 'a:2:{i:1;s:4:"1.00";}', "7.00", 'a:1:{s:1:"a";s:1:"b";}', 12])
def test_any_other_serialised_text_is_refused_so_that_no_vat_is_lost(text: Any):
    with pytest.raises(DocumentError):
        php_taxes(text)


def test_vat_without_details_is_added_up_from_the_rows_when_it_meets_the_total():
    document = read(taxesAmountDetails="")
    assert [(tax.tax_id, tax.vat_cents) for tax in document.vat] == [(86718, 700)]
    assert refusal(taxesAmountDetails="", taxesAmountSum="7.010000000").field == "taxesAmountDetails"


def test_a_tax_without_a_known_rate_is_refused():
    error = refusal(taxesAmountDetails='a:1:{i:999;s:4:"7.00";}')
    assert "999" in error.message


def test_a_rate_may_come_from_the_answers_own_list_of_taxes():
    dictionary = {"999": {"id": "999", "value": "5,50"}, "_xml_childtag": "tax"}
    document = read(taxesAmountDetails='a:1:{i:999;s:4:"7.00";}', taxes=dictionary)
    assert document.vat[0].rate == Decimal("5.5")


@pytest.mark.parametrize(
    ("flags", "accounted"),
    [
        ({"recordable": "Y", "recorded": "N"}, True),
        ({"recordable": "N", "recorded": "Y"}, True),
        ({"recordable": "N", "recorded": "N"}, False),
        ({"recordable": None, "recorded": None}, None),
        ({"recordable": "Y", "step": "draft"}, False),
    ],
)
def test_v1_flags_tell_whether_it_is_accounted(flags: dict[str, Any], accounted: bool | None):
    assert read(**flags).accounted is accounted


def test_a_currency_is_euros_only_when_surely_so():
    dollars = read(currencysymbol="$", prefs={"currencyid": "2"}, currencies={"2": {"name": "USD"}})
    assert dollars.currency == "USD"
    assert read(currencysymbol="$").currency == "$"
    assert refusal(currencysymbol="").field == "currencysymbol"


@pytest.mark.parametrize("said", ["purCreditNote", "purOrder", "purDelivery"])
def test_another_type_than_asked_is_refused(said: str):
    assert refusal(type=said, linkedtype=said).field == "linkedtype"


def test_a_supplier_credit_note_is_read_as_one():
    data = samples.purchase(type="purCreditNote", linkedtype="purCreditNote", step="stored")
    document = parse_document(Kind.PURCHASE_CREDIT_NOTE, encoded(data))
    assert document.key == "purchase_credit_note:1304"
    assert document.gross_cents == 4200


@pytest.mark.parametrize("wrong", ["NaN", "", "douze", 42.5])
def test_amounts_that_are_no_decimal_text_are_refused(wrong: Any):
    assert refusal(totalAmount=wrong).field == "totalAmount"
    assert refusal(map={"rows": [samples.v1_row(totalAmount=wrong if wrong != "" else None)]}).field.startswith(
        "map.rows"
    )
