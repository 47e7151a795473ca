from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.errors import AccessError, InvariantBroken, TryLater
from sellsy_ledger.sources.sellsy.client import CALLS_BEFORE_QUOTAS, V1_METHODS, SellsyClient
from sellsy_ledger.sources.sellsy.errors import NotFound, V1Refused, login_rule, v1_rule, v2_rule

from .fakes import FakeTransport

TOKEN = (200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "first"})


class Account:
    """A client over scripted transports and a clock of its own."""

    def __init__(self, **options: Any) -> None:
        self.api, self.login, self.v1 = FakeTransport(v2_rule), FakeTransport(login_rule), FakeTransport(v1_rule)
        self.now = 0.0
        self.client = SellsyClient(
            api=self.api,  # type: ignore[arg-type]
            login=self.login,  # type: ignore[arg-type]
            v1=self.v1,  # type: ignore[arg-type]
            credentials=("an-id", "a-secret"),
            clock=lambda: self.now,
            **options,
        )
        self.login.will_answer(TOKEN)

    def tokens_sent(self) -> list[str]:
        return [request["headers"]["Authorization"] for request in [*self.api.sent, *self.v1.sent]]


@pytest.fixture
def account() -> Account:
    return Account()


def listing(items: list[Any], offset: Any = None, total: int | None = None, limit: int = 100) -> tuple[int, Any]:
    return 200, {"pagination": {"limit": limit, "total": total, "count": len(items), "offset": offset}, "data": items}


def all_items(account: Account, path: str = "/taxes", **search: Any) -> list[Any]:
    return [json.loads(bytes(raw)) for page in account.client.pages(path, **search) for raw in page.items]


# -- token -------------------------------------------------------------------------------------------------------


def test_one_token_serves_every_call_until_a_minute_before_its_end(account: Account):
    account.login.will_answer((200, {"access_token": "second", "expires_in": "3600"}))
    account.api.will_answer(*[(200, {})] * 3)
    for moment in (0.0, 3539.0, 3541.0):
        account.now = moment
        account.client.get("/taxes/1")
    assert account.tokens_sent() == ["Bearer first", "Bearer first", "Bearer second"]


def test_a_refused_token_is_replaced_once_and_the_call_repeated_once(account: Account):
    account.login.will_answer((200, {"access_token": "second", "expires_in": 86400}))
    account.api.will_answer((401, {"error": {}}), (200, {"id": 1}))
    assert account.client.get("/taxes/1") == b'{"id": 1}'
    assert account.tokens_sent() == ["Bearer first", "Bearer second"]


def test_a_token_refused_twice_is_an_access_error(account: Account):
    account.login.will_answer((200, {"access_token": "second", "expires_in": 86400}))
    account.api.will_answer((401, {}), (401, {}))
    with pytest.raises(AccessError):
        account.client.get("/taxes/1")
    assert len(account.api.sent) == 2


@pytest.mark.parametrize("status", [400, 401])
def test_wrong_credentials_are_named_without_their_values(status: int):
    account = Account()
    account.login.answers.clear()
    account.login.will_answer((status, {"error": "invalid_client", "error_description": "a-secret is wrong"}))
    with pytest.raises(AccessError) as caught:
        account.client.get("/taxes/1")
    assert caught.value.tool_code == "invalid_client"
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [{"expires_in": 3600}, {"access_token": None}, [], {"access_token": "x", "expires_in": "soon"}]
)
def test_a_login_without_a_token_is_no_login(body: Any):
    account = Account()
    account.login.answers.clear()
    account.login.will_answer((200, body))
    with pytest.raises(TryLater):
        account.client.get("/taxes/1")


def test_a_very_short_lifetime_still_leaves_half_of_it_to_use():
    account = Account()
    account.login.answers.clear()
    account.login.will_answer((200, {"access_token": "short", "expires_in": 30}))
    account.api.will_answer((200, {}), (200, {}))
    account.client.get("/taxes/1")
    account.now = 14.0
    account.client.get("/taxes/1")
    assert len(account.login.sent) == 1


# -- pages -------------------------------------------------------------------------------------------------------


def test_pages_follow_the_offset_verbatim_with_the_same_query(account: Account):
    account.api.will_answer(
        listing([{"id": n} for n in range(100)], "WyJh==", 150), listing([{"id": 100}] * 50, "x", 150)
    )
    assert len(all_items(account, "/invoices/search", filters={})) == 150
    first, second = account.api.sent
    assert ("limit", "100") in first["params"]
    assert second["params"] == [*first["params"], ("offset", "WyJh==")]
    assert first["json"] == second["json"] == {"filters": {}}


@pytest.mark.parametrize("offsets", [["a", "a"], ["a", "b", "a"]])
def test_an_offset_that_comes_again_is_an_error_and_no_endless_loop(account: Account, offsets: list[str]):
    account.api.will_answer(*[listing([{"id": 1}] * 100, offset, 1000) for offset in offsets])
    with pytest.raises(TryLater):
        all_items(account)


def test_a_server_that_gives_smaller_pages_is_followed_to_its_end(account: Account):
    account.api.will_answer(
        listing([{"id": 1}] * 50, "a", 120, limit=50),
        listing([{"id": 2}] * 50, "b", 120, limit=50),
        listing([{"id": 3}] * 20, "c", 120, limit=50),
    )
    assert len(all_items(account)) == 120


def test_a_full_last_page_costs_one_empty_page(account: Account):
    account.api.will_answer(listing([{"id": 1}] * 100, "a", 100), listing([], None, 100))
    assert len(all_items(account)) == 100


def test_a_listing_that_breaks_off_is_not_taken_for_complete(account: Account):
    account.api.will_answer(listing([{"id": 1}] * 100, None, 250))
    with pytest.raises(TryLater):
        all_items(account)


def test_an_empty_first_page_that_announces_objects_is_not_taken_for_nothing(account: Account):
    account.api.will_answer(listing([], None, 12))
    with pytest.raises(TryLater):
        all_items(account)


def test_an_empty_listing_is_nothing(account: Account):
    account.api.will_answer(listing([], None, 0))
    assert all_items(account) == []


@pytest.mark.parametrize("body", [{}, {"data": None}, {"error": "x"}, b"<html>", b'{"data": [', []])
def test_an_answer_without_a_list_is_never_nothing(account: Account, body: Any):
    account.api.will_answer((200, body))
    with pytest.raises(TryLater):
        all_items(account)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/invoices/1", "invoices.read"),
        ("/credit-notes/1", "credit-notes.read"),
        ("/accounting-journal/sells/search", "accounting-entry.read"),
        ("/settings/accounting-charts", "accounting-settings.read"),
    ],
)
def test_a_missing_right_names_its_scope(account: Account, path: str, scope: str):
    account.api.will_answer((403, {"error": {"message": "Interdit"}}))
    with pytest.raises(AccessError) as caught:
        account.client.get(path)
    assert caught.value.field == scope


def test_what_is_gone_is_told_apart(account: Account):
    account.api.will_answer((404, {}))
    with pytest.raises(NotFound):
        account.client.get("/invoices/1")


@pytest.mark.parametrize("details", [[], {"filters": "le champ 'filters' est manquant: Dupont"}])
def test_a_refused_request_repeats_nothing_of_the_answer(account: Account, details: Any):
    account.api.will_answer((400, {"error": {"code": 400, "details": details}}))
    with pytest.raises(Exception) as caught:
        account.client.get("/invoices/1")
    assert "Dupont" not in str(caught.value)


# -- V1 ----------------------------------------------------------------------------------------------------------


def test_a_v1_call_is_a_form_with_the_call_as_json(account: Account):
    account.v1.will_answer((200, {"response": {"id": "1"}, "error": "", "status": "success"}))
    assert json.loads(account.client.v1("Purchase.getOne", {"id": 1})) == {"id": "1"}
    form = account.v1.sent[0]["data"]
    assert (form["request"], form["io_mode"]) == ("1", "json")
    assert json.loads(form["do_in"]) == {"method": "Purchase.getOne", "params": {"id": 1}}


@pytest.mark.parametrize("method", ["Purchase.create", "Purchase.delete", "Document.create", "Client.getList", ""])
def test_a_method_off_the_list_never_leaves(account: Account, method: str):
    with pytest.raises(InvariantBroken):
        account.client.v1(method, {})
    assert account.v1.sent == []


def test_the_list_holds_reading_methods_only():
    assert all(method.partition(".")[2].startswith("get") for method in V1_METHODS)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            (200, {"response": None, "error": {"code": "E_OBJ_NOT_LOADABLE", "message": "x"}, "status": "error"}),
            NotFound,
        ),
        ((200, {"response": None, "error": "E_PRIV_ERROR", "status": "error"}), AccessError),
        ((200, {"response": None, "error": "quelque chose", "status": "error"}), V1Refused),
        ((200, {"response": [], "error": {"code": "E_PARAM"}, "status": "success"}), V1Refused),
        ((200, b"oauth_problem=token_rejected"), AccessError),
        ((403, b"oauth_problem=permission_denied"), AccessError),
        ((200, b"<html>maintenance</html>"), TryLater),
        ((503, b""), TryLater),
    ],
)
def test_v1_errors_come_with_status_200_and_in_many_shapes(account: Account, answer: Any, error: type[Exception]):
    account.v1.will_answer(answer)
    with pytest.raises(error):
        account.client.v1("Purchase.getOne", {"id": 1})


def test_a_v1_401_renews_the_token_too(account: Account):
    account.login.will_answer((200, {"access_token": "second", "expires_in": 3600}))
    account.v1.will_answer((401, b"oauth_problem=token_expired"), (200, {"response": {"id": "1"}}))
    account.client.v1("Purchase.getOne", {"id": 1})
    assert account.tokens_sent() == ["Bearer first", "Bearer second"]


def v1_list(result: Any, **infos: Any) -> tuple[int, Any]:
    return 200, {"response": {"infos": infos, "result": result}, "error": "", "status": "success"}


def v1_items(account: Account) -> list[Any]:
    pages = account.client.v1_pages("Purchase.getList", {"doctype": "invoice"})
    return [json.loads(bytes(raw)) for page in pages for raw in page]


def test_v1_lists_come_as_arrays_and_as_keyed_objects(account: Account):
    account.v1.will_answer(
        v1_list([{"id": "1"}], nbpages="2", pagenum="1"),
        v1_list({"2": {"id": "2"}, "_xml_childtag": "doc"}, nbpages=2, pagenum=2),
    )
    assert [item["id"] for item in v1_items(account)] == ["1", "2"]
    asked = [json.loads(request["data"]["do_in"])["params"]["pagination"]["pagenum"] for request in account.v1.sent]
    assert asked == [1, 2]


def test_v1_without_a_page_count_goes_on_while_pages_are_full(account: Account):
    account.v1.will_answer(
        v1_list([{"id": str(n)} for n in range(10)], nbperpage="10"), v1_list([{"id": "10"}], nbperpage="10")
    )
    assert len(v1_items(account)) == 11


def test_v1_lists_that_repeat_a_page_are_an_error(account: Account):
    account.v1.will_answer(*[v1_list([{"id": "1"}], nbpages=5)] * 2)
    with pytest.raises(TryLater):
        v1_items(account)


@pytest.mark.parametrize("response", [[], {"infos": [], "result": []}, {"infos": {"nbpages": 0}, "result": {}}])
def test_v1_empty_lists_are_nothing(account: Account, response: Any):
    account.v1.will_answer((200, {"response": response, "error": "", "status": "success"}))
    assert v1_items(account) == []


@pytest.mark.parametrize("response", [None, {}, "x", [1], {"result": None}])
def test_v1_answers_without_a_list_are_never_nothing(account: Account, response: Any):
    account.v1.will_answer((200, {"response": response, "error": "", "status": "success"}))
    with pytest.raises(TryLater):
        v1_items(account)


# -- hosts, quotas, identity -------------------------------------------------------------------------------------


def test_all_hosts_come_from_the_connection():
    client = SellsyClient.from_credentials(
        client_id="x",
        client_secret="y",
        base_url_api="http://127.0.0.1:8700/sellsy/v2",
        base_url_login="http://127.0.0.1:8700/sellsy",
        base_url_v1="http://127.0.0.1:8700/sellsy/v1/0/",
        file_hosts=["http://127.0.0.1:8700"],
    )
    fake = FakeTransport(v2_rule)
    client._api = fake  # type: ignore[assignment]
    client.download("?_f=file&id=1&key=2", max_bytes=10)
    assert fake.sent[0]["url"] == "http://127.0.0.1:8700/sellsy/?_f=file&id=1&key=2"
    assert "http://127.0.0.1:8700" in fake.sent[0]["allowed_hosts"]


def test_sellsys_own_partial_links_belong_to_its_site():
    client = SellsyClient.from_credentials(client_id="x", client_secret="y")
    fake = FakeTransport(v2_rule)
    client._api = fake  # type: ignore[assignment]
    client.download("?_f=file&id=1&key=2", max_bytes=10)
    client.download("https://file.sellsy.com/?id=1", max_bytes=10)
    assert [sent["url"] for sent in fake.sent] == [
        "https://www.sellsy.com/?_f=file&id=1&key=2",
        "https://file.sellsy.com/?id=1",
    ]
    assert all(not host.startswith("http") for host in fake.sent[0]["allowed_hosts"])


def test_a_long_run_adopts_the_accounts_own_quotas_once(account: Account):
    adopted: list[Any] = []
    account.api.throttle.set_limits = adopted.append  # type: ignore[method-assign]
    quotas = {"api_rate_seconds": {"limit": 23, "used": 0}, "api_rate_minutes": {"limit": 149, "used": 3}}
    account.api.will_answer(*[(200, {})] * (CALLS_BEFORE_QUOTAS - 1), (200, quotas), *[(200, {})] * 100)
    for _ in range(CALLS_BEFORE_QUOTAS + 50):
        account.client.get("/taxes/1")
    assert adopted == [[(23, 1.0), (149, 60.0)]]


def test_without_the_right_to_quotas_the_run_goes_on(account: Account):
    account.api.will_answer(*[(200, {})] * (CALLS_BEFORE_QUOTAS - 1), (403, {}), (200, {}))
    for _ in range(CALLS_BEFORE_QUOTAS):
        account.client.get("/taxes/1")
    assert account.api.answers == account.api.answers.__class__()


def test_the_account_is_what_the_connection_says_or_stable():
    named = SellsyClient.from_credentials(client_id="x", client_secret="y", account="1641")
    once = SellsyClient.from_credentials(client_id="x", client_secret="y")
    again = SellsyClient.from_credentials(client_id="x", client_secret="another secret")
    other = SellsyClient.from_credentials(client_id="z", client_secret="y")
    assert named.account == "1641"
    assert once.account == again.account != other.account
