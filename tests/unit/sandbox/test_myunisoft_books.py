"""The emulated MyUnisoft says no where the real one does, with its own codes, and books a key twice if asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import requests

from sellsy_ledger_sandbox.server import Sandbox

HEADERS = {"X-Third-Party-Secret": "demo-secret-myunisoft", "Authorization": "Bearer demo-token-myunisoft"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(quota=False) as running:
        yield running


class Api:
    """MyUnisoft as a partner calls it."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/myunisoft"

    def get(self, path: str, headers: dict[str, str] = HEADERS, **params: str) -> requests.Response:
        return requests.get(self.url + path, params=params, headers=headers, timeout=5)

    def post(self, path: str, body: Any, **params: str) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return requests.post(self.url + path, params=params, data=data, headers=HEADERS, timeout=5)

    def account(self, number: str) -> int:
        return int(self.get("/account/v2", begin_by=number).json()[0]["account_id"])


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    sandbox.reset()
    return Api(sandbox.url)


@pytest.fixture
def entry(api: Api) -> dict[str, Any]:
    diary = next(each for each in api.get("/diary").json() if each["code"] == "VE")
    line = {"label": "x", "deadline": "2026-02-03", "piece2": "FAC1"}
    return {
        "date_piece": "2026-02-03",
        "etablissement_id": 127,
        "diary_id": diary["diary_id"],
        "entry_origin_partner_id": "SELLSY-1-sales_invoice-1",
        "entry_list": [
            {**line, "account_id": api.account("411"), "debit": 120.1, "credit": 0},
            {**line, "account_id": api.account("706000"), "debit": 0, "credit": 120.1},
        ],
    }


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "ERR-SECRET-HEADER-NOT-SET"),
        ({**HEADERS, "X-Third-Party-Secret": "x"}, "ERR-INVALID-SECRET"),
        ({**HEADERS, "Authorization": "demo-token-myunisoft"}, "ERR-INVALID-AUTH-HEADER"),
        ({**HEADERS, "Authorization": "Bearer x"}, "ERR-API-TOKEN-NOT-FOUND"),
        ({**HEADERS, "Authorization": "Bearer demo-token-myunisoft-firm", "society-id": "1"}, "ERR-FOLDER-NOT-FOUND"),
        ({**HEADERS, "Authorization": "Bearer demo-token-myunisoft-firm"}, "SOCIETE10"),
    ],
)
def test_wrong_headers_are_refused(api: Api, headers: dict[str, str], code: str) -> None:
    answer = api.get("/diary", headers)
    assert answer.status_code >= 400
    assert answer.json()["error"]["code"] == code
    assert answer.headers["request-id"]


SPOILT = {
    "ECR14": lambda entry: entry["entry_list"][0].update(debit=120),
    "ECR2": lambda entry: entry["entry_list"][0].update(debit=-120.1),
    "ECR27": lambda entry: entry["entry_list"][0].update(credit=1),
    "ECR21": lambda entry: entry["entry_list"][0].update(debit=0),
    "ECR42": lambda entry: entry["entry_list"][0].update(label=" "),
    "ECR43": lambda entry: entry.update(entry_list=[]),
    "ECR48": lambda entry: entry.update(etablissement_id=128),
    "ECR6": lambda entry: entry.update(date_piece="03/02/2026"),
    "ECR9": lambda entry: entry.update(date_piece="2024-02-03"),
    "ECR10": lambda entry: entry.update(date_piece="2020-02-03"),
    "DEADLINE1": lambda entry: entry["entry_list"][0].update(deadline="2026-02-02"),
    "COMPTE2": lambda entry: entry["entry_list"][0].update(account_id=1),
    "JOURNAL3": lambda entry: entry.update(diary_id=1),
    "GBL5": lambda entry: entry["entry_list"][0].update(label="x" * 51),
    "GBL10": lambda entry: entry["entry_list"][0].update(piece2="FAC-1"),
    "DOCUMENT6": lambda entry: entry.update(pj_list=[{"name": "a.pdf", "type": "application/pdf", "content": "?"}]),
    "DOCUMENT11": lambda entry: entry.update(pj_list=[{"name": "a.zip", "type": "application/zip", "content": "AA=="}]),
}


@pytest.mark.parametrize("code", SPOILT)
def test_a_wrong_entry_is_refused_with_its_code(api: Api, sandbox: Sandbox, entry: dict[str, Any], code: str) -> None:
    spoilt = deepcopy(entry)
    SPOILT[code](spoilt)
    answer = api.post("/entry", spoilt, type="e")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert sandbox.entries("myunisoft") == []


def test_a_good_entry_is_kept_with_the_quirks_of_the_real_one(
    api: Api, sandbox: Sandbox, entry: dict[str, Any]
) -> None:
    pdf = {"name": "a.pdf", "type": "application/pdf", "content": base64.b64encode(b"%PDF-1").decode()}
    answer = api.post("/entry/temp", {**entry, "pj_list": [pdf], "unknown_field": 1}, type="o").json()
    lines = answer["entry_array"][0]["entry_list"]
    assert [line["debit"] for line in lines] == [None, 120.1], "other order, zero as null"
    assert lines[0]["piece2"] == "FAC1".ljust(25)
    assert sandbox.entries("myunisoft")[0]["draft"] is True
    assert api.get("/mad/entry", id="FAC1", version="1.0.0").status_code == 404
    assert api.get("/mad/entry", id="FAC1", version="1.0.0", draft="true").status_code == 200


def test_a_second_entry_of_one_key_is_booked_again(api: Api, sandbox: Sandbox, entry: dict[str, Any]) -> None:
    for _ in range(2):
        assert api.post("/entry", entry, type="e").status_code == 200
    assert len(sandbox.entries("myunisoft")) == 2
    assert api.post("/entry", entry, type="e").json()["entry_array"][0]["doublon"] is True


def test_the_short_list_of_accounts_stops_at_five_and_the_other_does_not(api: Api) -> None:
    assert len(api.get("/account", mode="1").json()) == 5
    assert len(api.get("/account/v2").json()) > 50


def test_an_account_is_found_or_created_and_never_changed(api: Api) -> None:
    first = api.post("/account", {"account_number": "411DUR", "label": "Durand"}).json()
    second = api.post("/account", {"account_number": "411DUR0000", "label": "Autre"}).json()
    assert first["account_number"] == "411DUR0000"
    assert second == first


def test_two_folders_keep_their_own_books(api: Api, sandbox: Sandbox, entry: dict[str, Any]) -> None:
    api.post("/entry", entry, type="e")
    other = {**HEADERS, "Authorization": "Bearer demo-token-myunisoft-b"}
    assert api.get("/entry/id", other, id_origin=entry["entry_origin_partner_id"]).json() is None
    assert {each.get("company") for each in sandbox.entries("myunisoft")} == {"Atelier Exemple SARL"}


def test_the_quota_is_told_and_kept() -> None:
    with Sandbox(quota=True) as sandbox:
        api = Api(sandbox.url)
        answers = [api.get("/society") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[0].headers["X-Rate-Limit-Remaining"] == "19"
    assert answers[-1].json()["error"]["code"] == "ERR-TOO-MANY-REQUEST"
