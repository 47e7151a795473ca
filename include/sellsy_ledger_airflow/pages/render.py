"""From values to HTML. Every text is escaped; what was written by people in Sellsy stays text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sellsy_ledger_airflow.pages import texts

__all__ = ["link_in", "page"]


def _plain(value: Any) -> Any:
    """No control character and no writing-direction mark reaches a page: they could make an amount or a name read as
    another one. Markup is what our own templates made, escaped already.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(character if character.isprintable() else " " for character in value)


_TEMPLATES = Environment(
    loader=PackageLoader(__package__, ""),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_plain,
    trim_blocks=True,
    lstrip_blocks=True,
)


def link_in(language: str) -> Callable[..., str]:
    """Makes addresses of our pages, relative to one another (a proxy may put anything in front), in ``language``."""

    def link(page: str, /, **query: object) -> str:
        pairs = {name: value for name, value in query.items() if value not in ("", None)}
        if language != texts.LANGUAGES[0]:
            pairs.setdefault("lang", language)
        return f"{page}?{urlencode(pairs)}" if pairs else page

    return link


def page(template: str, language: str, *, here: str = "./", status: int = 200, **values: object) -> HTMLResponse:
    """One page. ``here`` is its own address without language, for the link to the other language."""
    other = texts.LANGUAGES[1 - texts.LANGUAGES.index(language)]
    body = _TEMPLATES.get_template(template).render(
        t=texts.words(language),
        language=language,
        other_language=other,
        other_link=f"{here}{'&' if '?' in here else '?'}lang={other}",
        link=link_in(language),
        **values,
    )
    return HTMLResponse(body, status_code=status)
