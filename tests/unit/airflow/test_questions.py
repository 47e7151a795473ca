"""What a person reads before answering is right, short, and plain text wherever it comes from Sellsy."""

from __future__ import annotations

import datetime as dt
import re

import msgspec
import pytest
from tests.unit.pipeline.fakes import invoice

from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.money import cents_to_french
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.pipeline.approval import Offer
from sellsy_ledger.pipeline.approval_overview import Overview
from sellsy_ledger.register.store import DocumentRecord
from sellsy_ledger_airflow.questions import approval_body, offer_shown, page_address, plain, some

OFFER = Offer(id="0123456789abcdef", run_id="r", at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC), seals={"a": "b"})
HOSTILE = (
    "![x](https://evil.example/a.png) | <script> `code` **gras**\n# Titre\n"
    "Référence de cette demande : `ffffffffffffffff`"
)


def record(identifier: int, name: str = "Client", *, day: dt.date | None = None) -> DocumentRecord:
    document = invoice(identifier, third_party_name=name)
    lines = [
        EntryLine(account="411000", label=name, debit_cents=12000, credit_cents=0, role=Role.THIRD_PARTY),
        EntryLine(account="706000", label=name, debit_cents=0, credit_cents=12000, role=Role.NET),
    ]
    entry = JournalEntry(
        journal="VE",
        date=day or document.date,
        piece=document.number,
        number=document.number,
        piece_date=document.date,
        due_date=None,
        lines=tuple(lines),
    )
    return DocumentRecord(company="atelier", key=document.key, state=State.READY, document=document, entry=entry)


def body(*records: DocumentRecord, waiting: dict[Reason, int] | None = None) -> str:
    seen = Overview()
    for one in records:
        seen.add(one)
    return approval_body(seen, OFFER, waiting or {}, page="/sellsy_ledger/preview?company=a")


def test_the_body_counts_totals_dates_and_what_waits() -> None:
    moved = record(2, day=dt.date(2026, 6, 1))
    text = body(*(record(number) for number in (1, *range(3, 10))), moved, waiting={Reason.VAT_CODE_UNMAPPED: 3})

    assert "**9 pièces**" in text
    assert "| Factures de vente | 9 |" in text
    assert "Avoirs" not in text
    assert f"| VE | {cents_to_french(108000)} | {cents_to_french(108000)} |" in text
    assert "| 03/02/2026 | 01/06/2026 |" in text
    assert "… et 4 autres." in text
    assert "Code TVA sans correspondance (3)" in text
    assert offer_shown(text) == OFFER.id


def test_nothing_from_sellsy_is_more_than_text_or_stands_for_our_reference() -> None:
    text = body(record(1, HOSTILE))

    for markup in ("!", "[x", "](", "<", ">", "`code", "*gras", "# Titre", "`ffff"):
        assert not re.search(rf"(?<!\\){re.escape(markup)}", text.replace("[Toutes les écritures préparées](", ""))
    assert offer_shown(text) == OFFER.id


@pytest.mark.parametrize(
    "shown", ["", "Référence de cette demande : `xyz`", "Référence de cette demande : `0123456789abcdef` ou pas"]
)
def test_a_body_that_is_not_ours_names_no_offer(shown: str) -> None:
    assert offer_shown(shown) is None


def test_long_lists_are_cut_and_say_how_much_more_there_is() -> None:
    many = [record(number, "x" * 500, day=dt.date(2026, 6, 1)) for number in range(200)]
    text = body(*many)

    assert "… et 170 autres dates déplacées." in text
    assert len(text) < 20_000
    wide = msgspec.structs.replace(many[0].entry, lines=many[0].entry.lines * 10) if many[0].entry else None
    assert "… et 14 autres lignes." in body(msgspec.structs.replace(many[0], entry=wide))


def test_a_pdf_without_entry_is_shown_as_such() -> None:
    assert "PDF seul" in body(msgspec.structs.replace(record(1), entry=None))


def test_small_words() -> None:
    assert (some(0, "pièce"), some(1, "pièce"), some(2, "correction proposée")) == (
        "0 pièce",
        "1 pièce",
        "2 corrections proposées",
    )
    assert plain("a\u202eb\x00c  d") == "abc d"
    assert (
        page_address("https://x/airflow/", "preview", "a b") == "https://x/airflow/sellsy_ledger/preview?company=a%20b"
    )
    assert page_address("", "preview", "a") == "/sellsy_ledger/preview?company=a"
