"""The table of error answers, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.connectors.sage100.errors import error_rule, messages, token_error_rule
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.transport import Answer

ACTION = "/ds/journaux('jo-VE')/creerPieceComptable"
PAGE = b"<!DOCTYPE html><html><body>404</body></html>"


def answer(status: int, body: Any = None, url: str = ACTION, kind: str = "application/json") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {"content-type": kind}, raw, url)


def said(message: str) -> dict[str, Any]:
    return {"error": {"code": "422", "message": message}}


@pytest.mark.parametrize(
    ("status", "body", "wrote", "kind"),
    [
        (200, {}, True, None),
        (204, b"", True, None),
        (404, said("rien"), False, None),
        (500, PAGE, True, None),
        (503, b"", False, None),
        (200, PAGE, True, OutcomeUnknown),
        (401, {"Message": "denied"}, True, AccessError),
        (403, said("droit"), False, AccessError),
        (404, PAGE, False, ConfigurationError),
        (404, PAGE, True, ConfigurationError),
        (405, said("x"), True, ConfigurationError),
        (415, said("x"), True, ConfigurationError),
        (408, b"", True, OutcomeUnknown),
        (408, b"", False, TryLater),
        (400, said("x"), True, PostingRefused),
        (404, said("x"), True, PostingRefused),
        (422, said("x"), True, PostingRefused),
    ],
)
def test_status_and_shape_decide(status: int, body: Any, wrote: bool, kind: type[Exception] | None) -> None:
    url = ACTION if wrote else "/ds/comptes"
    found = error_rule(answer(status, body, url), wrote)
    assert found is None if kind is None else type(found) is kind


def test_a_refused_check_is_a_refusal_and_another_refused_read_a_setting() -> None:
    assert type(error_rule(answer(422, said("Le compte n'existe pas")), False)) is PostingRefused
    found = error_rule(answer(400, said("Syntax error"), "/ds/comptes"), False)
    assert type(found) is ConfigurationError
    assert "Syntax error" in str(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Les écritures ne sont pas équilibrées pour le journal VE.", Reason.AMOUNTS_DO_NOT_CLOSE),
        ("L'écriture n'appartient pas à un exercice.", Reason.PERIOD_CLOSED),
        ("L'exercice est clôturé.", Reason.PERIOD_CLOSED),
        ("La période est verrouillée", Reason.PERIOD_CLOSED),
        ("Le tiers n'existe pas.", Reason.THIRD_PARTY_REFUSED),
        ("Le tiers est obligatoire pour le compte collectif 411000.", Reason.THIRD_PARTY_REFUSED),
        ("Le compte général n'existe pas.", Reason.ACCOUNT_UNKNOWN),
        ("Le journal ZZ n'existe pas.", Reason.JOURNAL_MISSING),
        ("La devise XXX n'existe pas", Reason.CURRENCY_NOT_SUPPORTED),
        ("L'intitulé de l'écriture dépasse 35 caractères.", Reason.REFUSED_BY_TOOL),
    ],
)
def test_french_words_tell_the_reason(text: str, reason: Reason) -> None:
    found = error_rule(answer(422, said(text)), True)
    assert isinstance(found, DocumentError)
    assert found.reason is reason
    assert text.rstrip(".") in found.facts["detail"]


def test_several_reasons_in_one_message_all_reach_the_person() -> None:
    found = error_rule(answer(422, said("Le compte général n'existe pas.\r\nLe tiers n'existe pas.\r\n\r\n")), True)
    assert isinstance(found, DocumentError)
    assert found.facts["detail"] == "« Le compte général n'existe pas. ; Le tiers n'existe pas. »"
    assert "\n" not in str(found)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (said("a\r\nb\na"), ["a", "b"]),
        ({"Message": "denied"}, ["denied"]),
        ({"Error": {"Message": "x"}}, ["x"]),
        ({"error": {"message": {"lang": "fr", "value": "x"}}}, ["x"]),
        ({"error": "invalid"}, ["invalid"]),
        ({"error": {"message": 5}}, []),
        ([1], []),
        (PAGE, []),
        (b"", []),
    ],
)
def test_every_shape_of_a_message_is_read(body: Any, texts: list[str]) -> None:
    assert messages(answer(400, body)) == texts


def test_a_secret_in_an_answer_is_not_repeated() -> None:
    found = error_rule(answer(422, said("Bearer abcdef123456 refusé")), True)
    assert "abcdef123456" not in str(found)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {}, None),
        (503, b"", None),
        (403, {"error": "invalid_grant"}, AccessError),
        (401, {"error": "invalid_client"}, AccessError),
        (400, b"x", AccessError),
        (404, PAGE, ConfigurationError),
    ],
)
def test_the_login_servers_answers(status: int, body: Any, kind: type[Exception] | None) -> None:
    found = token_error_rule(answer(status, body, "/oauth/token"), True)
    assert found is None if kind is None else type(found) is kind
