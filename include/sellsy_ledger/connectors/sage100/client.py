"""The OData interface of Sage 100, one method per kind of request. No accounting, no decision.

Lists come in pages of at most 100 rows, which ``$skip`` walks through. A page that is not full proves nothing (a server
may give less than was asked), so that the count, or an empty page, ends a list. Property names are read in any case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from sellsy_ledger.connectors.sage100.errors import ACTION_PATH
from sellsy_ledger.connectors.sage100.metadata import Metadata, NotMetadata, read_metadata
from sellsy_ledger.connectors.sage100.tokens import Tokens
from sellsy_ledger.errors import AccessError, ConfigurationError, TryLater
from sellsy_ledger.http.paging import follow
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["ODataClient", "quoted", "tells_success"]

T = TypeVar("T")
PAGE_MAX = 100
# A list inside a row is selected, not expanded: $expand takes relations to one row only.
COMPANY_YEARS = "exercices($select=dateDebut,dateFin,cloture)"
Row = dict[str, Any]


def quoted(text: str) -> str:
    """An OData text: ``L'Été`` → ``'L''Été'``."""
    return f"'{text.replace(chr(39), chr(39) * 2)}'"


class ODataClient:
    """One company of one Sage account.

    Args:
        transport: towards the interface's root.
        tokens: the access token.
        dataset: id or name of the company; empty where the account has one only.
    """

    def __init__(self, transport: Transport, tokens: Tokens, dataset: str) -> None:
        self.transport = transport
        self.tokens = tokens
        self.page_size = PAGE_MAX
        self._wanted = dataset

    # -- which company -------------------------------------------------------------------------------------------
    def companies(self) -> list[tuple[str, str]]:
        """``(dataset id, name)`` of each company of the user; empty where the interface has no such list."""
        answer = self._read(_target("/companies", {"$select": "id,name"}))
        if answer.status == 404:
            return []
        rows = _rows(_json(answer, "companies"), "companies")
        return [(_text(row.get("id")), _text(row.get("name"))) for row in rows if row.get("id")]

    @cached_property
    def dataset_id(self) -> str:
        """The company's id.

        Raises:
            ConfigurationError: the option names none of the account's, or there are several to choose from.
        """
        companies = self.companies()
        if not companies:
            if self._wanted:
                return self._wanted
            raise ConfigurationError(
                "The Sage account lists no company: fill in option dataset.", field="dataset", tool="sage100"
            )
        if not self._wanted and len(companies) == 1:
            return companies[0][0]
        named = [one for one, name in companies if self._wanted in (one, name)] if self._wanted else []
        if len(named) != 1:
            names = ", ".join(f"{name} ({one})" for one, name in companies[:10])
            raise ConfigurationError(
                f"Option dataset of the Sage 100 Connection must name one of the account's companies: {names}.",
                field="dataset",
                tool="sage100",
            )
        return named[0]

    @cached_property
    def metadata(self) -> Metadata:
        """What this company's Sage knows.

        Raises:
            ConfigurationError: there is no such document.
        """
        answer = self._read(self._path("/$metadata"), accept="application/xml")
        if answer.status == 404:
            raise ConfigurationError(
                "There is no OData interface of Sage 100 at this address ($metadata is not there).",
                field="host",
                tool="sage100",
            )
        try:
            return read_metadata(answer.body)
        except NotMetadata as error:
            raise TryLater(f"The $metadata of Sage cannot be read: {error}.", tool="sage100") from None

    # -- reading -------------------------------------------------------------------------------------------------
    def rows(
        self, resource: str, *, where: str = "", expand: Sequence[str] = (), order: str = "id", most: int = 0
    ) -> Iterator[Row]:
        """Every row of a list, names in lower case, in a fixed order; ``most`` > 0 reads one page of so many."""
        last: list[Row] = []
        counts = [0]
        first = {"$filter": where, "$expand": ",".join(expand), "$orderby": order, "$count": "true"}

        def fetch(skip: int) -> tuple[list[Row], int | None]:
            asked = {**first, "$top": str(most or self.page_size), "$skip": str(skip)}
            answer = self._read(_target(self._path(f"/{resource}"), asked))
            if answer.status == 404:
                raise ConfigurationError(
                    f"Sage has no list {resource} for this company: check option dataset.",
                    field="dataset",
                    tool="sage100",
                )
            body = _json(answer, resource)
            found = _rows(body, resource)
            if not isinstance(body, dict) and not skip and not found:
                # OData puts every list into an object; a bare list of nothing proves nothing.
                raise TryLater(f"Sage answered {resource} in another form: a bare empty list.", tool="sage100")
            if found and found == last:
                raise TryLater(f"The pages of Sage {resource} do not end: one came twice.", tool="sage100")
            last[:] = found
            total = _text(body.get("@odata.count")) if isinstance(body, dict) else ""
            if total.isdecimal():
                if int(total) < counts[-1]:
                    # What went away before this page has moved the rows behind it: some were never seen.
                    raise TryLater(f"Sage {resource} became shorter while it was read.", tool="sage100")
                counts.append(int(total))
            there = skip + len(found)
            if not found or most or (total.isdecimal() and there >= int(total)):
                return found, None
            return found, there

        for page in follow(0, fetch, what=f"Sage {resource}"):
            yield from page

    def company(self) -> Row:
        """The company with its fiscal years; empty where that is not told."""
        answer = self._read(_target(self._path("/company"), {"$select": COMPANY_YEARS}))
        if answer.status == 404:
            return {}
        body = _json(answer, "company")
        found = _rows(body, "company") if not isinstance(body, dict) or "value" in body else [_lowered(body)]
        return found[0] if found else {}

    # -- writing -------------------------------------------------------------------------------------------------
    def check_entry(self, journal_id: str, body: Mapping[str, Any], *, proven: bool = True) -> None:
        """Have every check made, and nothing written.

        Args:
            journal_id: the journal.
            body: the entry.
            proven: False while nobody has seen that this Sage writes nothing for a check: it is then sent as a write,
                once.

        Raises:
            PostingRefused: with the reasons.
            OutcomeUnknown: an unproven one got no answer.
        """
        path = _target(self._action(journal_id), {"controle": "true"})
        send = self.transport.read if proven else self.transport.write
        self._with_token(lambda headers: send("POST", path, json=body, headers=headers))

    def create_entry(self, journal_id: str, body: Mapping[str, Any]) -> Answer:
        """Create the entry. What a success answers is not documented; see :func:`tells_success`."""
        path = self._action(journal_id)
        return self._with_token(lambda headers: self.transport.write("POST", path, json=body, headers=headers))

    def create(self, resource: str, body: Mapping[str, Any]) -> Row:
        """Create a third party; empty where the answer tells nothing."""
        path = self._path(f"/{resource}")
        answer = self._with_token(lambda headers: self.transport.write("POST", path, json=body, headers=headers))
        try:
            found = answer.json()
        except ValueError:
            return {}
        return _lowered(found) if isinstance(found, dict) else {}

    def bind(self, resource: str, row_id: str) -> str:
        """The address that stands for a row in ``@odata.bind``."""
        return f"{self.transport.base_url}/{self.dataset_id}/{resource}({quoted(row_id)})"

    # -- parts ---------------------------------------------------------------------------------------------------
    def _path(self, below: str) -> str:
        return f"/{quote(self.dataset_id, safe='')}{below}"

    def _action(self, journal_id: str) -> str:
        return self._path(f"/journaux({quote(quoted(journal_id), safe=chr(39))}){ACTION_PATH}")

    def _read(self, path: str, accept: str = "application/json") -> Answer:
        return self._with_token(lambda headers: self.transport.read("GET", path, headers={**headers, "Accept": accept}))

    def _with_token(self, send: Any) -> Answer:
        """Send with a token; one that was refused is renewed once: a refused request was not carried out."""
        try:
            answer: Answer = send(self.tokens.header())
        except AccessError as error:
            if error.tool_code != "401" or not self.tokens.renew():
                raise
            answer = send(self.tokens.header())
        return answer


def tells_success(answer: Answer) -> bool:
    """True for the answers with which OData acknowledges an action: 201, 204, or an object of its own."""
    if answer.status in (201, 204):
        return True
    try:
        found = answer.json()
    except ValueError:
        return False
    return isinstance(found, dict) and any(str(name).startswith("@odata.") for name in found)


def _target(path: str, query: Mapping[str, str]) -> str:
    """Path and query; a space is ``%20``, as OData writes it."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given, quote_via=quote, safe='$(),')}" if given else path


def _json(answer: Answer, what: str) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise TryLater(f"Sage answered {what} with something that is not JSON.", tool="sage100") from None


def _rows(body: Any, what: str) -> list[Row]:
    if isinstance(body, dict):
        body = next((value for name, value in body.items() if name.lower() == "value"), None)
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise TryLater(f"Sage answered {what} in another form: no list of rows.", tool="sage100")
    return [_lowered(row) for row in body]


def _lowered(row: Mapping[str, Any]) -> Row:
    """Names in lower case, in relations too."""
    return {str(name).lower(): _deep(value) for name, value in row.items()}


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return _lowered(value)
    return [_deep(each) for each in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
