"""Somebody who looks at the pages as a browser would: reads them, fills in their forms, follows what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from fastapi import HTTPException
from fastapi.testclient import TestClient

from sellsy_ledger_airflow.pages import app as pages
from sellsy_ledger_airflow.pages.companies import dag_of
from sellsy_ledger_airflow.pages.security import PROTECTION, Person, editable_dags, may_decide, person, readable_dags

__all__ = ["Form", "Visitor", "forms_of"]


@dataclass
class Form:
    """One form of a page: where it goes, what it holds, what its button says."""

    method: str
    address: str
    fields: dict[str, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    button: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._in_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("method", "get"), values["action"]))
        elif tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields[values["name"]] = values["value"]
        elif tag in ("input", "select"):
            self.forms[-1].inputs.append(values["name"])
        elif tag == "button":
            self._in_button = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._in_button = False

    def handle_data(self, data: str) -> None:
        if self._in_button:
            self.forms[-1].button += data.strip()


def forms_of(html: str) -> list[Form]:
    """The forms of a page that change something."""
    reader = _Reader()
    reader.feed(html)
    return [form for form in reader.forms if form.method == "post"]


class Visitor:
    """A person with rights on some companies, in front of our pages without Airflow around them."""

    def __init__(self, *reads: str, decides: Iterable[str] = (), name: str = "Claire") -> None:
        app = pages.create_app()
        for protection in PROTECTION:
            app.dependency_overrides[protection.dependency] = lambda: None
        editable = {dag_of(company) for company in decides}

        def allowed(company: str) -> None:
            if dag_of(company) not in editable:
                raise HTTPException(403)

        app.dependency_overrides |= {
            readable_dags: lambda: {dag_of(company) for company in reads},
            editable_dags: lambda: editable,
            person: lambda: Person(id=f"id of {name}", name=name),
            may_decide: allowed,
        }
        self.client = TestClient(app, headers={"Origin": "http://testserver"}, raise_server_exceptions=True)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/{path}", params=query)

    def form(self, button: str, path: str = "decisions", *, key: str = "", **query: Any) -> Form:
        """The one form of a page with these words on its button, of document ``key`` where several have it."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        [form] = [
            form for form in forms_of(answer.text) if form.button == button and key in ("", form.fields.get("key"))
        ]
        return form

    def send(self, form: Form, headers: dict[str, str] | None = None, **filled: str) -> Any:
        """Press the button; the answer is that of the page to which one is led."""
        return self.client.post(f"/{form.address}", data={**form.fields, **filled}, headers=headers)
