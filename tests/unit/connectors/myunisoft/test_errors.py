"""MyUnisoft's codes: each means one thing, whatever the shape, the status or the side it comes from."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sellsy_ledger.connectors.myunisoft.errors import Meaning, meaning, read_error, rule
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    LedgerError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.transport import Answer

PUBLISHED = Path(__file__).parents[3] / "data" / "myunisoft" / "error-codes.csv"


def answer(
    code: str = "", message: str = "", status: int = 400, *, wrapped: bool = True, path: str = "/entry"
) -> Answer:
    inner = {"code": code, "message": message, "details": ""}
    return Answer(status, {"request-id": "r-1"}, json.dumps({"error": inner} if wrapped else inner).encode(), path)


def published() -> list[tuple[str, str, int]]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["message"], int(row["http_status"])) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("code", "status", "error", "reason"),
    [
        ("ECR14", 400, PostingRefused, Reason.REFUSED_BY_TOOL),
        ("ECR1", 400, PostingRefused, Reason.REFUSED_BY_TOOL),
        ("ECR27", 400, PostingRefused, Reason.REFUSED_BY_TOOL),
        ("ECR42", 400, PostingRefused, Reason.REFUSED_BY_TOOL),
        ("DEADLINE1", 400, PostingRefused, Reason.REFUSED_BY_TOOL),
        ("ECR9", 400, PostingRefused, Reason.PERIOD_CLOSED),
        ("ECR10", 400, PostingRefused, Reason.PERIOD_CLOSED),
        ("CLOTURE1", 400, PostingRefused, Reason.PERIOD_CLOSED),
        ("EXERCICE14", 400, PostingRefused, Reason.PERIOD_CLOSED),
        ("BLOCAGE_PERIODIQUE23", 400, PostingRefused, Reason.PERIOD_CLOSED),
        ("COMPTE2", 400, PostingRefused, Reason.ACCOUNT_UNKNOWN),
        ("COMPTE32", 400, PostingRefused, Reason.ACCOUNT_UNKNOWN),
        ("COMPTE99", 400, PostingRefused, Reason.ACCOUNT_UNKNOWN),
        ("JOURNAL9", 400, PostingRefused, Reason.JOURNAL_MISSING),
        ("JOURNAL21", 400, PostingRefused, Reason.JOURNAL_MISSING),
        ("DOCUMENT6", 400, PostingRefused, Reason.SUPPORTING_DOCUMENT_MISSING),
        ("OCR1", 400, PostingRefused, Reason.SUPPORTING_DOCUMENT_MISSING),
        ("NEW_CODE_77", 400, PostingRefused, Reason.REFUSED_BY_TOOL),
        ("ECR48", 400, ConfigurationError, None),
        ("ERR-API-TOKEN-NOT-FOUND", 401, AccessError, None),
        ("ERR-INVALID-PARTNER-JWT", 401, AccessError, None),
        ("ERR-FORBIDDEN-ROUTE", 403, AccessError, None),
        ("SOCIETE12", 400, AccessError, None),
        ("", 401, AccessError, None),
        ("UNHEARD", 403, AccessError, None),
        ("ERR-TOO-MANY-CONCURRENT-REQUEST", 400, TryLater, None),
        ("ERR-TOO-MANY-CONCURRENT-REQUESTS", 400, TryLater, None),
        ("ERR-API-UNDER-MAINTENANCE", 400, TryLater, None),
        ("GBL1", 500, OutcomeUnknown, None),
        ("GBL32", 400, OutcomeUnknown, None),
        ("ECR11", 400, OutcomeUnknown, None),
        ("DOCUMENT5", 500, OutcomeUnknown, None),
        ("UNHEARD", 500, OutcomeUnknown, None),
    ],
)
def test_a_refused_write_becomes_the_right_error(
    code: str, status: int, error: type[LedgerError], reason: Reason | None
) -> None:
    for wrapped in (True, False):
        found = rule(answer(code, "raison", status, wrapped=wrapped), wrote=True)
        assert type(found) is error
        assert found.tool_code == (code or str(status))
        assert found.request_id == "r-1"
        if reason is not None:
            assert isinstance(found, DocumentError)
            assert found.reason is reason
            assert found.facts["detail"] == f"raison ({code})"


@pytest.mark.parametrize(("code", "message", "status"), published(), ids=lambda value: str(value)[:20])
def test_every_published_code_ends_in_a_class_that_says_what_is_next(code: str, message: str, status: int) -> None:
    wrote, read = (rule(answer(code, message, status), wrote) for wrote in (True, False))
    assert isinstance(wrote, (PostingRefused, ConfigurationError, OutcomeUnknown))
    assert isinstance(read, (ConfigurationError, TryLater))
    assert not isinstance(wrote, TryLater), "no code of these families proves that nothing was written"
    assert "<br>" not in str(wrote)
    assert len(str(wrote)) < 500


def test_a_fault_on_their_side_is_passing_for_a_read_and_unknown_for_a_write() -> None:
    assert isinstance(rule(answer("GBL1", status=500), wrote=False), TryLater)
    assert isinstance(rule(answer("GBL1", status=500), wrote=True), OutcomeUnknown)


def test_a_page_with_a_status_of_500_is_left_to_the_transport() -> None:
    assert rule(Answer(502, {}, b"<html>bad gateway</html>", "/entry"), wrote=True) is None


def test_an_error_inside_a_200_is_an_error() -> None:
    found = rule(answer("ECR14", "Ecriture déséquilibrée", 200), wrote=True)
    assert isinstance(found, PostingRefused)
    assert rule(Answer(200, {}, b'{"entry_array": []}', "/entry"), wrote=True) is None


@pytest.mark.parametrize("path", ["/entry/id", "/mad/entry"])
def test_a_404_of_a_look_up_means_absent_only_when_it_speaks_of_the_entry(path: str) -> None:
    assert rule(Answer(404, {}, b"", path), wrote=False) is None
    assert rule(answer("ECR4", "L'écriture est invalide", 404, path=path), wrote=False) is None
    assert isinstance(rule(answer("ERR-FOLDER-NOT-FOUND", "", 404, path=path), wrote=False), AccessError)
    assert isinstance(rule(Answer(404, {}, b"<html>nginx</html>", path), wrote=False), ConfigurationError)
    assert isinstance(rule(Answer(404, {}, b"", "/diary"), wrote=False), ConfigurationError)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b'{"error": "text"}', b'{"error": null}', b"\xff"])
def test_a_body_of_any_shape_is_read_without_a_crash(body: bytes) -> None:
    code, message = read_error(Answer(400, {}, body, "/entry"))
    assert (code, message) == ("", "")
    assert isinstance(rule(Answer(400, {}, body, "/entry"), wrote=True), PostingRefused)


def test_a_message_is_kept_short_clean_and_without_secrets() -> None:
    text = "refusé <br>pour FR76 3000 6000 0112 3456 7890 189\nBearer abcdefgh " + "x" * 3000
    found = rule(answer("ECR4", text), wrote=True)
    assert isinstance(found, PostingRefused)
    assert "FR76" not in str(found)
    assert "abcdefgh" not in str(found)
    assert "\n" not in str(found)
    assert len(found.facts["detail"]) < 250


def test_a_space_inside_a_published_code_does_not_matter() -> None:
    assert meaning("COMPTE 13", 400) is meaning("COMPTE13", 400) is Meaning.ACCOUNT
