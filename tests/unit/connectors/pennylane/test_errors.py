"""Every shape of Pennylane's errors, read for what happens next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.connectors.pennylane.errors import AttachmentExists, ReferenceTaken, error_rule
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import AccessError, InvariantBroken, LedgerError, PostingRefused, TryLater
from sellsy_ledger.http.transport import Answer


def meaning(status: int, body: Any, *, wrote: bool = True) -> LedgerError | None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    kind = "text/plain" if isinstance(body, str) else "application/json"
    return error_rule(Answer(status, {"content-type": kind, "x-request-id": "r-1"}, raw), wrote)


def test_successes_missing_objects_and_server_faults_are_not_its_business() -> None:
    assert meaning(201, {}) is None
    assert meaning(404, {"error": "Couldn't find Customer", "status": 404}, wrote=False) is None
    assert meaning(503, "gone") is None


def test_a_refused_token_stops_the_company_and_a_missing_right_is_named() -> None:
    assert isinstance(meaning(401, {"error": "The access token is invalid", "status": 401}), AccessError)
    missing = meaning(403, {"error": 'Access to this resource requires scope "customers:all".', "status": 403})
    assert isinstance(missing, AccessError)
    assert missing.field == "customers:all"
    assert isinstance(meaning(403, "Forbidden"), AccessError)


def test_the_same_file_is_told_with_the_id_that_holds_it() -> None:
    error = meaning(
        409, {"error": "A document with ID 20260000000042 already exists with such attachment.", "status": 409}
    )
    assert isinstance(error, AttachmentExists)
    assert error.existing_id == 20260000000042
    assert error.reason is Reason.POSSIBLE_DUPLICATE


def test_a_file_that_is_not_ready_is_worth_waiting_for() -> None:
    error = meaning(409, {"error": "The file is not available yet, please retry in a few seconds", "status": 409})
    assert isinstance(error, TryLater)
    assert error.retry_after_seconds


@pytest.mark.parametrize(
    ("status", "text"),
    [(422, "External reference has already been taken"), (409, "Resource already exists."), (409, "")],
)
def test_what_exists_already_is_told_apart(status: int, text: str) -> None:
    assert isinstance(meaning(status, {"error": text, "status": status}), ReferenceTaken)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (422, {"error": 'The sum of lines "currency_amount" does not match'}, Reason.AMOUNTS_DO_NOT_CLOSE),
        (422, {"error": "Entry lines are not balanced", "status": 422}, Reason.AMOUNTS_DO_NOT_CLOSE),
        (422, {"error": "unprocessable_entity", "message": "Fiscal year is closed"}, Reason.PERIOD_CLOSED),
        (422, {"error": "invalid content type", "status": 422}, Reason.SUPPORTING_DOCUMENT_MISSING),
        (400, {"message": "not in the enum", "field": "vat_rate", "code": "X"}, Reason.VAT_CODE_UNMAPPED),
        (404, {"error": "Couldn't find LedgerAccount with 'id'=1", "status": 404}, Reason.ACCOUNT_UNKNOWN),
        (404, {"error": "Couldn't find Supplier with 'id'=1", "status": 404}, Reason.THIRD_PARTY_REFUSED),
        (400, {"message": "nobody has seen this yet", "payload": "x", "code": "ValidateError"}, Reason.REFUSED_BY_TOOL),
        (400, "plain words", Reason.REFUSED_BY_TOOL),
        (422, ["not", "an", "object"], Reason.REFUSED_BY_TOOL),
        (422, {"error": {"nested": True}}, Reason.REFUSED_BY_TOOL),
    ],
)  # fmt: skip
def test_a_refusal_has_a_reason_and_a_detail(status: int, body: Any, reason: Reason) -> None:
    error = meaning(status, body)
    assert isinstance(error, PostingRefused)
    assert (error.reason, error.tool_code, error.request_id) == (reason, str(status), "r-1")
    assert error.facts["detail"]


def test_words_are_shortened_cleaned_and_hold_no_secret() -> None:
    error = meaning(422, {"error": "bad\n\x00 Bearer abcdef.ghijkl " + "x" * 900, "status": 422})
    assert error is not None
    assert len(str(error)) < 400
    assert "\n" not in str(error)
    assert "abcdef" not in str(error)


def test_a_refused_read_is_our_own_mistake() -> None:
    assert isinstance(meaning(400, {"error": "Invalid cursor", "status": 400}, wrote=False), InvariantBroken)
