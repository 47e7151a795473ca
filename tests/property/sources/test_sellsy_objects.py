from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellsy_ledger.core.documents import Direction, Document, Kind
from sellsy_ledger.core.money import to_cents as exact_cents
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError
from sellsy_ledger.sources.sellsy.client import CALLS_BEFORE_QUOTAS
from sellsy_ledger.sources.sellsy.fields import clean_text, to_cents
from sellsy_ledger.sources.sellsy.objects import parse_document, parse_third_party
from sellsy_ledger.sources.sellsy.purchases import php_taxes
from tests.unit.sources import samples
from tests.unit.sources.test_client import Account, listing

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside ``value``."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return value


def mutated(sample: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.builds(replaced, st.just(sample), st.sampled_from(places(sample)), ANYTHING)


def refusal(read: Callable[[], Document | ThirdParty]) -> DocumentError | None:
    """None when it was read; any other error than a refusal fails the test."""
    try:
        read()
    except DocumentError as error:
        return error
    return None


def read_or_refused(kind: Kind, data: bytes) -> None:
    error = refusal(lambda: parse_document(kind, data))
    assert error is None or error.field


DEPOSITS = [{"id": 1, "number": "A", "amount": "1.00", "date": "2026-01-01"}]
SALE = samples.invoice(_embed={"deposits": DEPOSITS})
DICTIONARIES = {
    "taxes": {"86718": {"value": "20,00"}},
    "prefs": {"currencyid": "1"},
    "currencies": {"1": {"name": "EUR"}},
}
PURCHASE = samples.purchase(currencysymbol="e", **DICTIONARIES)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(SALE))
def test_a_sale_with_anything_anywhere_is_read_or_refused_by_field(data: Any):
    read_or_refused(Kind.SALES_INVOICE, json.dumps(data).encode())


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(PURCHASE))
def test_a_purchase_with_anything_anywhere_is_read_or_refused_by_field(data: Any):
    read_or_refused(Kind.PURCHASE_INVOICE, json.dumps(data).encode())


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(samples.company()))
def test_a_third_party_with_anything_anywhere_is_read_or_refused(data: Any):
    error = refusal(lambda: parse_third_party(Direction.SALES, json.dumps(data).encode()))
    assert error is None or error.field


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes):
    for kind in Kind:
        read_or_refused(kind, data)


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=None, allow_nan=False)
    .map(lambda number: f"{number:f}")
    .filter(lambda text: len(text) <= 28)
)
def test_the_short_way_to_cents_gives_what_exact_arithmetic_gives(text: str):
    assert to_cents(text, "x") == exact_cents(text)


@given(st.text(alphabet="0123456789.-+eE_ ٣", max_size=12))
def test_the_short_way_takes_no_text_that_exact_arithmetic_refuses(text: str):
    try:
        expected: int | None = exact_cents(text)
    except ValueError:
        expected = None
    try:
        found: int | None = to_cents(text, "x")
    except DocumentError:
        found = None
    assert found == expected


@given(st.text(max_size=200))
def test_a_text_comes_out_on_one_printable_line_and_stays_as_it_is_from_then_on(text: str):
    cleaned = clean_text(text)
    assert cleaned.isprintable()
    assert cleaned == " ".join(cleaned.split())


@given(
    st.dictionaries(
        st.integers(min_value=1, max_value=10**9),
        st.decimals(min_value=-(10**6), max_value=10**6, places=9, allow_nan=False),
        max_size=6,
    )
)
def test_serialised_taxes_come_back_whole(taxes: dict[int, Decimal]):
    parts = "".join(f'i:{tax};s:{len(f"{amount:f}")}:"{amount:f}";' for tax, amount in taxes.items())
    text = f"a:{len(taxes)}:{{{parts}}}"
    assert [(tax, Decimal(amount)) for tax, amount in php_taxes(text)] == list(taxes.items())


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=450), st.integers(min_value=1, max_value=100))
def test_every_object_of_a_listing_comes_once_whatever_the_servers_page_size(total: int, size: int):
    account = Account()
    account.client._calls = CALLS_BEFORE_QUOTAS  # the quotas are another test's affair
    starts = range(0, max(total, 1), size)
    for start in starts:
        part = [{"id": number} for number in range(start, min(start + size, total))]
        account.api.will_answer(listing(part, f"after-{start}", total, limit=size))
    account.api.will_answer(listing([], None, total, limit=size))
    ids = [json.loads(bytes(raw))["id"] for page in account.client.pages("/taxes") for raw in page.items]
    assert ids == list(range(total))
