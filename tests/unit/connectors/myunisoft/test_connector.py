"""What only MyUnisoft does: a firm's token, large files, numbers that are cut or padded, answers without an id."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.myunisoft import connector as connector_module
from sellsy_ledger.connectors.myunisoft.connector import MyUnisoftConnector
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from sellsy_ledger_sandbox.server import Sandbox
from tests.unit.connectors.myunisoft.builders import DAY, request
from tests.unit.http.wire import HANG, Wire, answer, scripted

SECRETS = {"third_party_secret": "demo-secret-myunisoft", "api_token": "demo-token-myunisoft"}
FIRM = {**SECRETS, "api_token": "demo-token-myunisoft-firm"}
PDF = b"%PDF-1.7 a document"


def connect(url: str, secrets: dict[str, str] = SECRETS, **options: str) -> MyUnisoftConnector:
    made = MyUnisoftConnector.from_credentials(base_url=url, secrets=secrets, options=options)
    made.client.transport.sleep = lambda seconds: None
    made.client.transport.timeout_seconds = (1.0, 0.2)
    return made


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(quota=False) as running:
        yield running


@pytest.fixture
def url(sandbox: Sandbox) -> str:
    sandbox.reset()
    return f"{sandbox.url}/myunisoft"


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as running:
        yield running


def booked(connector: MyUnisoftConnector, **changes: Any) -> PostingRequest:
    """A request whose ledger and third party are the sandbox's own."""
    party = connector.create_third_party(third_party("Exemple"), "411EXEMPLE")
    return request(ledger=connector.read_ledger(), third_party=party, pdf=PDF, **changes)


def third_party(name: str, **changes: Any) -> ThirdParty:
    return ThirdParty(**{"direction": Direction.SALES, "type": "company", "id": 1, "name": name, **changes})


# -- credentials -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("secrets", "options", "field"),
    [
        ({"api_token": "x"}, {}, "third_party_secret"),
        ({"third_party_secret": "x", "api_token": " "}, {}, "api_token"),
        ({"third_party_secret": "x", "api_token": "é\n"}, {}, "api_token"),
        (SECRETS, {"society_id": "abc"}, "society_id"),
        (SECRETS, {"etablissement_id": "1.5"}, "etablissement_id"),
    ],
)
def test_a_missing_credential_names_its_field(secrets: dict[str, str], options: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        MyUnisoftConnector.from_credentials(base_url="https://api.example.com", secrets=secrets, options=options)
    assert refused.value.field == field


def test_a_token_pasted_with_its_scheme_is_understood(url: str) -> None:
    assert connect(url, {**SECRETS, "api_token": "Bearer demo-token-myunisoft"}).client.etablissement_id == 127


def test_a_firms_token_needs_a_folder_and_then_reaches_that_folder_only(url: str) -> None:
    without = connect(url, FIRM)
    assert [check.step for check in without.check_access() if not check.ok] == ["Type d'accès"]
    with pytest.raises(AccessError):
        _ = without.client.etablissement_id
    chosen = connect(url, FIRM, society_id="128")
    assert all(check.ok for check in chosen.check_access())
    assert chosen.client.etablissement_id == 128
    wrong = connect(url, FIRM, society_id="999")
    assert [check.ok for check in wrong.check_access()] == [False]


def test_a_missing_right_is_named_with_what_it_is_for(wire: Wire) -> None:
    routes = [{"path": f"/api/v1/{name}", "method": "get"} for name in ("account", "diary", "society/exercice")]
    wire.play(answer(body=json.dumps({"target": {"type": "api"}, "isActivated": True, "routes": routes}).encode()))
    checks = connect(wire.url).check_access()
    failed = [check for check in checks if not check.ok]
    assert [check.step for check in failed] == ["Droits de la clé", "Lecture des livres"]
    assert [check.blocking for check in failed] == [True, False]
    assert "écrire dans les journaux" in failed[0].detail
    assert "créer les comptes de tiers" in failed[0].detail
    assert "lire le plan comptable" not in failed[0].detail


# -- third parties -----------------------------------------------------------------------------------------------
def test_two_companies_of_one_name_get_two_accounts(url: str) -> None:
    connector = connect(url)
    first = connector.create_third_party(third_party("Martin", siren="732829320"), "411MARTIN")
    second = connector.create_third_party(third_party("Martin", siren="552100554"), "411MARTIN")
    again = connector.create_third_party(third_party("Martin", siren="732829320"), "411MARTIN")
    assert first.auxiliary_account != second.auxiliary_account
    assert again.auxiliary_account == first.auxiliary_account


def test_a_number_is_cut_to_the_folders_limit_and_stays_its_own(url: str) -> None:
    connector = connect(url)
    first = connector.create_third_party(third_party("Menuiserie Alpha"), "411MENUISERIEALPHA")
    second = connector.create_third_party(third_party("Menuiserie Beta"), "411MENUISERIEBETA")
    assert {len(first.auxiliary_account), len(second.auxiliary_account)} == {10}
    assert first.auxiliary_account != second.auxiliary_account


def test_the_padded_number_that_comes_back_is_kept(url: str) -> None:
    connector = connect(url)
    created = connector.create_third_party(third_party("Durand"), "411DUR")
    assert created.auxiliary_account == "411DUR0000"
    assert connector.create_third_party(third_party("Durand"), "411DUR") == created


def test_an_account_that_turns_out_to_be_somebody_elses_is_not_taken(wire: Wire) -> None:
    """The list did not show it, the creation found it: find-or-create gave us another company's account."""
    parameters = answer(body=b'{"max_car_third_p_account": 10}')
    found = {"account_id": 5, "account_number": "411DUPONT0", "label": "Autre société"}
    wire.play(parameters, answer(body=b"[]"), answer(body=json.dumps(found).encode()))
    with pytest.raises(DocumentError) as refused:
        connect(wire.url).create_third_party(third_party("Dupont"), "411DUPONT")
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED
    assert "Autre société" in refused.value.facts["detail"]


# -- answers of every shape --------------------------------------------------------------------------------------
FOLDER = answer(body=b'{"society_id": 127}')


@pytest.mark.parametrize(
    "body",
    [
        b'{"entry_id": 34}',
        b'{"id_entry": "34"}',
        b'{"entry_array": [{"entry_id": 34}]}',
        b'{"entry_array": [{"id_entry": 34, "doublon": true, "alerte": "a <br> b"}]}',
    ],
)
def test_the_id_is_found_wherever_it_stands(wire: Wire, body: bytes) -> None:
    wire.play(FOLDER, answer(body=body))
    receipt = connect(wire.url).post_entry(request())
    assert receipt.entry_id == "34"
    if b"doublon" in body:
        assert receipt.warnings == ("MyUnisoft signale un doublon probable.", "MyUnisoft signale : a b")


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"true", b"<html>ok</html>", b'{"entry_array": []}'])
def test_an_answer_without_an_id_is_resolved_by_the_key(wire: Wire, body: bytes) -> None:
    wire.play(FOLDER, answer(201, body), answer(body=b'{"id_entry": 77, "type": "ENTRIES"}'))
    assert connect(wire.url).post_entry(request()).entry_id == "77"
    assert wire.heads[2].startswith("GET /entry/id?id_origin=SELLSY-4242-sales_invoice-7 ")


@pytest.mark.parametrize("look_up", [answer(404), answer(body=b"null"), answer(body=b"{}"), answer(401), HANG])
def test_an_answer_without_an_id_and_an_entry_nobody_finds_is_unknown(wire: Wire, look_up: bytes | str) -> None:
    wire.play(FOLDER, answer(body=b"{}"), *[look_up] * 4)
    with pytest.raises(OutcomeUnknown):
        connect(wire.url).post_entry(request())


def test_several_entries_of_one_key_are_a_conflict(wire: Wire) -> None:
    wire.play(answer(body=b'[{"id_entry": 1}, {"id_entry": 2}]'), *[NO_ENTRY] * 2, *[NO_ENTRIES] * 2)
    with pytest.raises(PostingConflict):
        connect(wire.url).find_entry(request())


# -- whose entry it is -------------------------------------------------------------------------------------------
NO_ENTRY = answer(404, b'{"error": {"code": "ECR4"}}')
NO_ENTRIES = answer(body=b'{"entry_array": []}')
ABSENT = answer(body=b"null")


def as_listed(entry_id: int, **more: Any) -> dict[str, Any]:
    """The lines of :func:`request` in an entry of ``/entries``."""
    amounts = (("55", 120.05, None), ("101", None, 100.04), ("103", None, 20.01))
    lines = [{"account": {"account_id": a}, "debit": d, "credit": c, "piece2": "FAC1 "} for a, d, c in amounts]
    return {"entry_id": entry_id, "entry_list": lines, **more}


def as_mad(entry_id: int, **more: Any) -> dict[str, Any]:
    movements = [{"account": {"number": "706000"}, "value": {"debit": 1, "credit": 1}}]
    return {"producerId": str(entry_id), "date": "2026-02-03", "movements": movements, **more}


def partner(key: str | None) -> dict[str, Any]:
    return {"partnerMetadata": {"partnerId": key} if key else None}


def body(found: Any) -> bytes:
    return answer(body=json.dumps(found).encode())


def test_absent_is_said_only_after_a_second_route_was_asked(wire: Wire) -> None:
    wire.play(ABSENT, *[NO_ENTRY] * 2, *[NO_ENTRIES] * 2)
    assert connect(wire.url).find_entry(request()) is None
    assert [head.split()[1].partition("?")[0] for head in wire.heads] == [
        *("/entry/id", "/mad/entry", "/mad/entry"),
        *("/entries", "/entries"),
    ]


def test_an_entry_that_the_first_route_denies_is_found_by_the_second(wire: Wire) -> None:
    ours = as_mad(9, additionalProducerProperties=partner("SELLSY-4242-sales_invoice-7"))
    wire.play(ABSENT, body(ours), body({"entry_array": [as_listed(9)]}), body(ours), NO_ENTRIES)
    found = connect(wire.url).find_entry(request())
    assert found is not None
    assert found.entry_id == "9"


@pytest.mark.parametrize(
    ("told", "conflict"),
    [
        ({"additionalProducerProperties": partner("SELLSY-4242-sales_invoice-7-v2")}, False),
        ({"additionalProducerProperties": partner("QONTO-1")}, False),
        ({"additionalProducerProperties": partner(None)}, False),
        ({}, True),
    ],
)
def test_an_entry_of_our_content_is_ours_only_where_its_key_says_so(
    wire: Wire, told: dict[str, Any], conflict: bool
) -> None:
    wire.play(
        ABSENT, *[NO_ENTRY] * 2, body({"entry_array": [as_listed(9)]}), body(as_mad(9, **told)), *[NO_ENTRIES] * 2
    )
    connector = connect(wire.url)
    if conflict:
        with pytest.raises(PostingConflict):
            connector.find_entry(request())
    else:
        assert connector.find_entry(request()) is None


def test_the_key_of_another_version_is_not_ours(wire: Wire) -> None:
    """Should MyUnisoft look keys up by their beginning: ours is the beginning of its new version's."""
    metadata = json.dumps({"posting_key": "sellsy:4242:sales_invoice:7-v2"})
    named = {"id_entry": 5, "type": "ENTRIES", "json_metadata_partners": metadata}
    other = as_mad(5, additionalProducerProperties=partner("SELLSY-4242-sales_invoice-7-v2"))
    wire.play(body(named), body(other), NO_ENTRY, *[NO_ENTRIES] * 2)
    assert connect(wire.url).find_entry(request()) is None


def test_a_pending_entry_may_change_and_a_lettered_one_may_not(url: str, sandbox: Sandbox) -> None:
    connector = connect(url)
    made = booked(connector, draft=True)
    receipt = connector.post_entry(made)
    assert getattr(connector.read_back(made, receipt.entry_id), "editable", None) is True
    requests.post(
        f"{sandbox.url}/_sandbox/myunisoft/close", json={"key": "SELLSY-4242-sales_invoice-7"}, timeout=5
    ).raise_for_status()
    assert getattr(connector.read_back(made, receipt.entry_id), "editable", None) is False


# -- the books ---------------------------------------------------------------------------------------------------
YEAR = (dt.date(2026, 1, 1), dt.date(2026, 2, 28))


def test_pending_and_posted_entries_are_in_the_books_with_their_keys(url: str) -> None:
    connector = connect(url)
    posted = booked(connector)
    pending = msgspec.structs.replace(posted, posting_key="sellsy:4242:sales_invoice:7-v2", draft=True)
    for each in (posted, pending):
        connector.post_entry(each)
    found = list(connector.booked_entries(Direction.SALES, *YEAR))
    assert sorted(each.key for each in found) == [posted.posting_key, pending.posting_key]
    assert {(each.third_party_account, each.third_party_name, each.gross_cents) for each in found} == {
        ("411EXEMPLE", "Exemple", 12005)
    }
    assert list(connector.booked_entries(Direction.PURCHASES, *YEAR)) == []


def test_a_key_without_the_route_of_the_books_reads_them_by_another(wire: Wire) -> None:
    forbidden = answer(403, b'{"error": {"code": "ERR-FORBIDDEN-ROUTE", "message": "no"}}')
    line = {"account": {"account_number": "411X", "label": "X"}, "debit": 12, "piece2": "F1", "label": "Vente"}
    entry = {"entry_id": 3, "date_piece": "2026-02-03", "diary": {"code": "VE"}, "entry_list": [line]}
    wire.play(forbidden, body({"entry_array": [entry], "debit_total": 12}), body({"entry_array": []}))
    (found,) = connect(wire.url).booked_entries(Direction.SALES, DAY, DAY)
    assert (found.entry_id, found.journal, found.numbers, found.key) == ("3", "VE", ("F1", "Vente"), "")


@pytest.mark.parametrize("of_an_empty_day", [0, 99])
def test_a_list_that_does_not_add_up_is_not_whole_unless_its_sum_is_of_something_else(
    wire: Wire, of_an_empty_day: int
) -> None:
    wire.play(body([]), body({"entry_array": [], "debit_total": 99}))
    wire.play(body({"entry_array": [], "debit_total": of_an_empty_day}))
    reading = connect(wire.url).booked_entries(Direction.SALES, DAY, DAY)
    if of_an_empty_day:
        assert list(reading) == []
    else:
        with pytest.raises(TryLater):
            list(reading)


@pytest.mark.parametrize("shape", [b"null", b"{}", b'{"entry_array": null}', b"7", b"[7]", b'[{"producerId": "1"}]'])
def test_books_answered_in_another_form_prove_nothing(wire: Wire, shape: bytes) -> None:
    wire.play(answer(body=shape), answer(body=shape))
    with pytest.raises(TryLater):
        list(connect(wire.url).booked_entries(Direction.SALES, DAY, DAY))


# -- the PDF -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("draft", [False, True])
def test_a_large_pdf_follows_the_entry(
    url: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, draft: bool
) -> None:
    monkeypatch.setattr(connector_module, "INLINE_PDF_MAX_BYTES", 4)
    connector = connect(url)
    made = booked(connector, draft=draft)
    receipt = connector.post_entry(made)
    assert receipt.pdf_attached
    connector.attach_document(made, receipt.entry_id)
    held = connector.read_back(made, receipt.entry_id)
    assert held is not None
    assert held.pdf_sha256 == hashlib.sha256(PDF).hexdigest() == sandbox.entries("myunisoft")[0]["pdf_sha256"]
    assert sandbox.calls()["myunisoft"]["POST /document/add_all_types"] == 1


def test_a_large_pdf_that_fails_leaves_the_entry_and_can_be_repeated(
    url: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_module, "INLINE_PDF_MAX_BYTES", 4)
    connector = connect(url)
    made = booked(connector)
    sandbox.faults([{"tool": "myunisoft", "route": "POST /document/add_all_types", "kind": "500"}])
    receipt = connector.post_entry(made)
    assert receipt.entry_id
    assert not receipt.pdf_attached
    assert len(receipt.warnings) == 1
    connector.attach_document(made, receipt.entry_id)
    assert [entry["pdf_sha256"] for entry in sandbox.entries("myunisoft")] == [hashlib.sha256(PDF).hexdigest()]


def test_the_seal_is_the_same_whether_the_pdf_goes_inside_or_after(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = connect(url)
    made = booked(connector)
    inside = connector.payload(made)
    monkeypatch.setattr(connector_module, "INLINE_PDF_MAX_BYTES", 4)
    assert connector.payload(made) == inside


def test_a_file_host_that_gives_no_files_is_asked_once(wire: Wire) -> None:
    entry = {
        "producerId": "1",
        "date": "2026-02-03",
        "attachments": {"a.pdf": {"type": "URL", "value": f"{wire.url}/ged/1/download"}},
        "movements": [{"account": {"number": "706000"}, "value": {"debit": 1, "credit": 0}}],
    }
    body = answer(body=json.dumps(entry).encode())
    wire.play(body, answer(403), body)
    connector = connect(wire.url)
    for _ in range(2):
        held = connector.read_back(request(), "1")
        assert held is not None
        assert (held.pdf_sha256, held.pdf_present) == (None, True)
    assert len(wire.requests) == 3


def test_a_login_page_is_not_taken_for_the_pdf(wire: Wire) -> None:
    entry = {
        "producerId": "1",
        "attachments": {"a.pdf": {"type": "URL", "value": f"{wire.url}/ged/1/download"}},
        "movements": [{"account": {"number": "706000"}, "value": {"debit": 1, "credit": 0}}],
    }
    wire.play(answer(body=json.dumps(entry).encode()), answer(body=b"<html>login</html>"))
    held = connect(wire.url).read_back(request(), "1")
    assert held is not None
    assert (held.pdf_sha256, held.pdf_present) == (None, True)


# -- drafts ------------------------------------------------------------------------------------------------------
def test_a_draft_that_was_validated_is_found_under_its_new_id(url: str, sandbox: Sandbox) -> None:
    connector = connect(url)
    made = booked(connector, draft=True)
    receipt = connector.post_entry(made)
    # What an accountant's validation does: the pending entry becomes a posted one with another id.
    posted = msgspec.structs.replace(made, draft=False)
    sandbox.reset()
    validated = connector.post_entry(booked_again(connector, posted))
    held = connector.read_back(made, receipt.entry_id)
    assert held is not None
    assert (held.draft, held.entry_id) == (False, validated.entry_id)


def booked_again(connector: MyUnisoftConnector, made: PostingRequest) -> PostingRequest:
    """The same request against a folder that was started afresh."""
    party = connector.create_third_party(third_party("Exemple"), "411EXEMPLE")
    return msgspec.structs.replace(made, third_party=party)


@pytest.mark.parametrize("body", [b'"x"', b"7", b'{"items": null}', b"[null]", b"[{}]", b'["12"]'])
def test_a_look_up_answered_in_another_form_proves_nothing(wire: Wire, body: bytes) -> None:
    wire.play(answer(body=body))
    with pytest.raises(TryLater):
        connect(wire.url).find_entry(request())


@pytest.mark.parametrize("body", [b"7", b'"x"', b'{"target": 7, "routes": 7}'])
def test_key_info_of_another_shape_never_breaks_the_access_check(wire: Wire, body: bytes) -> None:
    wire.play(*(answer(body=body) for _ in range(6)))
    assert connect(wire.url).check_access()
