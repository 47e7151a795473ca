"""The pages' FastAPI application: read-only, behind Airflow's login, French by default and English by ``?lang=en``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from sellsy_ledger.errors import ConfigurationError, TryLater
from sellsy_ledger_airflow.pages import texts
from sellsy_ledger_airflow.pages.security import PROTECTION, readable_dags
from sellsy_ledger_airflow.settings import Companies, read_companies
from sellsy_ledger_airflow.stores import open_register

__all__ = ["create_app"]

# Nothing is loaded from anywhere, nothing runs, and only Airflow itself may frame the page.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_TEMPLATES = Environment(
    loader=PackageLoader(__package__, ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def create_app() -> FastAPI:
    """The application to mount under Airflow; every route is protected, the documentation routes do not exist."""
    app = FastAPI(dependencies=PROTECTION, docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_add_headers)
    app.get("/", response_class=HTMLResponse)(cockpit)
    return app


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.update(_HEADERS)
    return response


def cockpit(readable: Annotated[set[str], Depends(readable_dags)], lang: str | None = None) -> HTMLResponse:
    """All companies that the reader may see: last run, documents by state, what waits for whom, proof."""
    # The register's code is heavy: only a page that is looked at pays for it, not the start of the API server.
    from sellsy_ledger_airflow.pages.cockpit import cards

    language = texts.language_of(lang)
    words = texts.words(language)
    try:
        companies, problem = read_companies(), ""
    except ConfigurationError as error:
        companies, problem = Companies([], {}), str(error)
    try:
        with open_register() as register:
            shown = cards(companies, readable, register, language)
    except TryLater:
        return _page("cockpit.html", language, status=503, cards=[], problem=words["register_down"])
    return _page("cockpit.html", language, cards=shown, problem=problem)


def _page(template: str, language: str, *, status: int = 200, **values: object) -> HTMLResponse:
    other = texts.LANGUAGES[1 - texts.LANGUAGES.index(language)]
    body = _TEMPLATES.get_template(template).render(
        t=texts.words(language), language=language, other_language=other, **values
    )
    return HTMLResponse(body, status_code=status)
