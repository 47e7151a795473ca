"""The emulated Sellsy shows every awkward behaviour that a reader must survive, the same way each time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import requests

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.sellsy.accounts import build_accounts
from sellsy_ledger_sandbox.sellsy.files import pdf_of
from sellsy_ledger_sandbox.server import Sandbox

from .conftest import Clock

SECRET = "demo-secret-sellsy"


class Api:
    """What a careful person would type into curl."""

    def __init__(self, sandbox: Sandbox, client: str) -> None:
        self.sandbox, self.client, self.url = sandbox, client, f"{sandbox.url}/sellsy"
        self.session = requests.Session()
        self.log_in()

    def log_in(self) -> dict[str, Any]:
        body = {"grant_type": "client_credentials", "client_id": self.client, "client_secret": SECRET}
        answer: dict[str, Any] = requests.post(f"{self.url}/oauth2/access-tokens", json=body, timeout=5).json()
        self.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return answer

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}/v2{path}", params=query, timeout=5)

    def search(self, path: str, body: Any, **query: Any) -> requests.Response:
        return self.session.post(f"{self.url}/v2{path}/search", params=query, json=body, timeout=5)

    def all(self, path: str, filters: dict[str, Any] | None = None, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self.search(path, {"filters": filters or {}}, limit=100, **query).json()
            found += answer["data"]
            if answer["pagination"]["count"] < 100:
                return found
            query["offset"] = answer["pagination"]["offset"]

    def v1(self, method: str, **params: Any) -> Any:
        form = {"request": 1, "io_mode": "json", "do_in": json.dumps({"method": method, "params": params})}
        answer = self.session.post(f"{self.url}/v1/0/", data=form, timeout=5)
        assert answer.status_code == 200
        return answer.json()

    def change(self, kind: str, identifier: int, **wanted: Any) -> requests.Response:
        url = f"{self.sandbox.url}/_sandbox/sellsy/documents/{kind}/{identifier}?account={self.client}"
        return requests.post(url, json=wanted, timeout=5)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(quota=False, world=World(time=Clock())) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    running.reset()
    yield running
    running.set_quota(enabled=False)


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox, "demo-client")


@pytest.fixture
def second(sandbox: Sandbox) -> Api:
    return Api(sandbox, "demo-client-b")


# --- access -----------------------------------------------------------------------------------------------------------


def test_a_token_lasts_as_long_as_it_says(api: Api, sandbox: Sandbox) -> None:
    assert api.log_in()["expires_in"] == 3600
    assert api.get("/taxes").status_code == 200
    sandbox.world.time.now += 3600  # type: ignore[attr-defined]
    refused = api.get("/taxes")
    assert (refused.status_code, refused.json()["error"]["details"]) == (401, [])
    api.log_in()
    assert api.get("/taxes").status_code == 200


def test_a_token_can_die_before_its_time(api: Api, sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}/_sandbox/sellsy/revoke-tokens", timeout=5)
    assert api.get("/taxes").status_code == 401
    api.log_in()
    assert api.get("/taxes").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": SECRET}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_refused_in_oauths_own_shape(
    sandbox: Sandbox, sent: dict[str, str], status: int, error: str
) -> None:
    answer = requests.post(f"{sandbox.url}/sellsy/oauth2/access-tokens", json=sent, timeout=5)
    assert answer.status_code == status
    assert answer.json()["error"] == error


def test_a_form_and_http_basic_open_the_account_as_well(sandbox: Sandbox) -> None:
    url, grant = f"{sandbox.url}/sellsy/oauth2/access-tokens", {"grant_type": "client_credentials"}
    form = {**grant, "client_id": "demo-client", "client_secret": SECRET}
    assert requests.post(url, data=form, timeout=5).ok
    assert requests.post(url, data=grant, auth=("demo-client", SECRET), timeout=5).ok


def test_a_missing_scope_is_a_403(api: Api, sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/_sandbox/sellsy/scopes"
    requests.post(url, json={"client": "demo-client", "missing": ["taxes.read", "api-v1"]}, timeout=5)
    assert api.get("/taxes").status_code == 403
    assert api.get("/currencies").status_code == 200
    form = {"do_in": json.dumps({"method": "Infos.getInfos", "params": {}})}
    assert api.session.post(f"{api.url}/v1/0/", data=form, timeout=5).text.startswith("oauth_problem=")


def test_the_quota_counts_an_account_and_ends_in_429(api: Api, second: Api, sandbox: Sandbox) -> None:
    sandbox.set_quota(enabled=True)
    answers = [api.get("/currencies") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["X-Quota-Remaining-By-Second"] == "0"
    assert answers[-1].headers["X-Quota-Remaining-By-Minute"] == "580"
    assert second.get("/currencies").headers["X-Quota-Remaining-By-Second"] == "19"
    sandbox.world.time.now += 1  # type: ignore[attr-defined]
    assert api.get("/currencies").status_code == 200


def test_files_and_tokens_cost_no_quota(api: Api, sandbox: Sandbox) -> None:
    link = api.get("/invoices", limit=1).json()["data"][0]["pdf_link"]
    sandbox.set_quota(enabled=True)
    assert all("X-Quota-Remaining-By-Second" not in requests.get(link, timeout=5).headers for _ in range(25))


# --- lists ------------------------------------------------------------------------------------------------------------


def test_seeking_reads_every_document_once(api: Api) -> None:
    for order, direction in (("id", "asc"), ("created", "asc"), ("date", "desc"), ("amount", "desc")):
        seen, offset = [], {}
        while True:
            page = api.search("/invoices", {"filters": {}}, limit=17, order=order, direction=direction, **offset).json()
            seen += [item["id"] for item in page["data"]]
            if page["pagination"]["count"] < 17:
                break
            offset = {"offset": page["pagination"]["offset"]}
            assert not offset["offset"].isdigit()
        assert len(seen) == len(set(seen)) == page["pagination"]["total"]


def test_numeric_offsets_count_records(api: Api) -> None:
    first = api.get("/invoices", limit=10, offset=0).json()["data"]
    assert api.get("/invoices", limit=5, offset=5).json()["data"] == first[5:]


@pytest.mark.parametrize(
    "query",
    [{"limit": 101}, {"limit": 0}, {"limit": "x"}, {"offset": "bm9wZQ"}, {"order": "colour"}, {"direction": "up"}],
)
def test_a_page_that_cannot_be_is_a_400_in_french(api: Api, query: dict[str, Any]) -> None:
    answer = api.get("/invoices", **query)
    assert answer.status_code == 400
    assert next(iter(query)).replace("direction", "order") in answer.json()["error"]["details"]


@pytest.mark.parametrize("body", [None, {}, [], {"filter": {}}])
def test_a_search_without_filters_is_a_400_in_french(api: Api, body: Any) -> None:
    answer = api.search("/invoices", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["filters"] == "le champ 'filters' est manquant"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/invoices", "updated_at"),
        ("/invoices", "is_sent_to_accounting"),
        ("/credit-notes", "date"),
        ("/credit-notes", "created"),
        ("/companies", "vat"),
        ("/accounting-journal/sells", "order"),
    ],
)
def test_an_unknown_filter_is_a_400_in_french(api: Api, path: str, name: str) -> None:
    answer = api.search(path, {"filters": {name: 1}})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {name: "Ce champ est inconnu"}


def test_an_unknown_query_parameter_is_ignored(api: Api) -> None:
    assert api.get("/invoices", colour="blue", limit=1).status_code == 200


def test_filters_narrow_the_list(api: Api) -> None:
    window = {"start": "2026-01-01", "end": "2026-01-31"}
    assert {item["date"][:7] for item in api.all("/invoices", {"date": window})} == {"2026-01"}
    assert {item["currency"] for item in api.all("/invoices", {"currency": "GBP"})} == {"GBP"}
    assert {item["status"] for item in api.all("/invoices", {"status": ["draft"]})} == {"draft"}
    created = api.all("/invoices", {"created": {"start": "2026-10-01T00:00:00+02:00"}})
    assert min(item["created"] for item in created) >= "2026-10-01"
    assert api.search("/invoices", {"filters": {"created": {"start": "2026-10-01"}}}).status_code == 400


def test_companies_are_found_by_ids_names_and_siret(api: Api) -> None:
    some = api.get("/companies", limit=5).json()["data"]
    ids = [some[1]["id"], some[3]["id"]]
    assert [one["id"] for one in api.all("/companies", {"id": ids})] == ids
    assert {one["name"] for one in api.all("/companies", {"name": some[0]["name"]})} == {some[0]["name"]}
    siret = next(one["legal_france"]["siret"] for one in some if one["legal_france"]["siret"])
    assert len(api.all("/companies", {"siret": siret})) == 1
    assert {one["type"] for one in api.all("/companies", {"type": "supplier"})} == {"supplier"}


def test_only_the_wanted_fields_come_when_fields_are_asked_for(api: Api) -> None:
    wanted = {
        "field[]": ["id", "amounts.total_incl_tax", "related[].type", "_embed.company.name"],
        "embed[]": "company",
    }
    item = api.get("/invoices", limit=1, **wanted).json()["data"][0]
    assert set(item) == {"id", "amounts", "related", "_embed"}
    assert set(item["amounts"]) == {"total_incl_tax"}
    assert item["related"] == [{"type": "company"}]
    assert set(item["_embed"]["company"]) == {"name"}


# --- documents --------------------------------------------------------------------------------------------------------


def test_the_first_account_alone_serves_more_than_150_documents_over_the_whole_period(api: Api) -> None:
    sales = api.all("/invoices") + api.all("/credit-notes")
    purchases = api.v1("Purchase.getList", doctype="invoice", pagination={"nbperpage": 100})["response"]["infos"]
    assert len(sales) > 150
    assert int(purchases["nbtotal"]) > 40
    dates = sorted(item["date"] for item in sales)
    assert (dates[1], dates[-1]) == ("2025-10-01", "2026-11-20")
    assert {day[:7] for day in dates} >= {f"2026-{month:02d}" for month in range(1, 12)}


def test_rows_come_only_alone_and_embeds_only_when_asked_for(api: Api) -> None:
    listed = api.get("/invoices", limit=1).json()["data"][0]
    assert not {"rows", "_embed"} & set(listed)
    single = api.get(f"/invoices/{listed['id']}", **{"embed[]": ["company", "payment_terms", "file"]}).json()
    assert single["rows"]
    assert set(single["_embed"]) == {"company", "payment_terms", "file"}
    assert "data" not in single


def test_amounts_are_texts_with_two_to_nine_decimals_and_tax_rates_are_numbers(api: Api) -> None:
    amounts = [item["amounts"]["total_incl_tax"] for item in api.all("/invoices")]
    assert {len(amount.partition(".")[2]) for amount in amounts} >= {2, 3, 8, 9}
    rates = [tax["rate"] for tax in api.get("/taxes", limit=100).json()["data"]]
    assert {type(rate) for rate in rates} == {int, float}
    assert all(isinstance(tax["rate"], str) for item in api.all("/invoices") for tax in item["taxes"])


def test_an_inactive_tax_is_not_listed_and_can_be_read(api: Api) -> None:
    assert 922 not in [tax["id"] for tax in api.get("/taxes", limit=100).json()["data"]]
    assert api.get("/taxes/922").json()["is_active"] is False


def test_an_invoice_and_a_credit_note_share_an_id(api: Api) -> None:
    shared = {item["id"] for item in api.all("/invoices")} & {item["id"] for item in api.all("/credit-notes")}
    assert shared
    one = shared.pop()
    assert api.get(f"/invoices/{one}").json()["number"] != api.get(f"/credit-notes/{one}").json()["number"]


def test_the_same_id_is_another_document_in_another_account(api: Api, second: Api) -> None:
    assert api.get("/invoices/48002").json()["amounts"] != second.get("/invoices/48002").json()["amounts"]


def test_credit_notes_are_positive_and_one_of_them_is_not(api: Api) -> None:
    totals = [Decimal(item["amounts"]["total_incl_tax"]) for item in api.all("/credit-notes")]
    assert sum(total < 0 for total in totals) == 1
    assert all("due_date" not in item and "vat_mode" not in item for item in api.all("/credit-notes"))


def sales(api: Api) -> list[dict[str, Any]]:
    embeds = {"embed[]": ["company", "individual", "deposits", "discount_incl_taxes"]}
    return [api.get(f"/invoices/{item['id']}", **embeds).json() for item in api.all("/invoices")]


def test_rare_documents_are_there(api: Api) -> None:
    documents = sales(api)
    by_subject = {document["subject"]: document for document in documents}
    row_types = Counter(row["type"] for document in documents for row in document["rows"])
    assert row_types.keys() >= {
        "single",
        "shipping",
        "packaging",
        "deposit",
        "title",
        "comment",
        "sub-total",
        "break-line",
    }
    assert {"eco-contribution", "progress-single", "break-page"} <= row_types.keys(), "unknown row types"
    assert by_subject["Acompte sur travaux"]["is_deposit"]
    final = by_subject["Solde des travaux"]
    assert final["_embed"]["deposits"][0]["amount"] == "360.00000000"
    assert (final["amounts"]["total_incl_tax"], final["amounts"]["total_remaining_due_incl_tax"]) == (
        "1200.00",
        "840.00",
    )
    assert sum(document["is_progress_invoice"] for document in documents) == 2
    assert any(Decimal(document["amounts"]["total_incl_tax"]) == 0 for document in documents)
    assert any(Decimal(document["amounts"]["total_incl_tax"]) < 0 for document in documents)
    assert any(document["discount"] for document in documents)
    assert any((document.get("_embed") or {}).get("discount_incl_taxes") for document in documents)
    assert any("new_block" in document and document["status"] == "disputed" for document in documents)
    assert any("is_sent_to_accounting" not in document for document in documents)
    assert any(document["taxes"] == [] for document in documents)
    assert {document["currency"] for document in documents} == {"EUR", "USD", "GBP", "CHF"}
    assert {document["vat_mode"] for document in documents} == {"debit", "collection"}
    assert {document["status"] for document in documents} > {
        "draft",
        "due",
        "paid",
        "late",
        "payinprogress",
        "cancelled",
    }
    assert any(row["tax_rate"] == "8.50" for document in documents for row in document["rows"] if "tax_rate" in row)
    texts = "".join(row.get("description") or "" for document in documents for row in document["rows"])
    assert all(sign in texts for sign in ("\n", "\t", "🔧", "<br />", "\u200b"))


def test_some_documents_are_not_accounted_and_drafts_have_no_number(api: Api) -> None:
    documents = api.all("/invoices")
    accounted = Counter(document.get("is_sent_to_accounting") for document in documents)
    assert accounted[False] > 5
    drafts = [document for document in documents if document["status"] == "draft"]
    assert drafts
    assert {(document["number"], document["is_sent_to_accounting"]) for document in drafts} == {("", False)}


def test_rounding_gaps_of_one_and_two_cents_and_one_document_that_does_not_close(api: Api) -> None:
    gaps = Counter()
    for document in api.all("/invoices"):
        vat = sum(Decimal(tax["amount"]) for tax in document["taxes"])
        amounts = document["amounts"]
        gaps[Decimal(amounts["total_incl_tax"]) - Decimal(amounts["total_excl_tax"]) - vat] += 1
    assert set(gaps) == {Decimal(gap) for gap in ("0", "0.02", "-0.01", "5")}
    assert gaps[Decimal(5)] == 1


def test_customers_are_as_untidy_as_real_ones(api: Api) -> None:
    companies = [one for page in ("client", "supplier") for one in api.all("/companies", {"type": page})]
    customers = [one for one in companies if one["type"] == "client"]
    names = Counter(one["name"] for one in customers)
    assert names["Dupont Rénovation"] == 2
    assert any(one["legal_france"]["siret"] == "12345678901234" for one in customers), "a wrong SIRET"
    assert any(" " in (one["legal_france"]["siret"] or "") for one in customers)
    assert any(one["legal_france"]["vat"] is None for one in customers)
    assert any(one["auxiliary_code"] for one in customers)
    assert [one["last_name"] for one in api.all("/individuals")] == ["d'Exemple-Martin"]


# --- journal ----------------------------------------------------------------------------------------------------------


def journal(api: Api, kind: str) -> list[dict[str, Any]]:
    return api.all(f"/accounting-journal/{kind}", {"include_exported_entries": True})


def documents_of(line: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (line.get("documents") or [line.get("document")])[0]
    return found


@pytest.mark.parametrize("kind", ["sells", "purchases"])
@pytest.mark.parametrize("client", ["demo-client", "demo-client-b", "demo-client-c"])
def test_the_journal_balances_per_document_once_analytic_lines_are_left_out(
    sandbox: Sandbox, client: str, kind: str
) -> None:
    sums: dict[tuple[str, int], Decimal] = {}
    for line in journal(Api(sandbox, client), kind):
        if line["accounting_type"] == 1:
            document, amount = documents_of(line), Decimal(line["amount"]["value"])
            key = (document["type"], document["id"])
            sums[key] = sums.get(key, Decimal(0)) + (amount if line["amount"]["direction"] == "debit" else -amount)
    unbalanced = {key: total for key, total in sums.items() if total}
    assert sums
    assert len(unbalanced) <= 1, "only the document whose amounts do not close"


def test_the_journal_holds_exactly_the_accounted_documents(api: Api) -> None:
    booked = {(documents_of(line)["type"], documents_of(line)["id"]) for line in journal(api, "sells")}
    accounted = set()
    for plural, kind in (("/invoices", "invoice"), ("/credit-notes", "creditnote")):
        for item in api.all(plural):
            if item.get("is_sent_to_accounting", True) and Decimal(item["amounts"]["total_incl_tax"]):
                accounted.add((kind, item["id"]))
    assert booked == accounted


def test_the_journal_hides_exported_lines_and_sometimes_names_one_document_the_old_way(api: Api) -> None:
    everything, shown = journal(api, "sells"), api.all("/accounting-journal/sells")
    assert len(shown) < len(everything)
    assert not any(line["recorded"] for line in shown)
    assert any("document" in line and "documents" not in line for line in everything)
    assert {line["accounting_type"] for line in everything} == {1, 2}


def test_the_control_total_of_the_journal_is_given(api: Api) -> None:
    query = {"embed[]": "aggregations.credit_debit", "limit": 1}
    answer = api.search("/accounting-journal/purchases", {"filters": {}}, **query).json()
    totals = answer["aggregations"]["credit_debit"]
    assert totals["debit"] == totals["credit"]


def test_every_account_of_the_journal_has_a_code(api: Api) -> None:
    codes = {code["code"] for code in api.get("/accounting-codes", limit=100).json()["data"]}
    assert {line["code"]["value"] for line in journal(api, "sells") + journal(api, "purchases")} <= codes


# --- purchases and V1 -------------------------------------------------------------------------------------------------


def purchases(api: Api) -> list[dict[str, Any]]:
    listed = api.v1("Purchase.getList", doctype="invoice", pagination={"pagenum": 1, "nbperpage": 100})["response"]
    return [item for key, item in listed["result"].items() if key != "_xml_childtag"]


def test_v1_lists_are_objects_with_a_remnant_and_arrays_as_well(api: Api) -> None:
    invoices = api.v1("Purchase.getList", doctype="invoice")["response"]
    assert invoices["result"]["_xml_childtag"]
    assert len(invoices["result"]) - 1 == invoices["infos"]["nbperpage"] == 10
    notes = api.v1("Purchase.getList", doctype="creditNote")["response"]
    assert isinstance(notes["result"], list)
    assert notes["result"]
    nothing = api.v1("Purchase.getList", doctype="invoice", search={"periodecreated_start": 4_000_000_000})
    assert nothing["response"]["result"] == []


def test_v1_errors_come_with_status_200(api: Api) -> None:
    assert api.v1("Purchase.getOne", id=1)["error"]["code"] == "E_OBJ_NOT_LOADABLE"
    assert api.v1("Purchase.delete", id=1301)["status"] == "error"
    answer = api.session.post(f"{api.url}/v1/0/", data={"do_in": "not json"}, timeout=5).json()
    assert (answer["status"], answer["response"]) == ("error", None)


def test_v1_scalars_are_texts_and_dates_change_their_form(api: Api) -> None:
    listed = purchases(api)[0]
    one = api.v1("Purchase.getOne", id=listed["id"])["response"]
    assert all(isinstance(value, str) for value in listed.values())
    assert one["shippingDate"] == "0000-00-00"
    assert one["displayedDate"] == "/".join(reversed(listed["displayedDate"].split("-")))
    assert listed["thirdname"] == one["thirdName"]
    assert one["map"]["rows"]["_xml_childtag"] == "row"
    assert one["taxesAmountDetails"].startswith("a:1:{i:")
    assert len(one["totalAmount"].partition(".")[2]) == 9


def test_the_date_filter_of_v1_takes_unix_seconds(api: Api) -> None:
    window = {"periodecreated_start": 1_767_222_000, "periodecreated_end": 1_769_900_399}  # January 2026 in Paris
    found = api.v1("Purchase.getList", doctype="invoice", search=window, pagination={"nbperpage": 100})["response"]
    dates = [item["displayedDate"] for key, item in found["result"].items() if key != "_xml_childtag"]
    assert dates
    assert {day[:7] for day in dates} == {"2026-01"}


def test_rare_purchases_are_there(api: Api) -> None:
    found = [api.v1("Purchase.getOne", id=item["id"])["response"] for item in purchases(api)]
    taxes = {row["taxid"] for one in found for key, row in one["map"]["rows"].items() if key != "_xml_childtag"}
    assert {"918", "916"} <= taxes, "reverse charge at home and in the community"
    assert any(one["taxesAmountDetails"] == "a:0:{}" for one in found)
    assert any(one["externalident"] == "" for one in found)
    assert any("payDateCustom" not in one for one in found)
    assert {one["recordable"] for one in found} == {"Y", "N"}


@pytest.mark.parametrize(("client", "join"), [("demo-client", "id"), ("demo-client-b", "linkedid")])
def test_which_v1_id_the_journal_uses_depends_on_the_account(sandbox: Sandbox, client: str, join: str) -> None:
    api = Api(sandbox, client)
    numbers = {documents_of(line)["id"]: documents_of(line)["number"] for line in journal(api, "purchases")}
    matching = [item for item in purchases(api) if int(item[join]) in numbers]
    assert len(matching) > 20
    assert all(numbers[int(item[join])] == item["ident"] for item in matching)


def test_where_supplier_credit_notes_cannot_be_listed_the_journal_has_their_ids(sandbox: Sandbox) -> None:
    third = Api(sandbox, "demo-client-c")
    assert third.v1("Purchase.getList", doctype="creditNote")["status"] == "error"
    documents = [documents_of(line) for line in journal(third, "purchases")]
    notes = {document["id"]: document["number"] for document in documents if document["type"] == "purCreditNote"}
    assert notes
    for identifier, number in notes.items():
        assert third.v1("Purchase.getOne", id=identifier)["response"]["ident"] == number


def briefcase(api: Api, item: dict[str, Any]) -> dict[str, Any]:
    """The supplier's file of a purchase, found by asking in every place."""
    for linked_type in ("purInvoice", "purCreditNote", "purchase"):
        for name in ("id", "linkedid"):
            search = {"linkedtype": linked_type, "linkedid": int(item[name]), "mode": "flat"}
            files = api.v1("Briefcases.getList", search=search)["result"]["files"]
            if files:
                return {"place": (linked_type, name), **next(iter(files.values()))}
    return {"place": None}


def test_supplier_originals_lie_in_several_places_or_nowhere(api: Api) -> None:
    places = Counter(briefcase(api, item)["place"] for item in purchases(api))
    assert {("purInvoice", "id"), ("purchase", "id"), ("purInvoice", "linkedid"), None} <= places.keys()


def test_the_original_and_the_rendering_of_a_purchase_are_two_pdfs(api: Api) -> None:
    item = purchases(api)[0]
    original = requests.get(f"{api.url}/file/{briefcase(api, item)['public_url']}", timeout=5)
    link = api.v1("Purchase.getPublicLink", id=item["id"])["response"]["pdf"]
    rendered = requests.get(f"{api.url}/{link}", timeout=5)
    assert original.content[:5] == rendered.content[:5] == b"%PDF-"
    assert original.content != rendered.content
    assert item["externalident"] in text_of(original.content)
    assert item["ident"] in text_of(rendered.content)


def test_v1_tells_which_account_it_is(api: Api, second: Api) -> None:
    accounts = [one.v1("Infos.getInfos")["response"]["userdatas"]["corpid"] for one in (api, second)]
    assert accounts == ["1641", "1642"]


def test_suppliers_are_the_companies_of_v2(api: Api) -> None:
    listed = api.v1("Supplier.getList")["response"]["result"]
    one = next(supplier for key, supplier in listed.items() if key != "_xml_childtag")
    assert api.get(f"/companies/{one['id']}").json()["name"] == one["name"]
    assert api.v1("Supplier.getOne", id=one["id"])["response"]["client"]["name"] == one["name"]
    assert api.v1("Supplier.getOne", id=1)["status"] == "error"


def test_a_payment_of_a_purchase_has_numbers_instead_of_texts(api: Api) -> None:
    payments = [api.v1("Purchase.getPayments", id=item["id"])["response"] for item in purchases(api)]
    amounts = [payment["relatedAmount"] for found in payments for payment in found]
    assert amounts
    assert all(isinstance(amount, float) for amount in amounts)


# --- files ------------------------------------------------------------------------------------------------------------


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(document[0].get_textpage().get_text_range().split())
    finally:
        document.close()


def test_every_pdf_opens_and_shows_the_number_and_the_total() -> None:
    count = 0
    for account in build_accounts().values():
        for filed in account.documents.values():
            text = text_of(pdf_of(filed))
            total = f"{filed.booking.paper.gross:,.2f}".replace(",", " ").replace(".", ",")
            assert (filed.booking.number or "sans numéro") in text
            assert total in text
            count += 1
    assert count > 350


def test_a_link_serves_its_pdf_without_a_token_and_dies_with_the_next_change(api: Api) -> None:
    item = api.get("/invoices", limit=1).json()["data"][0]
    answer = requests.get(item["pdf_link"], timeout=5)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert item["number"] in text_of(answer.content)
    api.change("invoice", item["id"], fields={"note": "changed"})
    gone = requests.get(item["pdf_link"], timeout=5)
    assert (gone.status_code, gone.content[:5]) == (404, b"<!DOC")
    fresh = api.get(f"/invoices/{item['id']}").json()["pdf_link"]
    assert requests.get(fresh, timeout=5).ok


def test_a_forged_link_finds_nothing(api: Api) -> None:
    assert requests.get(f"{api.url}/file/?id=bm9wZQ==&key=0&display=Y", timeout=5).status_code == 404
    assert requests.get(f"{api.url}/file/?id=%00&key=0", timeout=5).status_code == 404


def test_drafts_and_some_others_give_a_page_instead_of_a_pdf_and_some_give_no_link(api: Api) -> None:
    documents = api.all("/invoices")
    assert any(document["pdf_link"] is None for document in documents)
    draft = next(document for document in documents if document["status"] == "draft")
    answer = requests.get(draft["pdf_link"], timeout=5)
    assert answer.status_code == 200
    assert "Oups, aucun fichier" in answer.text
    pages = [one for one in documents if one["status"] != "draft" and one["pdf_link"]]
    assert any("html" in requests.get(one["pdf_link"], timeout=5).headers["Content-Type"] for one in pages)


# --- changes at the source --------------------------------------------------------------------------------------------


def lines_of(api: Api, identifier: int) -> list[dict[str, Any]]:
    return [line for line in journal(api, "sells") if documents_of(line)["id"] == identifier]


def test_accounting_can_be_taken_back_and_done_again(api: Api) -> None:
    invoice = next(item for item in api.all("/invoices") if item.get("is_sent_to_accounting"))
    api.change("invoice", invoice["id"], accounted=False)
    assert api.get(f"/invoices/{invoice['id']}").json()["is_sent_to_accounting"] is False
    first = {line["id"] for line in lines_of(api, invoice["id"]) if documents_of(line)["type"] == "invoice"}
    api.change("invoice", invoice["id"], accounted=True)
    second = {line["id"] for line in lines_of(api, invoice["id"]) if documents_of(line)["type"] == "invoice"}
    assert (first, bool(second)) == (set(), True)


def test_an_amount_can_change_with_its_journal(api: Api) -> None:
    assert api.change("invoice", 48001, net="100.00").json()["gross_cents"] == 12000
    document = api.get("/invoices/48001").json()
    assert document["amounts"]["total_incl_tax"] == "120.00"
    customer = [line["amount"]["value"] for line in lines_of(api, 48001) if line["code"]["value"] == "411000"]
    assert "120.00" in customer


def test_a_purchase_can_change_too(api: Api) -> None:
    api.change("purchase-invoice", 1301, net="50.00", accounted=False, original=None)
    one = api.v1("Purchase.getOne", id=1301)["response"]
    assert (one["totalAmountTaxesFree"], one["recordable"]) == ("50.000000000", "N")


def test_a_document_can_disappear(api: Api) -> None:
    api.change("credit-note", 48001, deleted=True)
    assert api.get("/credit-notes/48001").status_code == 404
    assert api.change("credit-note", 48001, accounted=True).status_code == 404
    assert api.get("/invoices/48001").status_code == 200


def test_a_wrong_change_is_refused(api: Api) -> None:
    assert api.change("invoice", 48001, colour="blue").status_code == 400
    assert api.change("invoice", 48001, net="much").status_code == 400


def test_a_reset_takes_changes_back_and_keeps_tokens(api: Api, sandbox: Sandbox) -> None:
    before = api.get("/invoices/48001").json()
    api.change("invoice", 48001, net="1.00")
    sandbox.reset()
    assert api.get("/invoices/48001").json() == before


# --- determinism ------------------------------------------------------------------------------------------------------


def test_the_accounts_are_the_same_every_time() -> None:
    def everything() -> Any:
        return {
            name: [(filed.document, filed.lines, filed.embeds, pdf_of(filed)) for filed in account.documents.values()]
            for name, account in build_accounts().items()
        }

    assert everything() == everything()


def test_the_witness_lists_every_document_in_cents(api: Api, sandbox: Sandbox) -> None:
    shown = requests.get(f"{sandbox.url}/_sandbox/sellsy/documents?account=demo-client", timeout=5).json()
    kinds = Counter(one["kind"] for one in shown)
    assert kinds.keys() == {"invoice", "credit-note", "purchase-invoice", "purchase-credit-note"}
    first = api.get("/invoices/48001").json()
    mine = next(one for one in shown if (one["kind"], one["id"]) == ("invoice", 48001))
    assert mine["gross_cents"] == int(Decimal(first["amounts"]["total_incl_tax"]) * 100)
    assert requests.get(f"{sandbox.url}/_sandbox/sellsy/documents?account=x", timeout=5).status_code == 404
