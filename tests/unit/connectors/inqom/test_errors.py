"""The table of errors, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.connectors.inqom.errors import TokenRefused, reason_of, rule
from sellsy_ledger.core.outcomes import REASON_TEXTS, Reason
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.http.transport import Answer


def answer(status: int, body: Any = b"") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {}, raw, "/v1/dossiers/1/entries")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("La période comptable est verrouillée.", Reason.PERIOD_CLOSED),
        ("Accounting period is locked", Reason.PERIOD_CLOSED),
        ("ExercisesNotFound", Reason.PERIOD_CLOSED),
        ("Exercice clôturé", Reason.PERIOD_CLOSED),
        ("L'écriture n'est pas équilibrée", Reason.AMOUNTS_DO_NOT_CLOSE),
        ("Entry is not balanced", Reason.AMOUNTS_DO_NOT_CLOSE),
        ("AccountingDocumentId not found", Reason.SUPPORTING_DOCUMENT_MISSING),
        ("Extension de fichier refusée", Reason.SUPPORTING_DOCUMENT_MISSING),
        ("Journal 9 not found", Reason.JOURNAL_MISSING),
        ("Le compte 411X n'est pas imputable", Reason.ACCOUNT_UNKNOWN),
        ("Account not found", Reason.ACCOUNT_UNKNOWN),
        ("Something else", Reason.REFUSED_BY_TOOL),
        ("", Reason.REFUSED_BY_TOOL),
    ],
)
def test_the_words_of_a_refusal_name_its_reason(text: str, reason: Reason) -> None:
    assert reason_of(text) is reason


@pytest.mark.parametrize(
    "body",
    [
        {"Message": "Le compte 411X est inconnu"},
        {"message": "Le compte 411X est inconnu"},
        {"error": {"message": "Le compte 411X est inconnu"}},
        {"Errors": {"Lines[0].AccountNumber": ["Le compte 411X est inconnu"]}},
        {"Errors": [{"Line": 0, "Message": "Le compte 411X est inconnu"}]},
        [{"Message": "Le compte 411X est inconnu"}],
        ["Le compte 411X est inconnu"],
        "Le compte 411X est inconnu",
        {"AccountNumber": ["Le compte 411X est inconnu"]},
        {"title": "Bad request", "errors": {"x": ["Le compte 411X est inconnu"]}},
        b"Le compte 411X est inconnu",
    ],
)
def test_the_words_are_found_in_whatever_shape(body: Any) -> None:
    refused = rule(answer(400, body), True)
    assert isinstance(refused, PostingRefused)
    assert refused.reason is Reason.ACCOUNT_UNKNOWN
    assert "Le compte 411X est inconnu" in refused.facts["detail"]


@pytest.mark.parametrize("body", [b"", b"<html><body>account</body></html>", b"\xff\xfe", {}, [], 3, None])
def test_a_refusal_without_words_still_says_something(body: Any) -> None:
    refused = rule(answer(400, body), True)
    assert isinstance(refused, PostingRefused)
    assert refused.reason is Reason.REFUSED_BY_TOOL
    assert refused.facts["detail"]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_detail_makes_a_sentence(reason: Reason) -> None:
    from sellsy_ledger.connectors.inqom.errors import detail_of

    assert "« non »" in REASON_TEXTS[reason].sentence.format(detail=detail_of(reason, "« non »")) or reason in (
        Reason.NOT_ACCOUNTED,
        Reason.ZERO_AMOUNT,
    )


@pytest.mark.parametrize(
    ("status", "wrote", "kind"),
    [
        (200, True, type(None)),
        (204, True, type(None)),
        (401, False, TokenRefused),
        (401, True, TokenRefused),
        (403, False, TokenRefused),
        (403, True, TokenRefused),
        (404, False, type(None)),
        (404, True, ConfigurationError),
        (405, False, ConfigurationError),
        (400, False, ConfigurationError),
        (400, True, PostingRefused),
        (409, True, PostingRefused),
        (422, True, PostingRefused),
        (408, False, TryLater),
        (408, True, OutcomeUnknown),
        (425, True, OutcomeUnknown),
        (500, False, type(None)),
        (503, True, type(None)),
    ],
)
def test_a_status_decides_the_class(status: int, wrote: bool, kind: type) -> None:
    assert type(rule(answer(status), wrote)) is kind


@pytest.mark.parametrize("status", [413, 415])
def test_a_file_that_is_too_large_or_of_another_kind_is_the_document_s_fault(status: int) -> None:
    refused = rule(answer(status, b"<html>"), True)
    assert isinstance(refused, PostingRefused)
    assert refused.reason is Reason.SUPPORTING_DOCUMENT_MISSING


def test_no_message_holds_a_token_or_a_link() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln"
    refused = rule(answer(400, {"Message": f"Bearer {token} https://f.example/x?sig=abc"}), True)
    assert token not in str(refused)
    assert "abc" not in str(refused)
