"""ACD's errors: each means one thing, whatever the status, the shape or the language."""

from __future__ import annotations

import json

import pytest

from sellsy_ledger.connectors.acd import errors
from sellsy_ledger.connectors.acd.errors import login_rule, read_error, rule
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

PATH = "/v1/compta/ecriture"


def told(code: str, description: str = "texte", status: int = 200, *, pascal: bool = False) -> Answer:
    names = ("CodeRetour", "ListeErreurs", "Erreur") if pascal else ("codeRetour", "listeErreurs", "erreur")
    body = {names[0]: 0, "description": "KO", names[1]: [{names[2]: code, "description": description}]}
    return Answer(status, {}, json.dumps(body).encode(), PATH)


def sentence(text: str, status: int = 400, *, quoted: bool = False) -> Answer:
    return Answer(status, {}, (json.dumps(text) if quoted else text).encode(), PATH)


# The rows of the known errors: answer, what a write makes of it, its reason, what a read makes of it.
ROWS = [
    (Answer(401, {}, b"", PATH), errors.SessionLost, None, errors.SessionLost),
    (told("jetonNonRecu"), errors.SessionLost, None, errors.SessionLost),
    (told("jetonNonRecu", status=401), errors.SessionLost, None, errors.SessionLost),
    (sentence("jetonNonRecu", 200), errors.SessionLost, None, errors.SessionLost),
    (Answer(403, {}, b"", PATH), AccessError, None, AccessError),
    (Answer(404, {}, b"", PATH), errors.RouteMissing, None, errors.RouteMissing),
    (Answer(404, {}, b"<html>IIS</html>", PATH), errors.RouteMissing, None, errors.RouteMissing),
    (sentence("Dossier introuvable en comptabilité", 404), AccessError, None, AccessError),
    (Answer(405, {}, b"", PATH), errors.RouteMissing, None, errors.RouteMissing),
    (told("compteExisteDeja"), PostingRefused, Reason.THIRD_PARTY_REFUSED, ConfigurationError),
    (told("compteInexistant"), PostingRefused, Reason.ACCOUNT_UNKNOWN, ConfigurationError),
    (told("ecritureNonEquilibre"), PostingRefused, Reason.REFUSED_BY_TOOL, ConfigurationError),
    (told("ecritureNonEquilibre", status=500), PostingRefused, Reason.REFUSED_BY_TOOL, ConfigurationError),
    (told("analytiqueCleRepartitionInexistante"), PostingRefused, Reason.REFUSED_BY_TOOL, ConfigurationError),
    (told("periodeMultiExercice"), PostingRefused, Reason.REFUSED_BY_TOOL, ConfigurationError),
    (sentence("invoice number is not enabled on journal VE"), PostingRefused, Reason.REFUSED_BY_TOOL, None),
    (sentence("invoice number is not enabled on journal VE", 200), PostingRefused, Reason.REFUSED_BY_TOOL, None),
    (sentence("Le numéro de facture n’est pas activé sur le journal VE", 500), PostingRefused, None, None),
    (
        sentence("La connexion à la base du dossier n'est pas initialisée !"),
        errors.DossierLost,
        None,
        errors.DossierLost,
    ),
    (sentence("Plan de classement introuvable", 404), PostingRefused, Reason.SUPPORTING_DOCUMENT_MISSING, None),
    (Answer(502, {}, b"<html>Bad Gateway</html>", PATH), None, None, None),
    (Answer(503, {}, b"", PATH), None, None, None),
    (sentence("Impossible de se connecter aux communs de la comptabilité"), OutcomeUnknown, None, TryLater),
    (sentence("La référence d'objet non définie à une instance d'un objet.", 500), OutcomeUnknown, None, TryLater),
    (told("", "nom du serveur SQL invalide"), OutcomeUnknown, None, TryLater),
    (sentence("Le format de la chaîne d'entrée est incorrect."), PostingRefused, Reason.REFUSED_BY_TOOL, None),
    (sentence("Le format de la chaîne d'entrée est incorrect.", 500, quoted=True), PostingRefused, None, None),
    # Likely words for what no public client has named.
    (sentence("L'exercice du 01/01/2024 au 31/12/2024 est clôturé"), PostingRefused, Reason.PERIOD_CLOSED, None),
    (told("exerciceCloture", ""), PostingRefused, Reason.PERIOD_CLOSED, None),
    (sentence("Aucun exercice ne contient la date 01/01/2031"), PostingRefused, Reason.PERIOD_CLOSED, None),
    (sentence("Journal ZZ introuvable ou non partagé"), PostingRefused, Reason.JOURNAL_MISSING, None),
    (sentence("Le compte 471900 est inactif"), PostingRefused, Reason.ACCOUNT_UNKNOWN, None),
    (sentence("Code TVA ZZ inexistant"), PostingRefused, Reason.VAT_CODE_UNMAPPED, None),
    (sentence("L'exercice est clôturé", 500), None, None, None),
    (told("erreurInconnue", status=500), None, None, None),
    (told("erreurInconnue"), PostingRefused, Reason.REFUSED_BY_TOOL, ConfigurationError),
    (Answer(400, {}, b'{"Message": "non"}', PATH), PostingRefused, Reason.REFUSED_BY_TOOL, ConfigurationError),
    (Answer(200, {}, b'{"codeRetour": 0, "description": "KO"}', PATH), PostingRefused, None, ConfigurationError),
    (Answer(200, {}, b'[{"erreur": "compteInexistant"}]', PATH), PostingRefused, Reason.ACCOUNT_UNKNOWN, None),
]


@pytest.mark.parametrize(("answer", "wrote", "reason", "read"), ROWS, ids=lambda value: str(value)[:60])
def test_each_row_of_the_table(
    answer: Answer, wrote: type[LedgerError] | None, reason: Reason | None, read: type[LedgerError] | None
) -> None:
    found = rule(answer, wrote=True)
    assert type(found) is (wrote or type(None))
    if isinstance(found, DocumentError):
        assert found.facts["detail"]
        assert reason is None or found.reason is reason
    if read is not None:
        assert type(rule(answer, wrote=False)) is read
    assert found is None or found.tool_code


@pytest.mark.parametrize("status", [200, 201, 400, 409, 500])
@pytest.mark.parametrize("pascal", [False, True])
def test_a_code_means_the_same_under_every_status_and_spelling(status: int, pascal: bool) -> None:
    found = rule(told("CompteExisteDeja", status=status, pascal=pascal), wrote=True)
    assert isinstance(found, PostingRefused)
    assert found.facts["detail"] == "texte (CompteExisteDeja)"


def test_of_several_errors_the_known_code_decides_and_all_words_are_told() -> None:
    listed = [{"erreur": "x", "description": "un"}, {"erreur": "compteInexistant", "description": "deux"}]
    answer = Answer(200, {}, json.dumps({"codeRetour": 0, "listeErreurs": listed}).encode(), PATH)
    found = rule(answer, wrote=True)
    assert isinstance(found, PostingRefused)
    assert (found.reason, found.tool_code) == (Reason.ACCOUNT_UNKNOWN, "compteInexistant")
    assert found.facts["detail"] == "un ; deux (compteInexistant)"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"12",
        b'"OK"',
        b'{"codeRetour": 1, "description": "OK", "listeErreurs": []}',
        b'{"CodeRetour": "1"}',
        b'{"listeErreurs": []}',
        b'{"listeErreurs": null}',
        b'{"description": "compteInexistant"}',
        b"JournalCode\tEcritureLib\nVE\tPlan de classement introuvable\n",
        b"JournalCode|EcritureLib\nVE|invoice number is not enabled on journal VE\n",
        b"<html>compteInexistant</html>",
        b"\xff\xfe",
    ],
)
def test_a_good_answer_of_any_shape_is_no_error(body: bytes) -> None:
    assert read_error(Answer(200, {}, body, PATH)) is None
    assert rule(Answer(200, {}, body, PATH), wrote=True) is None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b'"text"', b'{"listeErreurs": [1, null]}', b"\xff", b"{", b"null"]
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 422])
def test_a_refusal_of_any_shape_becomes_an_error(body: bytes, status: int) -> None:
    for wrote in (True, False):
        assert rule(Answer(status, {}, body, PATH), wrote) is not None


# -- login -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(401, {}, b"", PATH), AccessError),
        (Answer(401, {}, "Compte verrouillé".encode(), PATH), AccessError),
        (Answer(403, {}, b"", PATH), AccessError),
        (Answer(400, {}, b'{"message": "no"}', PATH), AccessError),
        (told("jetonNonRecu"), AccessError),
        (Answer(404, {}, b"", PATH), errors.RouteMissing),
        (Answer(405, {}, b"", PATH), errors.RouteMissing),
        (sentence("Impossible de se connecter aux communs de la comptabilité", 200), TryLater),
        (Answer(503, {}, b"", PATH), None),
        (Answer(200, {}, b'{"UUID": "0A1B"}', PATH), None),
    ],
)
def test_a_login_is_refused_for_good_or_the_server_is_away(answer: Answer, error: type[LedgerError] | None) -> None:
    assert type(login_rule(answer, wrote=False)) is (error or type(None))


def test_a_message_is_kept_short_clean_and_without_secrets() -> None:
    text = "refusé <br>pour FR76 3000 6000 0112 3456 7890 189\nBearer abcdefgh " + "x" * 3000
    found = rule(told("autre", text), wrote=True)
    assert isinstance(found, PostingRefused)
    assert "FR76" not in str(found)
    assert "abcdefgh" not in str(found)
    assert "\n" not in str(found)
    assert len(found.facts["detail"]) < 300
