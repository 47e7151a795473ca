"""What the FEC shows of every hand, and where an entry that was moved is still found."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from sellsy_ledger.connectors.acd.booked import direction_of
from sellsy_ledger.connectors.acd.connector import AcdConnector
from sellsy_ledger.connectors.acd.fec import FecLine
from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.core.documents import Direction, Kind
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.acd.builders import KEY, request
from tests.unit.connectors.acd.conftest import Connect
from tests.unit.connectors.acd.test_connector import HOSTINGS, bookable
from tests.unit.connectors.acd.test_session import control

DAY = dt.date(2026, 2, 3)
CODES = {Direction.SALES: {"CDURAND"}, Direction.PURCHASES: {"FPAPIER", "411FOUR"}}


def typed(**changes: Any) -> dict[str, Any]:
    """A sale of 240 € as somebody types it."""
    made = {
        "journal": "VE",
        "date": DAY.isoformat(),
        "piece": "VF-77",
        "third_party_account": "CDURAND",
        "third_party_name": "Durand SARL",
        "lines": [
            {"account": "411000", "debit_cents": 24000, "credit_cents": 0, "label": "Facture 77"},
            {"account": "706000", "debit_cents": 0, "credit_cents": 24000, "label": "Conseil"},
        ],
    }
    return made | changes


def line(account: str, control: str = "") -> FecLine:
    return FecLine("VE", "", DAY, account, "", "F-1", "x", 100, 0, control=control)


@pytest.mark.parametrize("hosting", HOSTINGS)
def test_every_hosting_shows_what_was_typed_with_its_name_and_every_text(
    sandbox: Sandbox, connect: Connect, hosting: str
) -> None:
    sandbox.type_in("acd", typed())
    connector = connect(f"{sandbox.url}/acd/{hosting}")
    (one,) = connector.booked_entries(Direction.SALES, DAY, DAY)
    assert (one.third_party_account, one.third_party_name, one.gross_cents) == ("CDURAND", "Durand SARL", 24000)
    assert one.numbers == ("VF-77", "Facture 77", "Conseil")
    assert (one.entry_id, one.piece_date, one.key) == ("VE 2026-02-03 VF-77", DAY, "")
    assert list(connector.booked_entries(Direction.PURCHASES, DAY, DAY)) == []


def test_lists_decide_whose_line_it_is_then_the_collective_account() -> None:
    assert direction_of(line("CDURAND", "401000"), CODES) is Direction.SALES
    assert direction_of(line("411FOUR", "401000"), CODES) is Direction.PURCHASES
    assert direction_of(line("CANCIEN", "411000"), CODES) is Direction.SALES
    assert direction_of(line("404000", "404000"), CODES) is Direction.PURCHASES
    assert direction_of(line("706000", "706000"), CODES) is None


def test_books_without_a_readable_fec_are_not_shown(sandbox: Sandbox, connect: Connect) -> None:
    blind = connect(f"{sandbox.url}/acd/cnx/api", read_back="none")
    assert not blind.capabilities.reads_books
    with pytest.raises(ConfigurationError):
        blind.booked_entries(Direction.SALES, DAY, DAY)
    across = connect(f"{sandbox.url}/acd/cnx/api", code_dossier="DEMO04")
    with pytest.raises(ConfigurationError):
        list(across.booked_entries(Direction.SALES, DAY, DAY))


def test_an_entry_that_was_moved_over_the_end_of_the_year_is_found_by_its_mark(
    sandbox: Sandbox, connect: Connect
) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api")
    near, far = dt.date(2025, 12, 30), dt.date(2025, 6, 30)
    sent = bookable(connector, request(date=dt.date(2026, 1, 2)))
    connector.post_entry(sent)
    for day, is_found in ((near, True), (far, False)):
        asked = msgspec.structs.replace(
            sent, entry=msgspec.structs.replace(sent.entry, date=day, piece="F-9", number="")
        )
        found = connector.find_entry(asked)
        assert (found is not None) is is_found


def test_an_entry_over_two_calendar_years_stays_a_doubt(sandbox: Sandbox, connect: Connect) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api", code_dossier="DEMO04")
    with pytest.raises(OutcomeUnknown):
        connector.find_entry(request())


def test_each_version_has_a_piece_of_its_own_and_the_number_of_the_document(sandbox: Sandbox, connect: Connect) -> None:
    connector = connect(f"{sandbox.url}/acd/cnx/api")
    made = bookable(connector, request())
    sent = [line for each in versions(made) for line in connector.payload(each)["LignesEcriture"]]
    assert list(dict.fromkeys(line["NumeroPiece"] for line in sent)) == ["FAC-1", "FAC-1R1", "FAC-1V2"]
    assert {line["NumeroFacture"] for line in sent} == {"FAC-1"}


def versions(made: PostingRequest) -> tuple[PostingRequest, ...]:
    """The request, its reversal and its second version."""
    reversal = msgspec.structs.replace(
        made, posting_key=KEY.replace("sales_invoice", "sales_credit_note") + "-r1", kind=Kind.SALES_CREDIT_NOTE
    )
    return made, reversal, msgspec.structs.replace(made, posting_key=f"{KEY}-v2")


@pytest.mark.parametrize("how", [{}, {"lettering": "AA"}])
def test_a_validated_or_lettered_entry_is_told_not_to_be_editable(
    sandbox: Sandbox, connect: Connect, how: dict[str, str]
) -> None:
    connector: AcdConnector = connect(f"{sandbox.url}/acd/cnx/api")
    made = bookable(connector, request())
    receipt = connector.post_entry(made)
    before = connector.find_entry(made)
    control(sandbox, "close", key=receipt.entry_id, **how)
    after = connector.find_entry(made)
    assert before is not None
    assert after is not None
    assert (before.editable, after.editable) == (True, False)
