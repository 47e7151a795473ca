"""Pennylane's requests and the sandbox's answers, held against Pennylane's official OpenAPI (an extract of it)."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import flask
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellsy_ledger.connectors.pennylane import mapper, parties, raw_entries
from sellsy_ledger.connectors.pennylane.connector import PennylaneConnector
from sellsy_ledger.connectors.pennylane.vat_codes import vat_codes
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, Ledger, LedgerIndex
from sellsy_ledger.core.third_parties import Address, LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import AccessError, LedgerError
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger_sandbox.base import Entry
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.pennylane_entries import ACCOUNTS, RATES, entries, make_entry, request_for
from tests.contract.pennylane_spec import request_problems, response_problems

NUMBERS = {number for numbers in ACCOUNTS.values() for number in numbers} | {"445710", "758000", "411EXEMPLE"}
LEDGER = Ledger(
    accounts=tuple(Account(number=number, tool_id=str(70_000 + place)) for place, number in enumerate(sorted(NUMBERS))),
    journals=(Journal(code="VE", tool_id="11"), Journal(code="AC", tool_id="12")),
    vat_codes=vat_codes(),
    fiscal_years=(FiscalYear(start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),),
)
INDEX = LedgerIndex(LEDGER)
PARTY = LedgerThirdParty(
    auxiliary_account="411EXEMPLE", name="Exemple", direction=Direction.SALES, tool_id="55", account_tool_id="66"
)
IMPORTS = {Direction.SALES: "/customer_invoices/import", Direction.PURCHASES: "/supplier_invoices/import"}


# -- bodies ------------------------------------------------------------------------------------------------------
@given(made=entries(), draft=st.booleans())
def test_every_import_fits_the_official_schema(made: tuple[Kind, JournalEntry], draft: bool) -> None:
    kind, entry = made
    body = mapper.import_body(request_for(kind, entry, LEDGER, PARTY, draft=draft), INDEX, 9001)
    assert request_problems("POST", IMPORTS[kind.direction], body) == []


@given(made=entries(rates=("FR_200", "FR_55", "exempt")))
def test_every_raw_entry_fits_the_official_schema(made: tuple[Kind, JournalEntry]) -> None:
    kind, entry = made
    body = raw_entries.raw_entry_body(request_for(kind, entry, LEDGER, PARTY, pdf=None), INDEX)
    assert request_problems("POST", "/ledger_entries", body) == []


words = st.text(max_size=40)


@given(
    third_party=st.builds(
        ThirdParty,
        direction=st.sampled_from(Direction),
        type=st.sampled_from(["company", "individual", "snapshot"]),
        id=st.one_of(st.none(), st.integers(1, 10**12)),
        name=words,
        siren=st.sampled_from(["", "732829320", "732 829 320", "123456789", "abc"]),
        siret=st.sampled_from(["", "73282932000074", "732 829 320 00074", "1234"]),
        vat_number=st.sampled_from(["", "FR44732829320", "FR00", "DE136695976"]),
        email=st.sampled_from(["", "compta@exemple.test", "nobody", "a b@c.d"]),
        phone=words,
        first_name=words,
        last_name=words,
        address=st.builds(Address, line=words, postal_code=words, city=words, country_code=words),
    )
)
def test_every_third_party_fits_the_official_schema(third_party: ThirdParty) -> None:
    bodies = {
        "/company_customers": parties.company_body(third_party, "411X"),
        "/individual_customers": parties.individual_body(third_party, "411X"),
        "/suppliers": parties.supplier_body(third_party, ""),
    }
    for path, body in bodies.items():
        assert request_problems("POST", path, body) == []


def test_the_schemas_refuse_what_the_api_refuses() -> None:
    kind, entry = Kind.SALES_INVOICE, make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None)
    body = mapper.import_body(request_for(kind, entry, LEDGER, PARTY), INDEX, 9001)
    assert request_problems("POST", IMPORTS[kind.direction], body | {"currency_amount": 1.2})
    assert request_problems("POST", IMPORTS[kind.direction], body | {"unknown": "x"})
    assert request_problems("POST", IMPORTS[kind.direction], body | {"date": "2026-02-30"})


def test_the_vat_codes_are_those_of_the_official_enumeration() -> None:
    kind, entry = Kind.SALES_INVOICE, make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 100, "x")], {}, 0, None)
    body = mapper.import_body(request_for(kind, entry, LEDGER, PARTY), INDEX, 9001)
    for code in vat_codes():
        body["invoice_lines"][0]["vat_rate"] = code.code
        assert request_problems("POST", IMPORTS[kind.direction], body) == []


# -- what the bodies say -----------------------------------------------------------------------------------------
@given(made=entries())
def test_an_import_says_the_entry_to_the_cent(made: tuple[Kind, JournalEntry]) -> None:
    """Σ lines = totals, VAT per code exact, every net amount on its account, the rounding line on its own."""
    kind, entry = made
    body = mapper.import_body(request_for(kind, entry, LEDGER, PARTY), INDEX, 9001)
    lines = body["invoice_lines"]
    sign = -1 if kind.is_credit_note else 1
    third_party = entry.lines[0]
    gross = abs(third_party.debit_cents - third_party.credit_cents)
    assert abs(_cents(body["currency_amount"])) == gross
    assert sum(_cents(line["currency_amount"]) for line in lines) == _cents(body["currency_amount"])
    assert sum(_cents(line["currency_tax"]) for line in lines) == _cents(body["currency_tax"])
    before_tax = _cents(body["currency_amount_before_tax"])
    assert before_tax + _cents(body["currency_tax"]) == _cents(body["currency_amount"])
    for code in RATES:
        mine = [line for line in entry.lines if line.vat_code == code]
        theirs = [line for line in lines if line["vat_rate"] == code]
        vat = sum(
            abs(line.debit_cents - line.credit_cents) * _document_sign(line, kind)
            for line in mine
            if line.role == "vat"
        )
        assert sum(_cents(line["currency_tax"]) for line in theirs) == sign * vat
    assert len(lines) == len([line for line in entry.lines if line.role in ("net", "rounding")])


def _document_sign(line: Any, kind: Kind) -> int:
    on_credit = (kind.direction is Direction.SALES) != kind.is_credit_note
    return 1 if bool(line.credit_cents) == on_credit else -1


def _cents(text: str) -> int:
    assert isinstance(text, str)
    cents = Decimal(text) * 100
    assert cents == int(cents)
    return int(cents)


# -- through the wire --------------------------------------------------------------------------------------------
class Exchange(NamedTuple):
    """One request and its answer, as the sandbox saw them."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any


class Watched:
    """The sandbox, and every exchange it had over its API routes."""

    def __init__(self) -> None:
        self.sandbox, self.seen = Sandbox(quota=False), list[Exchange]()
        self.sandbox.app.after_request(self._watch)

    def __repr__(self) -> str:
        return "Watched()"

    def start_again(self) -> None:
        self.sandbox.reset()
        self.seen.clear()

    def _watch(self, response: flask.Response) -> flask.Response:
        asked = flask.request
        path = asked.path.removeprefix("/pennylane")
        if path != asked.path and not path.startswith("/public/"):
            multipart = asked.mimetype == "multipart/form-data"
            body = {"file": "bytes", **asked.form} if multipart else asked.get_json(silent=True)
            answer = json.loads(response.get_data())
            self.seen.append(Exchange(asked.method, path, asked.args.to_dict(), body, response.status_code, answer))
        return response


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    watched = Watched()
    with watched.sandbox:
        yield watched


def connect(sandbox: Sandbox, token: str = "demo-token-pennylane") -> PennylaneConnector:
    connector = PennylaneConnector.from_credentials(
        base_url=f"{sandbox.url}/pennylane", secrets={"api_token": token}, throttle=Throttle([(100_000, 1.0)])
    )
    connector.client.transport.sleep = lambda seconds: None
    return connector


def third_party(direction: Direction, kind: str = "company", **more: Any) -> ThirdParty:
    identifier = {"company": 4711, "individual": 4712, "snapshot": None}[kind]
    return ThirdParty(direction=direction, type=kind, id=identifier, name="Exemple Conseil", **more)


def test_everything_the_connector_says_and_hears_is_in_the_specification(
    watched: Watched,
) -> None:
    sandbox, seen = watched.sandbox, watched.seen
    watched.start_again()
    connector = connect(sandbox)
    connector.check_access()
    connector.client.page_size = 1
    whole = Address(line="1 rue de l'Exemple", postal_code="69001", city="Lyon", country_code="FR")
    people = [
        third_party(Direction.SALES, siren="732829320", vat_number="FR44732829320", email="a@b.test", address=whole),
        third_party(Direction.SALES, "individual", first_name="Ada", last_name="Exemple", phone="0102030405"),
        third_party(Direction.SALES, "snapshot"),
        third_party(Direction.PURCHASES, siret="73282932000074", address=whole),
        third_party(Direction.PURCHASES, "individual"),
    ]
    created = [
        connector.create_third_party(one, f"{'411' if one.direction == 'sales' else '401'}EXEMPLE{place}")
        for place, one in enumerate(people)
    ]
    ledger = connector.read_ledger()
    for number, (kind, draft) in enumerate(itertools.product(Kind, [False, True])):
        party = created[0 if kind.direction is Direction.SALES else 3]
        entry = make_entry(kind, [(0, "FR_200", 10_000, "a"), (1, "FR_55", 333, "b")], {"FR_55": 1}, 1, None)
        request = request_for(kind, entry, ledger, party, key=f"sellsy:1:{kind}:{number}", pdf=b"%%PDF %d" % number)
        request = msgspec.structs.replace(request, draft=draft)
        receipt = connector.post_entry(request)
        assert connector.post_entry(request) == receipt
        held = connector.read_back(request, receipt.entry_id)
        assert held is not None
        assert differences(request, held, connector.capabilities, pdf_sha256=mapper.pdf_sha256(request)) == []
    raw = request_for(Kind.SALES_INVOICE, entry, ledger, created[0], key="sellsy:1:raw:1", pdf=None)
    connector.post_entry(raw)
    assert connector.find_entry(raw) is not None
    for direction in Direction:
        assert list(connector.booked_entries(direction, dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
    assert connector.read_back(request, "99999999999999") is None
    with pytest.raises(AccessError):
        connect(sandbox, "wrong").read_ledger()
    with pytest.raises(AccessError):
        connect(sandbox, "demo-token-pennylane-readonly").create_third_party(
            third_party(Direction.PURCHASES, "snapshot"), ""
        )
    assert {exchange.status for exchange in seen} == {200, 201, 401, 403, 404, 422}
    _assert_all_in_specification(seen)


def _assert_all_in_specification(seen: list[Exchange]) -> None:
    for each in seen:
        where = f"{each.method} {each.path} {each.query}"
        assert request_problems(each.method, each.path, each.body, each.query) == [], where
        assert response_problems(each.method, each.path, each.status, each.answer) == [], where


@pytest.mark.parametrize(
    ("path", "spoil", "status"),
    [
        ("/customer_invoices/import", {"currency_amount": 1.5}, 400),
        ("/customer_invoices/import", {"nonsense": "x"}, 400),
        ("/customer_invoices/import", {"date": "31/12/2026"}, 400),
        ("/customer_invoices/import", {"currency_amount": "99.00"}, 422),
        ("/customer_invoices/import", {"date": "2024-05-05"}, 422),
        ("/customer_invoices/import", {"customer_id": 1}, 404),
        ("/customer_invoices/import", {"file_attachment_id": 1}, 404),
    ],
)
def test_the_sandbox_refuses_as_the_specification_announces(
    watched: Watched, path: str, spoil: dict[str, Any], status: int
) -> None:
    sandbox, seen = watched.sandbox, watched.seen
    watched.start_again()
    connector = connect(sandbox)
    party = connector.create_third_party(third_party(Direction.SALES), "411EXEMPLE")
    entry = make_entry(Kind.SALES_INVOICE, [(0, "FR_200", 10_000, "a")], {}, 0, None)
    request = request_for(Kind.SALES_INVOICE, entry, connector.read_ledger(), party)
    good = dict(connector.payload(request)) | {"file_attachment_id": connector.client.upload("f.pdf", b"%PDF").id}
    seen.clear()
    with pytest.raises(LedgerError):
        connector.client.import_invoice(Direction.SALES, good | spoil)
    assert seen[-1].status == status
    assert response_problems("POST", path, status, seen[-1].answer) == []
    assert sandbox.entries("pennylane") == []
    connector.client.import_invoice(Direction.SALES, good)
    assert len(sandbox.entries("pennylane")) == 1


@pytest.fixture(scope="module")
def round_trip(watched: Watched) -> Callable[[Kind, JournalEntry, bool], tuple[list[str], Entry]]:
    """Post under a new key and file → (differences read back, the witness's entry)."""
    watched.start_again()
    connector = connect(watched.sandbox)
    created = {
        direction: connector.create_third_party(third_party(direction), number)
        for direction, number in ((Direction.SALES, "411EXEMPLE"), (Direction.PURCHASES, "401EXEMPLE"))
    }
    ledger, numbers = connector.read_ledger(), itertools.count()

    def post(kind: Kind, entry: JournalEntry, draft: bool) -> tuple[list[str], Entry]:
        key = f"sellsy:1:{kind}:{next(numbers)}"
        request = request_for(kind, entry, ledger, created[kind.direction], key=key, pdf=b"%PDF " + key.encode())
        request = msgspec.structs.replace(request, draft=draft)
        receipt = connector.post_entry(request)
        held = connector.read_back(request, receipt.entry_id)
        assert held is not None
        found = differences(request, held, connector.capabilities, pdf_sha256=mapper.pdf_sha256(request))
        return found, next(each for each in watched.sandbox.entries("pennylane") if each["key"] == key)

    return post


@settings(max_examples=60, deadline=None)
@given(made=entries(), draft=st.booleans())
def test_whatever_is_posted_reads_back_the_same(
    round_trip: Callable[[Kind, JournalEntry, bool], tuple[list[str], Entry]],
    made: tuple[Kind, JournalEntry],
    draft: bool,
) -> None:
    kind, entry = made
    found, witness = round_trip(kind, entry, draft)
    assert found == []
    assert witness["draft"] == draft
    assert sum(line["debit_cents"] - line["credit_cents"] for line in witness["lines"]) == 0
    booked = {line["label"]: line["debit_cents"] - line["credit_cents"] for line in witness["lines"]}
    for line in entry.lines:
        if line.role == "rounding":
            assert booked["Arrondi"] == line.debit_cents - line.credit_cents
