"""Every shape and every word of Cegid Loop's errors, read for what happens next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellsy_ledger.connectors.cegid_loop.errors import FolderRefused, error_rule, import_refused, words_of
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    LedgerError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.transport import Answer


def meaning(body: Any, status: int = 200, *, wrote: bool = True, path: str = "/importJson") -> LedgerError | None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_rule(Answer(status, {}, raw, path), wrote)


def said(message: str) -> dict[str, Any]:
    return {"error": {"instanceId": "0f8fad5b", "message": message}}


@pytest.mark.parametrize(
    "body",
    [
        {"accountingImportRequestId": "x"},
        {"error": None, "data": []},
        {"error": ""},
        [],
        [{"error": "x"}],
        {"erreurs": 0},
    ],
)
def test_a_success_is_none(body: Any) -> None:
    assert meaning(body) is None


def test_a_200_that_holds_an_error_is_an_error() -> None:
    assert isinstance(meaning(said("L'exercice est clôturé")), PostingRefused)
    assert isinstance(meaning({"Error": "L'exercice est clôturé"}), PostingRefused)
    assert isinstance(meaning({"error": {"code": 12}}), PostingRefused)


def test_a_server_fault_is_not_its_business() -> None:
    assert meaning(b"", 503) is None
    assert meaning(said("broken"), 500) is None


@pytest.mark.parametrize(
    "message",
    [
        "The collaborator [1042] does not have access to the folder [DEMO03]",
        "JSON import request: The collaborator [x] doesn't have access to the folder [y]",
        "Le collaborateur n'a pas accès au dossier [DEMO03]",
        "Dossier DEMO03 inconnu",
        "unknown folder",
        "codeIbs manquant",
    ],
)
@pytest.mark.parametrize("wrote", [True, False])
def test_a_folder_that_is_not_open_stops_the_company(message: str, wrote: bool) -> None:
    error = meaning(said(message), wrote=wrote)
    assert isinstance(error, FolderRefused)
    assert error.field == "dossier_code"
    assert "LoopHub" in str(error)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401),
        ({"message": "Forbidden"}, 403),
        (b"<html>no</html>", 401),
        (said("Invalid API key"), 200),
        (said("Clé API inconnue"), 200),
        (said("Unauthorized"), 400),
    ],
)
@pytest.mark.parametrize("wrote", [True, False])
def test_refused_keys_stop_the_company(body: Any, status: int, wrote: bool) -> None:
    error = meaning(body, status, wrote=wrote)
    assert isinstance(error, AccessError)
    assert not isinstance(error, FolderRefused)


@pytest.mark.parametrize(
    "message",
    [
        "Le SIRET de l'import est invalide",
        "SIRET invalide sur l'écriture 3",
        "Le SIRET ne correspond pas au SIREN du dossier",
        "L'établissement est inconnu pour ce dossier",
        "establishment unknown",
    ],
)
def test_a_wrong_siret_is_a_setting(message: str) -> None:
    error = meaning(said(message))
    assert isinstance(error, ConfigurationError)
    assert error.field == "siret"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("L'exercice du 2024-01-01 au 2024-12-31 est clôturé", Reason.PERIOD_CLOSED),
        ("Période verrouillée", Reason.PERIOD_CLOSED),
        ("The fiscal year is closed", Reason.PERIOD_CLOSED),
        ("La date 2026-03-01 est hors contexte", Reason.PERIOD_CLOSED),
        ("Le compte 799999 n'existe pas", Reason.ACCOUNT_UNKNOWN),
        ("account 799999 does not exist", Reason.ACCOUNT_UNKNOWN),
        ("Le journal ZZ n'existe pas", Reason.JOURNAL_MISSING),
        ("Le tiers X est inconnu", Reason.THIRD_PARTY_REFUSED),
        ("L'écriture est déséquilibrée", Reason.AMOUNTS_DO_NOT_CLOSE),
        ("entries are unbalanced", Reason.AMOUNTS_DO_NOT_CLOSE),
        ("Impossible de télécharger le fichier", Reason.SUPPORTING_DOCUMENT_MISSING),
        ("Les écritures doivent être un tableau", Reason.REFUSED_BY_TOOL),
        ("Le contexte est obligatoire hors multiPeriode", Reason.REFUSED_BY_TOOL),
        ("debCutOff et finCutOff vont ensemble", Reason.REFUSED_BY_TOOL),
        ("nobody has seen this yet", Reason.REFUSED_BY_TOOL),
        ("", Reason.REFUSED_BY_TOOL),
    ],
)
def test_a_refusal_has_a_reason_and_a_detail(message: str, reason: Reason) -> None:
    for error in (meaning(said(message)), import_refused(message)):
        assert isinstance(error, PostingRefused)
        assert error.reason is reason
        assert error.facts["detail"]


@pytest.mark.parametrize(
    "message",
    [
        "Request timed out",
        "Erreur interne",
        "Service temporairement indisponible",
        # What such a fault names besides proves no refusal.
        "Timed out while the établissement was read",
        "Erreur interne : dossier introuvable",
        "Internal error, check the API key",
    ],
)
def test_a_breakdown_told_by_a_200_leaves_a_write_unknown(message: str) -> None:
    assert isinstance(meaning(said(message)), OutcomeUnknown)
    assert isinstance(meaning(said(message), wrote=False, path="/journal"), TryLater)


def test_a_refused_read_is_a_configuration_error() -> None:
    assert isinstance(meaning(said("Filtre invalide"), wrote=False, path="/compte"), ConfigurationError)
    missing = meaning({"statusCode": 404, "message": "Resource not found"}, 404, wrote=False, path="/compte")
    assert isinstance(missing, ConfigurationError)
    assert "route" in str(missing)


# -- looks at an import ------------------------------------------------------------------------------------------
def test_a_failed_import_is_an_answer_not_a_failed_request() -> None:
    body = {"status": 4, "error": {"message": "Le compte 1 n'existe pas"}}
    assert meaning(body, wrote=False, path="/base/getImportStatus") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (said("Demande d'import introuvable"), 200),
        ({"message": "not found"}, 404),
        ({"status": 404, "title": "x"}, 404),
    ],
)
def test_an_import_that_nobody_knows_is_an_unknown_outcome(body: Any, status: int) -> None:
    assert isinstance(meaning(body, status, wrote=False, path="/getImportStatus"), OutcomeUnknown)


def test_refused_keys_at_a_look_are_still_refused_keys() -> None:
    assert isinstance(meaning({"message": "Access denied"}, 401, wrote=False, path="/getImportStatus"), AccessError)


# -- words -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        "Le compte est fermé",
        {"message": "Le compte est fermé."},
        {"status": 4, "errors": ["Le compte est fermé"]},
        {"status": 4, "errors": [{"ligne": 1, "message": "Le compte est fermé"}, {"message": "Le compte est fermé"}]},
        {"status": 4, "result": {"rapport": {"Detail": "Le compte est fermé"}}},
        {"status": 4, "lines": [{"erreur": "Le compte est fermé"}]},
    ],
)
def test_the_words_of_a_failure_are_found_in_any_shape(body: Any) -> None:
    assert words_of(body) == "Le compte est fermé"


@pytest.mark.parametrize("body", [None, 4, {}, [], {"status": 4}, {"a": {"b": {"c": {"d": {"e": {"f": "x"}}}}}}])
def test_a_failure_without_words_is_empty(body: Any) -> None:
    assert words_of(body) == ""


def test_words_are_one_clean_short_line_without_links() -> None:
    text = words_of({"message": "<b>non</b>\n" + "x" * 500, "detail": "https://blob.example/f.pdf?sig=abcdef"})
    assert "\n" not in text
    assert len(text) <= 200
    assert "abcdef" not in words_of({"detail": "voir https://blob.example/f.pdf?sig=abcdef"})
