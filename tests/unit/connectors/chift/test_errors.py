"""Every error code of Chift's accounting API has a meaning, and the meaning decides what happens next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sellsy_ledger.connectors.chift import errors
from sellsy_ledger.connectors.chift.errors import CODES, Meaning, rule
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    InvariantBroken,
    LedgerError,
    PostingRefused,
)
from sellsy_ledger.http.transport import Answer

TSV = Path(__file__).parents[3] / "data" / "chift" / "accounting_error_codes.tsv"
ROWS = [line.split("\t") for line in TSV.read_text(encoding="utf-8").splitlines() if line]
# What each family does to a document that is posted; the others are no refusal of a document.
REASONS = {
    Meaning.ACCOUNT: Reason.ACCOUNT_UNKNOWN,
    Meaning.VAT: Reason.VAT_CODE_UNMAPPED,
    Meaning.JOURNAL: Reason.JOURNAL_MISSING,
    Meaning.PARTNER: Reason.THIRD_PARTY_REFUSED,
    Meaning.CURRENCY: Reason.CURRENCY_NOT_SUPPORTED,
    Meaning.PERIOD: Reason.PERIOD_CLOSED,
    Meaning.PDF: Reason.SUPPORTING_DOCUMENT_MISSING,
    Meaning.NUMBER_TAKEN: Reason.POSSIBLE_DUPLICATE,
    Meaning.PARTNER_TAKEN: Reason.POSSIBLE_DUPLICATE,
    Meaning.ATTACHMENT_TAKEN: Reason.POSSIBLE_DUPLICATE,
}
EXPECTED = {
    "ERROR_TAX_CODE_NOT_FOUND": Reason.VAT_CODE_UNMAPPED,
    "ERROR_ACCOUNT_NUMBER_NOT_FOUND": Reason.ACCOUNT_UNKNOWN,
    "ERROR_ACCOUNT_NUMBER_NOT_GOOD_SCOPE": Reason.ACCOUNT_UNKNOWN,
    "ERROR_COLLECTIVE_ACCOUNT_MISSING": Reason.ACCOUNT_UNKNOWN,
    "ERROR_CHARGE_PRODUCT_ACCOUNT_MISSING": Reason.ACCOUNT_UNKNOWN,
    "ERROR_JOURNAL_NOT_FOUND": Reason.JOURNAL_MISSING,
    "ERROR_JOURNAL_NOT_GOOD_SCOPE": Reason.JOURNAL_MISSING,
    "ERROR_MULTIPLE_JOURNALS": Reason.JOURNAL_MISSING,
    "ERROR_CURRENCY_NOT_FOUND": Reason.CURRENCY_NOT_SUPPORTED,
    "ERROR_PARTNER_NOT_FOUND": Reason.THIRD_PARTY_REFUSED,
    "ERROR_BOOKYEAR_NOT_FOUND": Reason.PERIOD_CLOSED,
    "ERROR_INVALID_FINANCIAL_PERIOD_FORMAT": Reason.PERIOD_CLOSED,
    "ERROR_INVALID_BASE64_STRING": Reason.SUPPORTING_DOCUMENT_MISSING,
    "ERROR_ENTRY_NOT_BALANCED": Reason.REFUSED_BY_TOOL,
    "ERROR_DEBIT_CREDIT_VALUE": Reason.REFUSED_BY_TOOL,
    "ERROR_ZERO_INVOICE": Reason.REFUSED_BY_TOOL,
    "ERROR_NO_INVOICE_LINE": Reason.REFUSED_BY_TOOL,
    "ERROR_INVOICE_NUMBER_ALREADY_USED": Reason.POSSIBLE_DUPLICATE,
    "ERROR_PARTNER_ALREADY_EXISTS": Reason.POSSIBLE_DUPLICATE,
    "ERROR_ATTACHMENT_ALREADY_EXISTS": Reason.POSSIBLE_DUPLICATE,
}


def said(status: int, body: Any = None, path: str = "/invoices/multi-analytic-plans") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return Answer(status, {"content-type": "application/json", "x-request-id": "r-1"}, raw, path)


def refused(status: int, body: Any = None) -> LedgerError:
    error = rule(said(status, body), True)
    assert error is not None
    return error


def test_the_table_holds_exactly_the_documented_codes() -> None:
    assert len(ROWS) == 58
    assert {code for code, *_ in ROWS} == set(CODES)


@pytest.mark.parametrize(("code", "status", "messages", "routes"), ROWS, ids=[row[0] for row in ROWS])
def test_every_code_answered_to_a_write(code: str, status: str, messages: str, routes: str) -> None:
    for message in messages.split("|"):
        error = refused(int(status), {"message": message, "status": "error", "error_code": code})
        assert (error.tool, error.tool_code, error.request_id) == ("chift", code, "r-1")
        if CODES[code] is Meaning.JOURNAL_BUSY:
            assert isinstance(error, errors.JournalBusy)
            continue
        assert isinstance(error, PostingRefused)
        assert error.reason is REASONS.get(CODES[code], Reason.REFUSED_BY_TOOL)
        assert error.facts["detail"]
        assert "\n" not in str(error)


@pytest.mark.parametrize(("code", "reason"), EXPECTED.items())
def test_what_a_document_waits_for(code: str, reason: Reason) -> None:
    error = refused(400, {"message": "whatever", "error_code": code})
    assert isinstance(error, PostingRefused)
    assert error.reason is reason


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ERROR_INVOICE_NUMBER_ALREADY_USED", errors.NumberTaken),
        ("ERROR_PARTNER_ALREADY_EXISTS", errors.PartnerTaken),
        ("ERROR_ATTACHMENT_ALREADY_EXISTS", errors.AttachmentTaken),
        (None, errors.RequestIdUsed),
    ],
)
def test_a_409_says_what_is_taken(code: str | None, kind: type[Exception]) -> None:
    assert type(refused(409, {"message": "taken", "error_code": code})) is kind


def test_the_value_at_fault_is_told_where_there_is_one() -> None:
    message = "The account number '799999' doesn't exist in the accounting system."
    error = refused(404, {"message": message, "error_code": "ERROR_ACCOUNT_NUMBER_NOT_FOUND"})
    assert isinstance(error, PostingRefused)
    assert error.facts["detail"] == "799999 — ERROR_ACCOUNT_NUMBER_NOT_FOUND"


def test_a_validation_error_names_the_field_and_not_its_value() -> None:
    body = {"detail": [{"loc": ["body", "total"], "msg": "field required", "type": "missing", "input": "SECRET"}]}
    error = refused(422, body)
    assert isinstance(error, PostingRefused)
    assert error.facts["detail"] == "body.total: field required — 422"
    assert "SECRET" not in str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b'{"message": null, "detail": {}}'])
def test_a_refusal_without_words_is_still_a_refusal(body: bytes) -> None:
    error = refused(400, body)
    assert isinstance(error, PostingRefused)
    assert error.facts["detail"].endswith("400")


@pytest.mark.parametrize(
    ("status", "body", "path", "wrote", "kind"),
    [
        (401, {}, "/consumers", False, errors.TokenRefused),
        (401, {}, "/invoices", True, errors.TokenRefused),
        (401, {}, "/token", False, AccessError),
        (422, {"detail": []}, "/token", False, AccessError),
        (403, {"message": "no"}, "/consumers", False, AccessError),
        (400, {"message": "no"}, "/folders", False, ConfigurationError),
        (
            400,
            {"message": "no", "error_code": "ERROR_MAX_DIFFERENCE_MONTHS"},
            "/journal/entries",
            False,
            InvariantBroken,
        ),
    ],
)
def test_other_answers(status: int, body: Any, path: str, wrote: bool, kind: type[Exception]) -> None:
    assert type(rule(said(status, body, path), wrote)) is kind


@pytest.mark.parametrize(("status", "wrote"), [(200, True), (204, True), (404, False), (500, True), (503, False)])
def test_what_the_rule_leaves_to_the_transport(status: int, wrote: bool) -> None:
    assert rule(said(status), wrote) is None
