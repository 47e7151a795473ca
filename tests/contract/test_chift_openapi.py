"""Every request to Chift and every answer of the sandbox fits Chift's own OpenAPI, and what is posted is our entry."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import flask
import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sellsy_ledger.connectors.chift import mapper, parties
from sellsy_ledger.connectors.chift.capabilities import BEHIND, VARIANTS
from sellsy_ledger.connectors.chift.mapper import Mapper
from sellsy_ledger.connectors.chift.routes import VatCheck
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.core.entries import JournalEntry, Role
from sellsy_ledger.core.ledger import LedgerIndex
from sellsy_ledger.core.third_parties import Address, LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import AccessError, LedgerError
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger_sandbox.base import Entry
from tests.contract.chift_spec import request_problems, response_problems
from tests.unit.connectors.chift.builders import LEDGER, SECRETS, Stage, entries, make_entry, request_for

CONSUMER = "/consumers/00000000-0000-4000-8000-000000000001/accounting"
MAPPER = Mapper(LedgerIndex(LEDGER), VARIANTS["myunisoft"], VatCheck())


def _on_wire(body: Any) -> Any:
    """The body as JSON text makes it: Decimals are numbers."""
    return json.loads(msgspec.json.Encoder(decimal_format="number").encode(body))


# -- bodies ------------------------------------------------------------------------------------------------------
@given(made=entries(), draft=st.booleans())
def test_every_body_fits_the_official_schema(made: tuple[Kind, JournalEntry], draft: bool) -> None:
    kind, entry = made
    assume(entry.debit_cents)
    body = MAPPER.body(request_for(kind, entry, draft=draft))
    path = "/invoices/multi-analytic-plans" if mapper.is_invoice(body) else "/journal-entries"
    assert request_problems("POST", CONSUMER + path, _on_wire(body)) == []


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
        vat_number=st.sampled_from(["", "FR 44.732829320", "FR44732829320", "FR00", "DE136695976"]),
        email=st.sampled_from(["", "compta@exemple.test", "nobody", "a b@c.d"]),
        phone=words,
        first_name=words,
        last_name=words,
        address=st.builds(Address, line=words, postal_code=words, city=words, country_code=words),
    )
)
def test_every_third_party_fits_the_official_schema(third_party: ThirdParty) -> None:
    body = parties.partner_body(third_party, "411X")
    for path in ("/clients", "/suppliers"):
        assert request_problems("POST", CONSUMER + path, body) == []
    assert not set(body.get("vat", "")) & set(". ")


def test_the_schemas_refuse_what_the_api_refuses() -> None:
    body = _on_wire(MAPPER.body(request_for(Kind.SALES_INVOICE, make_entry(Kind.SALES_INVOICE, [NET]))))
    path = f"{CONSUMER}/invoices/multi-analytic-plans"
    assert request_problems("POST", path, body | {"total": "1.20"})
    assert request_problems("POST", path, body | {"unknown": "x"})
    assert request_problems("POST", path, body | {"pdf_name": "été.pdf"})
    assert request_problems("POST", path, {name: value for name, value in body.items() if name != "due_date"})


# -- through the wire --------------------------------------------------------------------------------------------
class Exchange(NamedTuple):
    """One request and its answer, as the sandbox saw them."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any


NET = ("706000", "C20", 10_000)


class Watched(Stage):
    """The sandbox, and every exchange it had over its API routes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Exchange] = []
        self.sandbox.app.after_request(self._watch)

    def __repr__(self) -> str:
        return "Watched()"

    def start_again(self) -> None:
        self.sandbox.reset()
        self.seen.clear()

    def _watch(self, response: flask.Response) -> flask.Response:
        asked = flask.request
        path = asked.path.removeprefix("/chift")
        if path != asked.path and not path.startswith("/files/"):
            answer = json.loads(response.get_data()) if response.get_data() else None
            body = asked.get_json(silent=True)
            self.seen.append(Exchange(asked.method, path, asked.args.to_dict(), body, response.status_code, answer))
        return response

    def assert_all_in_specification(self) -> None:
        assert self.seen
        for each in self.seen:
            where = f"{each.method} {each.path} {each.query} → {each.status}"
            assert request_problems(each.method, each.path, each.body, each.query) == [], where
            assert response_problems(each.method, each.path, each.status, each.answer) == [], where


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    watched = Watched()
    with watched.sandbox:
        yield watched


def third_party(direction: Direction, kind: str = "company", **more: Any) -> ThirdParty:
    identifier = {"company": 4711, "individual": 4712, "snapshot": None}[kind]
    return ThirdParty(direction=direction, type=kind, id=identifier, name=f"Exemple {direction} {kind}", **more)


@pytest.mark.parametrize("behind", sorted(BEHIND))
def test_everything_the_connector_says_and_hears_is_in_the_specification(watched: Watched, behind: str) -> None:
    watched.start_again()
    connector = watched.connect(behind)
    assert all(check.ok for check in connector.check_access())
    connector.client.page_size = 2
    whole = Address(line="1 rue de l'Exemple", postal_code="69001", city="Lyon", country_code="FR")
    people = [
        third_party(Direction.SALES, siren="732829320", vat_number="FR44732829320", email="a@b.test", address=whole),
        third_party(Direction.SALES, "individual", first_name="Ada", last_name="Exemple", phone="0102030405"),
        third_party(Direction.SALES, "snapshot"),
        third_party(Direction.PURCHASES, siret="73282932000074", address=whole),
        third_party(Direction.PURCHASES, "individual"),
    ]
    created = [
        connector.create_third_party(one, f"{'411' if one.direction == 'sales' else '401'}EX{place}")
        for place, one in enumerate(people)
    ]
    ledger = connector.read_ledger()
    drafts = [False, True] if connector.capabilities.draft else [False]
    for number, (kind, draft, raw) in enumerate(itertools.product(Kind, drafts, [False, True])):
        party = created[0 if kind.direction is Direction.SALES else 3]
        account, code = ("706000", "C20") if kind.direction is Direction.SALES else ("607000", "D20")
        entry = make_entry(kind, [(account, code, 10_000), (account, code, 333)], {}, 3 if raw else 1)
        entry = msgspec.structs.replace(entry, piece=f"F{number}", number=f"F-{number}")
        request = request_for(kind, entry, ledger=ledger, third_party=party, key=f"sellsy:1:{kind}:{number}")
        request = msgspec.structs.replace(request, draft=draft)
        assert connector.find_entry(request) is None
        receipt = connector.post_entry(request)
        assert connector.post_entry(request) == receipt
        assert receipt.entry_id.startswith("entry/") == raw
        held = connector.read_back(request, receipt.entry_id)
        assert held is not None
        assert differences(request, held, connector.capabilities, pdf_sha256=mapper.pdf_sha256(request)) == []
        assert connector.find_entry(request) == held
    assert connector.read_back(request, "999") is None
    with pytest.raises(AccessError):
        watched.connect(behind, secrets=SECRETS | {"client_secret": "wrong"}).read_ledger()
    watched.assert_all_in_specification()


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        ({"total": 99.0}, 400),
        ({"nonsense": "x"}, 422),
        ({"invoice_date": "03/02/2026"}, 422),
        ({"invoice_date": "2024-05-05"}, 400),
        ({"partner_id": "nobody"}, 404),
        ({"journal_id": "ZZ"}, 404),
        ({"journal_id": "OD"}, 400),
        ({"pdf": "nonsense"}, 400),
        ({"lines": []}, 400),
        ({"invoice_number": "F" * 40}, 422),
        ({"status": "draft"}, 400),
        ({"currency": "USD"}, 404),
    ],
)
def test_the_sandbox_refuses_as_the_specification_announces(
    watched: Watched, spoil: dict[str, Any], status: int
) -> None:
    watched.start_again()
    connector = watched.connect()
    party = connector.create_third_party(third_party(Direction.SALES), "411EXEMPLE")
    entry = make_entry(Kind.SALES_INVOICE, [NET])
    request = request_for(Kind.SALES_INVOICE, entry, ledger=connector.read_ledger(), third_party=party, pdf=None)
    good = dict(connector.payload(request))
    watched.seen.clear()
    with pytest.raises(LedgerError):
        connector.client.create_invoice(good | spoil, "one")
    told = watched.seen[-1]
    assert told.status == status
    assert response_problems(told.method, told.path, status, told.answer) == []
    assert watched.sandbox.entries("chift") == []
    connector.client.create_invoice(good, "two")
    assert len(watched.sandbox.entries("chift")) == 1


@pytest.fixture(scope="module", params=["sage100", "acd"])
def round_trip(
    watched: Watched, request: pytest.FixtureRequest
) -> Callable[[Kind, JournalEntry], tuple[list[str], Entry]]:
    """Post under a new key and number → (differences read back, the witness's entry)."""
    watched.start_again()
    connector = watched.connect(request.param)
    created = {
        direction: connector.create_third_party(third_party(direction), number)
        for direction, number in ((Direction.SALES, "411EXEMPLE"), (Direction.PURCHASES, "401EXEMPLE"))
    }
    ledger, numbers = connector.read_ledger(), itertools.count()

    def post(kind: Kind, entry: JournalEntry) -> tuple[list[str], Entry]:
        number = next(numbers)
        key = f"sellsy:1:{kind}:{number}"
        # A day of its own keeps the lists short.
        day = entry.date.replace(month=1 + number % 12, day=1 + number // 12 % 28)
        entry = msgspec.structs.replace(entry, piece=f"F{number}", number=f"F-{number}", date=day, piece_date=day)
        party: LedgerThirdParty = created[kind.direction]
        entry = msgspec.structs.replace(
            entry,
            lines=tuple(
                msgspec.structs.replace(line, auxiliary_account=party.auxiliary_account)
                if line.role is Role.THIRD_PARTY
                else line
                for line in entry.lines
            ),
        )
        posted = request_for(kind, entry, ledger=ledger, third_party=party, key=key, pdf=b"%PDF-" + key.encode())
        receipt = connector.post_entry(posted)
        held = connector.read_back(posted, receipt.entry_id)
        assert held is not None
        found = differences(posted, held, connector.capabilities, pdf_sha256=mapper.pdf_sha256(posted))
        return found, next(each for each in watched.sandbox.entries("chift") if each["key"] == key)

    return post


@settings(max_examples=80, deadline=None)
@given(made=entries())
def test_whatever_the_route_the_books_hold_our_entry(
    round_trip: Callable[[Kind, JournalEntry], tuple[list[str], Entry]], made: tuple[Kind, JournalEntry]
) -> None:
    """Balanced, and the same cents on the same accounts; the pair of a reverse charge is the tool's own addition."""
    kind, entry = made
    assume(entry.lines[0].debit_cents or entry.lines[0].credit_cents)
    found, witness = round_trip(kind, entry)
    assert found == []
    assert sum(line["debit_cents"] - line["credit_cents"] for line in witness["lines"]) == 0
    ours, theirs = _balances_of(entry), _balances(witness)
    pair = theirs.pop("445720", 0)
    theirs["445660"] = theirs.get("445660", 0) + pair
    assert {account: cents for account, cents in theirs.items() if cents} == ours


def _balances(witness: Entry) -> dict[str, int]:
    balances: dict[str, int] = {}
    for line in witness["lines"]:
        account = "third party" if line.get("auxiliary_account") else line["account"]
        balances[account] = balances.get(account, 0) + line["debit_cents"] - line["credit_cents"]
    return balances


def _balances_of(entry: JournalEntry) -> dict[str, int]:
    balances: dict[str, int] = {}
    for line in entry.lines:
        account = "third party" if line.role is Role.THIRD_PARTY else line.account
        balances[account] = balances.get(account, 0) + line.debit_cents - line.credit_cents
    return {account: cents for account, cents in balances.items() if cents}


def test_amounts_are_exact_numbers_on_the_wire() -> None:
    entry = make_entry(Kind.SALES_INVOICE, [("706000", "C20", 3), ("707000", "C55", 1_999_999_99)])
    body = MAPPER.body(request_for(Kind.SALES_INVOICE, entry))
    assert {type(line["total"]) for line in body["lines"]} == {Decimal}
    assert b'"untaxed_amount":1999999.99' in msgspec.json.Encoder(decimal_format="number").encode(body)
