"""Answers that no sound server gives: each is refused with its field, or read without harm, and stops nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.sources.sellsy.halves import mended
from sellsy_ledger.sources.sellsy.objects import parse_document, parse_third_party
from sellsy_ledger.sources.sellsy.purchases import php_taxes
from sellsy_ledger.sources.sellsy.supporting import SupportingDocuments

from . import samples
from .fakes import FakeSellsy
from .test_client import Account, all_items, listing

NESTED = b"[" * 20_000 + b"0" + b"]" * 20_000


def refused(kind: Kind, data: Any) -> str | None:
    with pytest.raises(DocumentError) as caught:
        parse_document(kind, data if isinstance(data, bytes) else json.dumps(data).encode())
    return caught.value.field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("id", {"id": 0}),
        ("id", {"id": -7}),
        ("id", {"id": 2**63}),
        ("file_id", {"file_id": 2**63}),
        ("currency", {"currency": "E" * 100_000}),
        ("currency", {"currency": "\x00\u202e"}),
        ("date", {"date": "2026-W05-2"}),
        ("taxes[0].rate", {"taxes": [{"id": 1, "rate": "-100", "amount": "1.00"}]}),
        ("taxes[0].rate", {"taxes": [{"id": 1, "rate": "100.01", "amount": "1.00"}]}),
        ("rows[0].tax_rate", {"rows": [samples.row(tax_rate="1000000")]}),
        (
            "_embed.discount_incl_taxes.total_amount",
            {"_embed": {"discount_incl_taxes": [{"unit_amount": "99999999999999", "quantity": "99999999999999"}]}},
        ),
    ],
)
def test_a_sale_out_of_all_bounds_is_refused_with_its_field(field: str, changes: dict[str, Any]):
    assert refused(Kind.SALES_INVOICE, samples.invoice(**changes)) == field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("totalAmount", {"totalAmount": [0, [4, 2], 0]}),
        ("currencysymbol", {"currencysymbol": "$" * 50}),
        ("currencysymbol", {"currencysymbol": "", "prefs": [[None, None]]}),
        ("taxesAmountDetails", {"taxesAmountDetails": "a:1:{i:" + "9" * 5000 + ";d:7;}"}),
    ],
)
def test_a_purchase_out_of_all_bounds_is_refused_with_its_field(field: str, changes: dict[str, Any]):
    assert refused(Kind.PURCHASE_INVOICE, samples.purchase(**changes)) == field
    if field == "currencysymbol":
        with pytest.raises(DocumentError):
            parse_document(Kind.PURCHASE_INVOICE, samples.purchase(**changes))


def test_a_tax_of_the_answers_own_list_may_have_any_key():
    dictionary = {"9" * 5000: {"value": "5,5"}, "86718": {"value": "20,00"}}
    rows = {"rows": {"1": samples.v1_row(taxrate="", taxid="")}}
    found = parse_document(Kind.PURCHASE_INVOICE, samples.purchase(taxes=dictionary, map=rows))
    assert [str(amount.rate) for amount in found.vat] == ["20.00"]


def test_a_number_of_taxes_without_end_is_refused():
    with pytest.raises(DocumentError):
        php_taxes("a:" + "9" * 5000 + ":{}")


def test_nesting_without_end_is_refused_like_any_other_wrong_shape():
    assert refused(Kind.SALES_INVOICE, b'{"id":1,"unknown":' + NESTED + b"}") == "document"
    assert refused(Kind.PURCHASE_INVOICE, b'{"id":"1","ident":' + NESTED + b"}") == "document"
    with pytest.raises(DocumentError):
        parse_third_party(Direction.SALES, b'{"id":1,"unknown":' + NESTED + b"}")


def test_a_page_of_nesting_without_end_is_asked_for_again_later():
    account = Account()
    account.api.will_answer((200, b'{"data":[{"id":1,"x":' + NESTED + b"}]}"))
    account.v1.will_answer((200, b'{"response":' + NESTED + b"}"))
    with pytest.raises(TryLater):
        all_items(account)
    with pytest.raises(TryLater):
        account.client.v1("Purchase.getOne", {"id": 1})


def test_half_a_character_costs_that_character_and_not_the_page():
    account = Account()
    body = json.dumps(listing([{"id": 1, "number": "A\ud83d"}, {"id": 2, "number": "B\U0001f642"}], total=2)[1])
    account.api.will_answer((200, body.encode()))
    account.v1.will_answer((200, b'{"response":{"ident":"\\udc00"},"error":"","status":"success"}'))
    assert [item["number"] for item in all_items(account)] == ["A\ufffd", "B\U0001f642"]
    assert json.loads(account.client.v1("Purchase.getOne", {"id": 1})) == {"ident": "\ufffd"}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (rb'"\ud83d\ude42"', None),
        (rb'"\\ud83d"', None),
        (rb'"\u00e9"', None),
        (rb'"\ud83d\ud83d\ude42"', rb'"\ufffd\ud83d\ude42"'),
        (rb'"\\\uD83D"', rb'"\\\ufffd"'),
        (rb'"\uDE42\uD83D"', rb'"\ufffd\ufffd"'),
    ],
)
def test_only_halves_that_stand_alone_are_touched(body: bytes, wanted: bytes | None):
    found = mended(body)
    assert found == (body if wanted is None else wanted)
    assert (found is body) is (wanted is None)


def test_a_supporting_document_behind_nesting_without_end_is_missing():
    nested = b'{"id":48213,"pdf_link":"https://x","unknown":' + NESTED + b"}"
    document = parse_document(Kind.SALES_INVOICE, samples.invoice())
    with pytest.raises(DocumentError) as caught:
        SupportingDocuments(FakeSellsy(details={"/invoices/48213": nested})).fetch(document)  # type: ignore[arg-type]
    assert caught.value.reason is Reason.SUPPORTING_DOCUMENT_MISSING
