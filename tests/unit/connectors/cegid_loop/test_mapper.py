"""The JSON of the import: what an accountant reads in it, to the cent, and what is refused before anything is sent."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from sellsy_ledger.connectors.cegid_loop import mapper
from sellsy_ledger.connectors.cegid_loop.connector import CegidLoopConnector
from sellsy_ledger.connectors.cegid_loop.options import Options
from sellsy_ledger.core.ledger import Account, Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import DocumentError
from tests.unit.connectors.cegid_loop.builders import (
    LEDGER,
    OPTIONS,
    PDF,
    SECRETS,
    document,
    request,
    requests_of_any_shape,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "connectors" / "cegid_loop"
INDEX = LedgerIndex(LEDGER)


def body(wanted: Any = None, *, options: Options = OPTIONS, pdf: str | None = None, **changes: Any) -> dict[str, Any]:
    return mapper.import_body(wanted or request(**changes), INDEX, options, pdf_uri=pdf)


def test_the_import_of_an_invoice_is_the_one_on_file() -> None:
    made = body(request(pdf=PDF, supporting_document=document()), pdf=mapper.pdf_seal(PDF))
    text = msgspec.json.Encoder(decimal_format="number").encode(made)
    assert json.loads(text, parse_float=str) == json.loads(
        (GOLDEN / "sales_invoice.json").read_text("utf-8"), parse_float=str
    )


@pytest.mark.parametrize("route", ["fec", "tra", "quadra"])
def test_the_file_of_an_invoice_is_the_one_on_file(route: str) -> None:
    connector = CegidLoopConnector.from_credentials(
        base_url="https://api.example.com/loop",
        secrets=SECRETS,
        options={"dossier_code": "DEMO01", "route": route, "modele": "QUADRA"},
    )
    golden = json.loads((GOLDEN / f"sales_invoice_{route}.json").read_text("utf-8"))
    assert connector.payload(request()) == golden


@given(made=requests_of_any_shape())
def test_every_cent_is_on_its_side_and_both_sides_are_equal(made: Any) -> None:
    lines = mapper.import_body(made, INDEX, OPTIONS, pdf_uri=None)["data"]["ecritures"]
    cents = [
        (
            int(line.get("debit", {"amount": Decimal(0)})["amount"] * 100),
            int(line.get("credit", {"amount": 0})["amount"] * 100),
        )
        for line in lines
    ]
    wanted = [
        (line.debit_cents, line.credit_cents) for line in made.entry.lines if line.debit_cents or line.credit_cents
    ]
    assert cents == wanted
    assert all(("debit" in line) is not ("credit" in line) for line in lines)
    assert sum(debit for debit, _ in cents) == sum(credit for _, credit in cents)


@given(made=requests_of_any_shape())
def test_every_line_lies_in_the_period_that_is_announced(made: Any) -> None:
    data = mapper.import_body(made, INDEX, OPTIONS, pdf_uri=None)["data"]
    first, last = data["contexte"]["from"], data["contexte"]["to"]
    assert all(first <= line["date"] <= last for line in data["ecritures"])
    assert first[:7] == last[:7] == made.entry.date.isoformat()[:7]


def test_loop_may_neither_balance_nor_create_accounts_by_itself() -> None:
    options = body()["data"]["options"]
    assert options["failOnUnbalanced"] is True
    assert [options[name] for name in ("balanceAuto", "createNewJournaux", "createNewComptes", "multiPeriode")] == [
        False
    ] * 4
    assert options["createNewTiers"] is True
    forbidden = Options.read({"dossier_code": "DEMO01", "create_third_parties": "non"})
    assert body(options=forbidden)["data"]["options"]["createNewTiers"] is False


def test_accounts_go_out_in_the_folders_own_form() -> None:
    ledger = Ledger(
        accounts=tuple(Account(number=number) for number in ("41100000", "70600000", "44571000")),
        journals=LEDGER.journals,
    )
    made = mapper.import_body(request(), LedgerIndex(ledger), OPTIONS, pdf_uri=None)
    assert [line["compte"] for line in made["data"]["ecritures"]] == ["41100000", "70600000", "44571000"]


def test_the_siret_goes_along_only_where_it_is_filled_in() -> None:
    assert "SIRET" not in body()
    with_siret = Options.read({"dossier_code": "DEMO01", "siret": "840 143 275 00039"})
    assert body(options=with_siret)["SIRET"] == "84014327500039"


def test_the_pdf_goes_with_the_third_partys_line_only() -> None:
    lines = body(pdf="sha256:x")["data"]["ecritures"]
    assert [line.get("fichier") for line in lines] == [{"uri": "sha256:x"}, None, None]


def test_a_moved_entry_keeps_the_documents_own_date_as_its_justification() -> None:
    line = body(date=dt.date(2026, 3, 1))["data"]["ecritures"][0]
    assert (line["date"], line["dateJustif"]) == ("2026-03-01T00:00:00.000Z", "2026-02-03T00:00:00.000Z")


def spoiled(position: int, **changes: Any) -> Any:
    made = request()
    lines = list(made.entry.lines)
    lines[position] = msgspec.structs.replace(lines[position], **changes)
    return request(lines=tuple(lines))


@pytest.mark.parametrize(
    ("wanted", "reason", "field"),
    [
        (request(journal="ZZ"), Reason.JOURNAL_MISSING, "journal"),
        (request(journal="AN"), Reason.JOURNAL_MISSING, "journal"),
        (spoiled(1, account="799999"), Reason.ACCOUNT_UNKNOWN, "compte"),
        (spoiled(1, label=" "), Reason.REFUSED_BY_TOOL, "libelle"),
        (spoiled(1, label="x" * 36), Reason.REFUSED_BY_TOOL, "libelle"),
        (spoiled(0, auxiliary_account="C" * 18), Reason.REFUSED_BY_TOOL, "tiers"),
        (spoiled(0, auxiliary_account=""), Reason.REFUSED_BY_TOOL, "tiers"),
        (spoiled(1, credit_cents=-5), Reason.REFUSED_BY_TOOL, "debit"),
        (spoiled(1, debit_cents=5), Reason.REFUSED_BY_TOOL, "debit"),
        (request(piece=""), Reason.REFUSED_BY_TOOL, "refPiece"),
        (request(piece="F" * 36), Reason.REFUSED_BY_TOOL, "refPiece"),
        (request(piece='F" || codeLettrage!=null'), Reason.REFUSED_BY_TOOL, "refPiece"),
        (request(lines=request().entry.lines[:1]), Reason.REFUSED_BY_TOOL, "ecritures"),
        (request(pdf=b"GIF89a"), Reason.SUPPORTING_DOCUMENT_MISSING, "fichier"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(wanted: Any, reason: Reason, field: str) -> None:
    with pytest.raises(DocumentError) as refused:
        body(wanted)
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert refused.value.facts["detail"]
