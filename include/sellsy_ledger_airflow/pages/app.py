"""The pages' FastAPI application, behind Airflow's login: French by default, English by ``?lang=en``, no script.

Reading is by GET and needs the right to read a company's DAG; the one POST, :func:`decide`, needs the right to change
it and a form that this person was shown (:mod:`.forms`). The register's code is heavy: only a page that is looked at
pays for it, not the start of the API server, so that each function imports what it shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.companies import dag_of, readable_companies
from sellsy_ledger_airflow.pages.forms import Signer, is_own_request
from sellsy_ledger_airflow.pages.render import link_in, page
from sellsy_ledger_airflow.pages.security import (
    PROTECTION,
    Person,
    editable_dags,
    may_decide,
    own_host,
    person,
    readable_dags,
    secret_key,
)
from sellsy_ledger_airflow.settings import Companies, read_companies
from sellsy_ledger_airflow.stores import open_documents, open_register

__all__ = ["create_app"]

# Nothing is loaded from anywhere, nothing runs, forms go nowhere else, and only Airflow itself may frame the page.
# The referrer stays among our own pages; without any, browsers would send forms with the origin "null".
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Long enough to follow a redirect, too short to be of use in a link to somebody else.
_SAID_SECONDS = 60

Readable = Annotated[set[str], Depends(readable_dags)]
Editable = Annotated[set[str], Depends(editable_dags)]
SignedIn = Annotated[Person, Depends(person)]
Short = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form(max_length=500)]


def create_app() -> FastAPI:
    """The application to mount under Airflow; every route is protected, the documentation routes do not exist."""
    app = FastAPI(dependencies=PROTECTION, docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_add_headers)
    for error, status in ((TryLater, 503), (ConfigurationError, 500), (_Unknown, 404)):
        app.exception_handler(error)(_explain(status))
    for path, shown in (("/", cockpit), ("/decisions", decisions), ("/preview", preview), ("/document", document)):
        app.get(path, response_class=HTMLResponse)(shown)
    app.get("/pdf")(pdf)
    app.post("/decide", dependencies=[Depends(may_decide)])(decide)
    return app


class _Unknown(Exception):
    """What was asked for does not exist for this person; ``word`` names the sentence that says so."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.update(_HEADERS)
    return response


def _explain(status: int) -> Callable[[Request, Exception], HTMLResponse]:
    """A page instead of a trace, for what a person can do something about."""

    def handler(request: Request, error: Exception) -> HTMLResponse:
        language = texts.language_of(request.query_params.get("lang"))
        words = texts.words(language)
        match error:
            case _Unknown():
                problem = words[error.word]
            case TryLater():
                problem = words["register_down"]
            case _:
                problem = str(error)
        return page("message.html", language, status=status, problem=problem)

    return handler


def cockpit(readable: Readable, lang: str | None = None) -> HTMLResponse:
    """All companies that the reader may see: last run, documents by state, what waits for whom, proof."""
    from sellsy_ledger_airflow.pages.cockpit import cards

    language = texts.language_of(lang)
    try:
        companies, problem = read_companies(), ""
    except ConfigurationError as error:
        companies, problem = Companies([], {}), str(error)
    with open_register() as register:
        shown = cards(companies, readable, register, language)
    return page("cockpit.html", language, cards=shown, problem=problem)


def decisions(
    readable: Readable,
    editable: Editable,
    signed_in: SignedIn,
    company: Short = "",
    key: Short = "",
    said: Short = "",
    token: Short = "",
    lang: str | None = None,
) -> HTMLResponse:
    """What waits for a person, of one company or of all; after a decision, what became of it."""
    from sellsy_ledger_airflow.pages.deciding import DID_NOTHING
    from sellsy_ledger_airflow.pages.decisions import section

    language, companies, signer = texts.language_of(lang), readable_companies(readable), _signer(signed_in)
    if company and company not in companies:
        raise _Unknown("unknown_company")
    number = ""
    with open_register() as register:
        if not signer.is_valid(token, company, "said", said, key):
            said = ""
        if said:
            number = next((record.document.number for record in register.load(company, [key])), key)
        sections = [
            section(register, one, name, language, may_decide=dag_of(one) in editable)
            for one, name in companies.items()
            if company in ("", one)
        ]
    return page(
        "decisions.html",
        language,
        here=link_in("fr")("decisions", company=company),
        companies=companies,
        company=company,
        sections=sections,
        sign=signer.sign,
        said=texts.said(said, language) if said else "",
        said_done=said not in DID_NOTHING,
        said_number=number,
    )


def decide(
    request: Request,
    readable: Readable,
    signed_in: SignedIn,
    company: Annotated[str, Query(max_length=200)],
    action: Field = "",
    key: Field = "",
    seal: Field = "",
    token: Field = "",
    entry_id: Annotated[str, Form(max_length=200)] = "",
    note: Field = "",
    lang: str | None = None,
) -> Response:
    """Do what a person decided, in that person's name, then show the decisions again."""
    from sellsy_ledger_airflow.pages.deciding import Action, Decision
    from sellsy_ledger_airflow.pages.deciding import decide as act

    language, signer = texts.language_of(lang), _signer(signed_in)
    if not is_own_request(request.headers, own_host()) or not signer.is_valid(token, company, action, key):
        return page("message.html", language, status=403, problem=texts.words(language)["form_refused"])
    if company not in readable_companies(readable):
        raise _Unknown("unknown_company")
    decision = Decision(Action(action), key=key, seal=seal, entry_id=entry_id.strip(), note=note.strip())
    with open_register() as register:
        said = act(register, company, decision, who=signed_in.name)
    shown_once = signer.sign(company, "said", said.value, key, seconds=_SAID_SECONDS)
    where = link_in(language)("decisions", company=company, said=said.value, key=key, token=shown_once)
    return RedirectResponse(where, status_code=303)


def preview(
    readable: Readable,
    company: Short = "",
    state: Short = "all",
    journal: Short = "",
    number: Short = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
    lang: str | None = None,
) -> HTMLResponse:
    """The entries that are ready, line by line, and the documents that wait."""
    from sellsy_ledger_airflow.pages.preview import SHOWN, Filter, Preview
    from sellsy_ledger_airflow.pages.preview import preview as read

    language, companies = texts.language_of(lang), readable_companies(readable)
    if company and company not in companies:
        raise _Unknown("unknown_company")
    asked = Filter(shown=state if state in SHOWN else "all", journal=journal, number=number.strip(), page=page_number)
    found = Preview(count=0, pages=1, page=1)
    if company:
        with open_register() as register:
            found = read(register, company, asked, language)
    return page(
        "preview.html",
        language,
        here=link_in("fr")(
            "preview", company=company, state=asked.shown, journal=journal, number=asked.number, page=found.page
        ),
        companies=companies,
        company=company,
        asked=asked,
        shown=list(SHOWN),
        found=found,
    )


def document(readable: Readable, company: Short, key: Short, lang: str | None = None) -> HTMLResponse:
    """One document with its story."""
    from sellsy_ledger_airflow.pages.story import story

    language, companies = texts.language_of(lang), readable_companies(readable)
    if company not in companies:
        raise _Unknown("unknown_company")
    with open_register() as register:
        found = story(register, company, key, language)
    if found is None:
        raise _Unknown("unknown_document")
    here = link_in("fr")("document", company=company, key=key)
    return page("document.html", language, here=here, story=found, piece=found.piece, company_name=companies[company])


def pdf(readable: Readable, company: Short, key: Short, lang: str | None = None) -> Response:
    """The PDF of one document, as a file to save: Airflow's frame shows none."""
    from sellsy_ledger_airflow.pages.story import pdf_of

    if company not in readable_companies(readable):
        raise _Unknown("unknown_company")
    language = texts.language_of(lang)
    with open_register() as register:
        try:
            found = pdf_of(register, open_documents(), company, key)
        except OSError:
            return page("message.html", language, status=503, problem=texts.words(language)["storage_down"])
    if found is None:
        raise _Unknown("pdf_missing")
    name, body = found
    return Response(
        body, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{quote(name)}"'}
    )


def _signer(signed_in: Person) -> Signer:
    return Signer(key=secret_key(), person=signed_in.id)
