from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest

from sellsy_ledger.core.documents import Direction, Document
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, DocumentError, TryLater
from sellsy_ledger.sources.sellsy import journal as journals
from sellsy_ledger.sources.sellsy.reader import SellsyReader

from . import samples
from .fakes import FakeSellsy

START = dt.date(2026, 1, 1)
SALES, PURCHASES = [Direction.SALES], [Direction.PURCHASES]


def reader_of(sellsy: FakeSellsy) -> SellsyReader:
    sellsy.taxes = [{"id": 911, "rate": 20, "category": "S", "label": "TVA"}, {"id": 86718, "rate": 20}]
    return SellsyReader(sellsy)  # type: ignore[arg-type]


def pairs(
    sellsy: FakeSellsy,
    directions: Iterable[Direction] = SALES,
    start: dt.date = START,
    end: dt.date | None = None,
    reader: SellsyReader | None = None,
):
    return [pair for page in (reader or reader_of(sellsy)).accounted(directions, start, end) for pair in page]


def documents(sellsy: FakeSellsy, *args: Any, **options: Any) -> list[Document]:
    return [document for document, _ in pairs(sellsy, *args, **options)]


def keys(found: Iterable[Document]) -> set[str]:
    return {document.key for document in found}


# -- sales -------------------------------------------------------------------------------------------------------


def test_flagged_documents_are_taken_with_their_customer_and_drafts_never():
    sellsy = FakeSellsy(
        invoices=[
            samples.listed(),
            samples.listed(id=2, is_sent_to_accounting=False),
            samples.listed(id=3, status="draft", number=None),
        ]
    )
    ((document, third_party),) = pairs(sellsy)
    assert (document.id, document.accounted) == (48213, True)
    assert third_party is not None
    assert (third_party.id, third_party.siret) == (7001, "732 829 320 00074")


def test_a_cancelled_invoice_is_taken_when_it_is_accounted():
    assert documents(FakeSellsy(invoices=[samples.listed(status="cancelled")]))


def test_a_document_that_only_the_journal_knows_is_fetched_by_itself():
    late = samples.invoice(id=9, number="F-9", is_sent_to_accounting=True)
    sellsy = FakeSellsy(
        invoices=[samples.listed()],
        journals={"sells": [*samples.journal_of_invoice(), *samples.journal_of_invoice(id=9, number="F-9")]},
        details={"/invoices/9": late},
    )
    found = {document.id: document for document in documents(sellsy)}
    assert set(found) == {48213, 9}
    assert (found[48213].rows_source, found[9].rows_source) == ("journal", "detail")
    assert sellsy.calls.count("/invoices/9") == 1


def test_where_flag_and_journal_disagree_the_document_itself_decides():
    journal = {"sells": samples.journal_of_invoice()}
    flag_off = samples.listed(is_sent_to_accounting=False)
    still_off = FakeSellsy(
        invoices=[flag_off], journals=journal, details={"/invoices/48213": samples.invoice(is_sent_to_accounting=False)}
    )
    now_on = FakeSellsy(invoices=[flag_off], journals=journal, details={"/invoices/48213": samples.invoice()})
    assert documents(still_off) == []
    assert keys(documents(now_on)) == {"sales_invoice:48213"}


def test_a_missing_flag_leaves_it_to_the_journal():
    listed = samples.listed()
    del listed["is_sent_to_accounting"]
    assert documents(FakeSellsy(invoices=[listed])) == []
    with_lines = FakeSellsy(invoices=[listed], journals={"sells": samples.journal_of_invoice()})
    assert documents(with_lines)[0].accounted is True


def test_a_journal_document_that_is_gone_is_a_retraction_and_no_failure():
    assert documents(FakeSellsy(journals={"sells": samples.journal_of_invoice()})) == []


def test_the_document_date_decides_whatever_the_creation_date():
    sellsy = FakeSellsy(
        invoices=[
            samples.listed(id=1, date="2025-12-31", created="2026-02-01T10:00:00+01:00"),
            samples.listed(id=2, date="2026-01-01", created="2025-11-01T10:00:00+01:00"),
            samples.listed(id=3, date="2026-01-31"),
            samples.listed(id=4, date="2026-02-01"),
        ]
    )
    assert {document.id for document in documents(sellsy, SALES, START, dt.date(2026, 1, 31))} == {2, 3}
    assert {document.id for document in documents(sellsy)} == {2, 3, 4}


def test_credit_notes_are_listed_newest_first_until_they_are_too_old():
    notes = [
        samples.listed(id=n, number=f"A-{n}", date=(dt.date(2026, 3, 1) - dt.timedelta(days=n)).isoformat())
        for n in range(1, 400)
    ]
    sellsy = FakeSellsy(credit_notes=notes, page_size=100)
    found = documents(sellsy)
    assert {document.id for document in found} == set(range(1, 60))
    assert sellsy.calls.count("/credit-notes") == 2


def test_an_order_that_the_server_ignores_ends_no_listing_early():
    notes = [samples.listed(id=n, number=f"A-{n}", date="2025-06-01" if n % 2 else "2025-07-01") for n in range(1, 4)]
    notes.append(samples.listed(id=9, number="A-9", date="2026-02-01"))
    sellsy = FakeSellsy(credit_notes=notes, page_size=3)
    assert keys(documents(sellsy)) == {"sales_credit_note:9"}


def test_one_id_of_two_kinds_is_two_documents():
    sellsy = FakeSellsy(invoices=[samples.listed(id=5)], credit_notes=[samples.listed(id=5, number="A-5")])
    assert keys(documents(sellsy)) == {"sales_invoice:5", "sales_credit_note:5"}


def test_an_accounted_document_that_cannot_be_read_is_reported_and_the_others_go_on():
    amounts = {**samples.invoice()["amounts"], "total_incl_tax": "NaN"}
    sellsy = FakeSellsy(
        invoices=[
            samples.listed(id=1, number="BAD", amounts=amounts),
            samples.listed(id=2),
            samples.listed(id=3, amounts=amounts, is_sent_to_accounting=False),
            samples.listed(id=4, amounts=amounts, date="2025-01-01"),
            samples.listed(id=5, taxes=[{"id": 1, "rate": 20.0, "amount": 5.5}]),
        ],
    )
    reader = reader_of(sellsy)
    assert {document.id for document in documents(sellsy, reader=reader)} == {2}
    assert [(problem.key, problem.number) for problem in reader.problems] == [
        ("sales_invoice:1", "BAD"),
        ("sales_invoice:5", "F-2026-0117"),
    ]
    assert all(problem.error.reason is Reason.DOCUMENT_UNREADABLE for problem in reader.problems)


def test_without_the_right_to_the_journal_the_flag_decides_and_somebody_is_told():
    sellsy = FakeSellsy(invoices=[samples.listed()], forbidden={"/accounting-journal"})
    reader = reader_of(sellsy)
    (document,) = documents(sellsy, reader=reader)
    assert document.rows is None
    assert len(reader.notices) == 1
    assert "accounting-entry.read" in reader.notices[0]


@pytest.mark.parametrize("path", ["/invoices/search", "/credit-notes", "/taxes"])
def test_any_other_missing_right_stops_the_reading(path: str):
    sellsy = FakeSellsy(invoices=[samples.listed()], forbidden={path})
    with pytest.raises(AccessError):
        documents(sellsy)


def test_a_large_journal_is_read_in_parts_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch):
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(40)]
    invoices = [samples.listed(id=n + 1, number=f"F-{n}", date=day.isoformat()) for n, day in enumerate(days)]
    lines = [
        {**line, "date": day.isoformat()}
        for n, day in enumerate(days)
        for line in samples.journal_of_invoice(id=n + 1, number=f"F-{n}")
    ]

    class Dated(FakeSellsy):
        def _items(self, path: str, filters: Any) -> list[Any]:
            items = super()._items(path, filters)
            if filters and "date" in filters:
                start, end = filters["date"]["start"], filters["date"].get("end", "9999")
                return [item for item in items if start <= item["date"] <= end]
            return items

    monkeypatch.setattr(journals, "MAX_LINES", 30)
    sellsy = Dated(invoices=invoices, journals={"sells": lines})
    found = documents(sellsy)
    assert sorted(document.id for document in found) == list(range(1, 41))
    assert all(document.rows_source == "journal" for document in found)


def test_a_tax_that_is_no_longer_listed_is_asked_for_once():
    old = [{"id": 33, "rate": "19.6", "amount": "200.00", "label": "TVA"}]
    sellsy = FakeSellsy(
        invoices=[samples.listed(id=1, taxes=old), samples.listed(id=2, taxes=old)],
        hidden_taxes=[{"id": 33, "rate": 19.6, "category": "S"}],
    )
    assert [document.vat[0].category for document in documents(sellsy)] == ["S", "S"]
    assert sellsy.calls.count("/taxes/33") == 1


# -- detail ------------------------------------------------------------------------------------------------------


def test_the_detail_has_rows_and_the_vat_of_deposits():
    deposit = samples.invoice(id=77, number="AC-1", is_deposit=True)
    final = samples.invoice(_embed={"deposits": [{"id": 77, "number": "AC-1", "amount": "1200.00"}]})
    sellsy = FakeSellsy(invoices=[samples.listed()], details={"/invoices/48213": final, "/invoices/77": deposit})
    reader = reader_of(sellsy)
    (document,) = documents(sellsy, reader=reader)
    detail = reader.detail(document)
    assert detail.rows is not None
    assert detail.deposits[0].vat is not None
    assert detail.deposits[0].vat[0].vat_cents == 20000


def test_a_deposit_that_cannot_be_read_stays_without_its_vat():
    final = samples.invoice(_embed={"deposits": [{"id": 77, "number": "AC-1", "amount": "1200.00"}]})
    sellsy = FakeSellsy(details={"/invoices/48213": final})
    (listed,) = documents(FakeSellsy(invoices=[samples.listed()]))
    document = reader_of(sellsy).detail(listed)
    assert document.deposits[0].vat is None
    assert sellsy.calls.count("/invoices/77") == 1


def test_a_document_that_is_gone_is_no_longer_accounted():
    (document,) = documents(FakeSellsy(invoices=[samples.listed()]))
    with pytest.raises(DocumentError) as caught:
        reader_of(FakeSellsy()).detail(document)
    assert caught.value.reason is Reason.NOT_ACCOUNTED


def test_a_detail_without_rows_is_refused_and_never_waits_in_silence():
    (document,) = documents(FakeSellsy(invoices=[samples.listed()]))
    with pytest.raises(DocumentError) as caught:
        reader_of(FakeSellsy(details={"/invoices/48213": samples.invoice(rows=None)})).detail(document)
    assert (caught.value.reason, caught.value.field) == (Reason.DOCUMENT_UNREADABLE, "rows")


# -- purchases ---------------------------------------------------------------------------------------------------


def purchases_account(**changes: Any) -> FakeSellsy:
    options: dict[str, Any] = {
        "purchases": [samples.purchase_item()],
        "journals": {"purchases": samples.journal_of_purchase()},
        **changes,
    }
    return FakeSellsy(**options)


def test_a_purchase_in_the_journal_is_accounted_and_gets_its_rows_from_there():
    (document,) = documents(purchases_account(), PURCHASES)
    assert (document.key, document.accounted, document.rows_source) == ("purchase_invoice:1304", True, "journal")
    assert document.due_date == dt.date(2026, 3, 1)


def test_the_journal_is_the_authority_over_v1s_own_flags():
    flagged = samples.purchase_item(id="1", ident="F_INV-1", recordable="Y")
    sellsy = purchases_account(purchases=[flagged, samples.purchase_item(recordable="N", recorded="N")])
    assert keys(documents(sellsy, PURCHASES)) == {"purchase_invoice:1304"}


def test_the_journal_may_speak_of_the_other_v1_id():
    sellsy = purchases_account(journals={"purchases": samples.journal_of_purchase(id=316)})
    assert keys(documents(sellsy, PURCHASES)) == {"purchase_invoice:1304"}


def test_an_id_is_not_believed_where_the_numbers_disagree():
    other = samples.purchase_item(id="316", linkedid="999", doctypeid="999", ident="F_INV-OTHER")
    sellsy = purchases_account(
        purchases=[other, samples.purchase_item()], journals={"purchases": samples.journal_of_purchase(id=316)}
    )
    assert keys(documents(sellsy, PURCHASES)) == {"purchase_invoice:1304"}


def test_which_id_the_journal_means_is_learnt_and_then_used_without_a_number():
    items = [
        samples.purchase_item(id=str(n), linkedid=str(n + 100), doctypeid=str(n + 100), ident=f"I-{n}")
        for n in range(1, 6)
    ]
    lines = [line for n in range(1, 5) for line in samples.journal_of_purchase(id=n + 100, number=f"I-{n}")]
    lines += samples.journal_of_purchase(id=105, number=None)
    assert len(documents(purchases_account(purchases=items, journals={"purchases": lines}), PURCHASES)) == 5


def test_a_purchase_that_the_list_does_not_show_is_looked_up():
    hidden = samples.purchase_item(_hidden=True)
    by_id = purchases_account(purchases=[hidden])
    assert keys(documents(by_id, PURCHASES)) == {"purchase_invoice:1304"}
    by_number = purchases_account(purchases=[hidden], journals={"purchases": samples.journal_of_purchase(id=316)})
    assert keys(documents(by_number, PURCHASES)) == {"purchase_invoice:1304"}


def test_an_accounted_purchase_that_cannot_be_found_is_reported():
    sellsy = purchases_account(purchases=[])
    reader = reader_of(sellsy)
    assert documents(sellsy, PURCHASES, reader=reader) == []
    assert [problem.number for problem in reader.problems] == ["F_INV-20260201-00001"]


def test_supplier_credit_notes_are_listed_or_read_one_by_one():
    note = samples.purchase_item(id="1400", ident="F_CRN-1", type="purCreditNote", linkedtype="purCreditNote")
    lines = samples.journal_of_purchase(type="purCreditNote", id=1400, number="F_CRN-1")
    listed = FakeSellsy(supplier_credit_notes=[note], journals={"purchases": lines})
    assert keys(documents(listed, PURCHASES)) == {"purchase_credit_note:1400"}
    refused = FakeSellsy(purchases=[note], supplier_credit_notes=None, journals={"purchases": lines})
    assert keys(documents(refused, PURCHASES)) == {"purchase_credit_note:1400"}


def test_without_accounted_purchases_v1_is_not_even_asked():
    sellsy = purchases_account(journals={"purchases": []})
    assert documents(sellsy, PURCHASES) == []
    assert not [call for call in sellsy.calls if call.startswith("Purchase")]


def test_without_the_right_to_the_journal_v1s_flags_stand_in_and_somebody_is_told():
    items = [samples.purchase_item(), samples.purchase_item(id="2", ident="I-2", recordable="N")]
    sellsy = FakeSellsy(purchases=items, forbidden={"/accounting-journal"})
    reader = reader_of(sellsy)
    (document,) = documents(sellsy, PURCHASES, reader=reader)
    assert (document.id, document.accounted) == (1304, True)
    assert "à confirmer" in reader.notices[0]


def test_without_the_right_to_v1_purchases_stop_instead_of_being_none():
    with pytest.raises(AccessError):
        documents(purchases_account(forbidden={"Purchase"}), PURCHASES)


def test_the_detail_of_a_purchase_keeps_what_only_list_and_journal_told():
    sellsy = purchases_account(purchases=[samples.purchase(payDateCustom="2026-03-01", recordable="N")])
    reader = reader_of(sellsy)
    (document,) = documents(sellsy, PURCHASES, reader=reader)
    sellsy.purchases = [samples.purchase(recordable="N")]
    detail = reader.detail(document)
    assert (detail.rows_source, detail.accounted, detail.due_date) == ("detail", True, dt.date(2026, 3, 1))


# -- third parties -----------------------------------------------------------------------------------------------


def test_suppliers_are_looked_up_a_hundred_at_a_time_and_believed_only_when_they_agree():
    items = [
        samples.purchase_item(id=str(n), ident=f"I-{n}", thirdid=str(n), thirdname=f"Fournisseur {n}", thirdvatnum="")
        for n in range(1, 151)
    ]
    lines = [line for n in range(1, 151) for line in samples.journal_of_purchase(id=n, number=f"I-{n}")]
    companies = [
        {**samples.company(), "id": n, "name": f"FOURNISSEUR  {n}", "legal_france": None} for n in range(1, 150)
    ]
    companies.append({**samples.company(), "id": 150, "name": "Quelqu'un d'autre", "legal_france": None})
    sellsy = purchases_account(purchases=items, journals={"purchases": lines}, companies=companies)
    reader = reader_of(sellsy)
    found = documents(sellsy, PURCHASES, reader=reader)
    before = len(sellsy.calls)
    parties = reader.third_parties(found)
    assert len(sellsy.calls) - before == 4  # two hundreds, the unbelieved one as a person, then by name
    assert parties["purchase_invoice:1"].id == 1
    assert (parties["purchase_invoice:150"].type, parties["purchase_invoice:150"].name) == (
        "snapshot",
        "Fournisseur 150",
    )
    reader.third_parties(found)
    assert len(sellsy.calls) - before == 4


def test_two_different_vat_numbers_are_two_firms_even_under_one_name():
    other = {**samples.company(), "id": 119304, "name": "Papeterie SA", "legal_france": {"vat": "FR44732829320"}}
    same = {**other, "legal_france": {"vat": "fr 12345678901"}}
    for company, believed in ((other, False), (same, True)):
        sellsy = purchases_account(companies=[company])
        reader = reader_of(sellsy)
        found = documents(sellsy, PURCHASES, reader=reader)
        party = reader.third_parties(found)["purchase_invoice:1304"]
        assert (party.type == "company") is believed
        assert party.name == "Papeterie SA"


def test_a_customer_whose_embed_is_missing_is_looked_up_by_id():
    sellsy = FakeSellsy(
        invoices=[samples.listed(_embed={"company": None, "individual": None})], companies=[samples.company()]
    )
    reader = reader_of(sellsy)
    ((document, third_party),) = pairs(sellsy, reader=reader)
    assert third_party is None
    assert reader.third_parties([document])[document.key].siret == "732 829 320 00074"


# -- access ------------------------------------------------------------------------------------------------------


def probes() -> dict[str, Any]:
    paths = ["/invoices/search", "/credit-notes", "/companies", "/individuals", "/taxes", "/accounting-codes"]
    paths += ["/settings/accounting-charts", "/accounting-journal/sells/search", "/accounting-journal/purchases/search"]
    return {**{path: {} for path in paths}, "/accounts/conformities": {"active": True}}


class AccessAccount(FakeSellsy):
    def v1(self, method: str, params: Any) -> bytes:
        self._ask(method)
        return b"{}"


def test_every_right_is_probed_with_one_cheap_call():
    sellsy = AccessAccount(details=probes())
    checks = reader_of(sellsy).check_access()
    assert all(check.ok for check in checks)
    assert len(sellsy.calls) == len(checks) == 12


def test_a_nightly_run_probes_the_credentials_only():
    sellsy = AccessAccount()
    assert [check.step for check in reader_of(sellsy).check_access(full=False)] == ["Identifiants Sellsy"]
    assert sellsy.calls == ["token"]


@pytest.mark.parametrize(
    ("forbidden", "blocking"),
    [("/invoices", True), ("/taxes", True), ("/accounting-journal", False), ("Purchase", False)],
)
def test_a_missing_right_is_told_with_what_to_do(forbidden: str, blocking: bool):
    checks = reader_of(AccessAccount(details=probes(), forbidden={forbidden})).check_access()
    missing = [check for check in checks if not check.ok]
    assert missing
    assert all(check.action and check.blocking is blocking for check in missing)


def test_v1_is_needed_where_purchases_are():
    sellsy = AccessAccount(details=probes(), forbidden={"Purchase"})
    checks = reader_of(sellsy).check_access(directions=[Direction.PURCHASES])
    assert [check.step for check in checks if not check.ok and check.blocking] == ["Achats (API V1)"]
    sales = reader_of(AccessAccount(details=probes(), forbidden={"Purchase"})).check_access(
        directions=[Direction.SALES]
    )
    assert all(check.ok for check in sales)


def test_wrong_credentials_end_the_check():
    sellsy = AccessAccount(details=probes(), forbidden={"token"})
    (check,) = reader_of(sellsy).check_access()
    assert not check.ok


def test_conformity_that_is_off_warns_and_blocks_nothing():
    details = {**probes(), "/accounts/conformities": {"active": False}}
    (warning,) = [check for check in reader_of(AccessAccount(details=details)).check_access() if not check.ok]
    assert warning.step == "Conformité stricte"
    assert not warning.blocking


def test_an_api_that_does_not_answer_says_nothing_about_rights():
    details = {**probes(), "/accounts/conformities": TryLater("down")}
    with pytest.raises(TryLater):
        reader_of(AccessAccount(details=details)).check_access()


def test_the_mark_covers_every_direction_or_says_nothing():
    totals = {"pagination": {"total": 3}, "aggregations": {"credit_debit": {"debit": "1.00", "credit": "1.00"}}}
    both = {"/accounting-journal/sells/search": totals, "/accounting-journal/purchases/search": totals}
    reader = reader_of(FakeSellsy(details=both))
    assert reader.accounting_mark([Direction.SALES, Direction.PURCHASES], START, None) is not None
    silent = {**both, "/accounting-journal/purchases/search": {"pagination": {"total": 3}}}
    assert reader_of(FakeSellsy(details=silent)).accounting_mark(list(Direction), START, None) is None
