"""Inqom over HTTP: one method per route. No accounting, no decision.

Three hosts (API, documents, authentication) share one quota. Sources: Inqom's documents "API Accounting - Ecriture",
"API Accounting Documents" and "API Provisionning".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

from sellsy_ledger.connectors.inqom import answers
from sellsy_ledger.connectors.inqom.auth import TokenSource
from sellsy_ledger.connectors.inqom.capabilities import CAPABILITIES
from sellsy_ledger.connectors.inqom.errors import TOOL, TokenRefused, auth_rule, rule
from sellsy_ledger.connectors.inqom.options import Options
from sellsy_ledger.errors import ConfigurationError, DocumentError, InvariantBroken, OutcomeUnknown, TryLater
from sellsy_ledger.http.paging import follow
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["InqomClient"]

T = TypeVar("T")
FILE_BYTES_MAX = 100 * 1024 * 1024
# The other documented value, ReplaceAll, wipes the year: it is written nowhere in this program.
OPERATION_TYPE = "KeepExisting"


class InqomClient:
    """One accounting folder.

    Args:
        api: transport towards the API.
        documents: transport towards the documents, perhaps on another host.
        tokens: where the access token comes from.
        dossier_id: the folder.
        file_hosts: hosts that PDFs may be read back from (see ``Transport.download``).
    """

    def __init__(
        self,
        *,
        api: Transport,
        documents: Transport,
        tokens: TokenSource,
        dossier_id: int,
        file_hosts: Sequence[str] = (),
    ) -> None:
        self.api = api
        self.documents = documents
        self.tokens = tokens
        self.dossier_id = dossier_id
        self.file_hosts = tuple(file_hosts)
        self._dossier = f"/v1/dossiers/{dossier_id}"
        self._documents = f"/api/accounting-documents/accounting-folders/{dossier_id}/Documents"
        self._operations = f"/api/app/enterprises/{dossier_id}/operations"

    @classmethod
    def from_credentials(
        cls, *, base_url: str, secrets: Mapping[str, str], options: Options, throttle: Throttle | None = None
    ) -> Self:
        """Build the client from a Connection's parts.

        Raises:
            ConfigurationError: a secret is missing, or an address is none.
        """
        shared = throttle or Throttle([CAPABILITIES.rate_limit])
        login = Transport(options.auth_url.rstrip("/"), TOOL, shared, auth_rule)
        headers = {"Accept": "application/json"}
        return cls(
            api=Transport(base_url.rstrip("/"), TOOL, shared, rule, headers=headers),
            documents=Transport(options.documents_url.rstrip("/"), TOOL, shared, rule, headers=headers),
            tokens=TokenSource(login, secrets, options.scope),
            dossier_id=options.dossier_id,
            file_hosts=options.file_hosts,
        )

    # -- access ----------------------------------------------------------------------------------------------------
    def internal_access(self) -> list[answers.Access]:
        """What the user may act on: companies and folders."""
        return self._list("/provisioning/users/internal-access", answers.Access)

    def folders(self, company_id: str) -> list[answers.Folder]:
        """The folders of a company."""
        return self._list(f"/provisioning/companies/{company_id}/accounting-folders", answers.Folder)

    def documents_answer(self) -> bool:
        """True when the documents answer this user; asks for a document that cannot exist."""
        return self._read(self.documents, f"{self._documents}/0").status in (200, 404)

    # -- reference data --------------------------------------------------------------------------------------------
    def periods(self) -> list[answers.Period]:
        """Every accounting period."""
        return self._list(f"{self._dossier}/accounting-periods", answers.Period)

    def journals(self) -> list[answers.Journal]:
        """Every journal."""
        return self._list(f"{self._dossier}/journals", answers.Journal)

    def accounts(self, prefix: str = "") -> list[answers.Account]:
        """Every account whose number begins with ``prefix``, those that take no entry included; no pages."""
        params = {**({"accountNumberPrefix": prefix} if prefix else {}), "accountType": "All"}
        return self._list(f"{self._dossier}/accounts", answers.Account, params)

    def create_account(self, body: Mapping[str, Any]) -> str:
        """Create an account; the number that Inqom really made."""
        answer = self._write(self.api, "POST", f"{self._dossier}/accounts", json=body)
        found = self._decoded(answer)
        if isinstance(found, dict):
            found = found.get("accountnumber") or found.get("number")
        if not isinstance(found, str) or not found.strip():
            raise self._unusable(answer, "no account number")
        return found.strip()

    # -- entries ---------------------------------------------------------------------------------------------------
    def create_entry(self, body: Mapping[str, Any]) -> str:
        """Book one entry (the route takes 1 to 50, all or nothing); its id."""
        answer = self._write(self.api, "POST", f"{self._dossier}/entries", json=[body])
        return self._created_id(answer)

    def update_entry(self, body: Mapping[str, Any]) -> str:
        """Put an entry in the place of the one with its ``Id``; the id."""
        answer = self._write(self.api, "PUT", f"{self._dossier}/entries", json=[body])
        return self._created_id(answer)

    def entry_lines(
        self, first: dt.date, last: dt.date, *, journal_id: str = "", account: str = ""
    ) -> list[answers.EntryLine]:
        """Every line from day to day, of one journal or account where one is named.

        The size of a page is not reliably documented, so that only an empty page is the last one. A bare ``[]`` in the
        place of the documented answer proves nothing by itself: the count is asked, and the whole period.

        Raises:
            TryLater: the list cannot be trusted.
        """
        period = {"startDate": first.isoformat(), "endDate": last.isoformat()}
        asked = {**period, **({"journalId": journal_id} if journal_id else {})}
        lines, bare = self._lines(asked | ({"accountNumber": account} if account else {}))
        if lines or not bare or not self.count_lines(first, last):
            return lines
        if not journal_id and not account:
            raise TryLater("Inqom answered an empty list and counts lines in the same period.", tool=TOOL)
        return [
            line
            for line in self.entry_lines(first, last)
            if account in ("", line.accountnumber.strip())
            and (not journal_id or str(line.journal.id if line.journal else "") == journal_id)
        ]

    def count_lines(self, first: dt.date, last: dt.date) -> int | None:
        """How many lines the period has; None where Inqom does not tell."""
        path = f"{self._dossier}/entry-lines/count"
        answer = self._read(self.api, path, {"startDate": first.isoformat(), "endDate": last.isoformat()})
        found = self._decoded(answer) if answer.status < 400 else None
        total = found.get("totallinescount") if isinstance(found, dict) else None
        return total if isinstance(total, int) else None

    def _lines(self, asked: Mapping[str, str]) -> tuple[list[answers.EntryLine], bool]:
        """The lines of every page, and whether the first page was a bare list."""
        path = f"{self._dossier}/entry-lines"
        seen: set[str] = set()
        bare = False

        def fetch(number: int) -> tuple[list[answers.EntryLine], int | None]:
            nonlocal bare
            answer = self._read(self.api, path, {**asked, "pageNumber": str(number)})
            if answer.status == 404 and number > 1:
                return [], None
            bare = bare or (number == 1 and isinstance(self._decoded(answer), list))
            lines = self._items(answer, answers.EntryLine)
            ids = {str(line.id) for line in lines}
            if ids & seen:
                raise TryLater(f"Inqom gave a line of {path} on two pages: the list cannot be trusted.", tool=TOOL)
            seen.update(ids)
            return lines, number + 1 if lines else None

        return [line for page in follow(1, fetch, what=f"Inqom {path}") for line in page], bare

    # -- documents -------------------------------------------------------------------------------------------------
    def deposit(self, fields: Mapping[str, str], name: str, body: bytes) -> answers.Document:
        """Deposit a document; ``fields`` are the form's, the file apart."""
        files = {"Document": (name, body, "application/pdf")}
        answer = self._write(self.documents, "POST", f"{self._documents}/", data=fields, files=files)
        found = self._decoded(answer)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        try:
            return answers.read_as(answers.Document, {"id": found} if isinstance(found, (int, str)) else found)
        except ValueError:
            raise self._unusable(answer, "no document id") from None

    def document(self, document_id: str) -> answers.Document | None:
        """A deposited document; None when there is none."""
        answer = self._read(self.documents, f"{self._documents}/{document_id}")
        return None if answer.status == 404 else self._one(answer, answers.Document)

    def public_url(self, document_id: str) -> str:
        """A link to the file, empty when Inqom gives none. Secret: it opens the file without a login."""
        answer = self._read(self.documents, f"{self._documents}/{document_id}/public-url")
        found = self._decoded(answer) if answer.status < 400 else None
        if isinstance(found, dict):
            found = next((value for name, value in found.items() if name.endswith("url")), "")
        return found if isinstance(found, str) else ""

    def file(self, url: str) -> bytes | None:
        """The bytes behind a link; None when it leads where we may not follow."""
        try:
            return self.documents.download(url, allowed_hosts=self.file_hosts, max_bytes=FILE_BYTES_MAX).body
        except DocumentError:
            return None

    # -- FEC operations --------------------------------------------------------------------------------------------
    def create_operation(self, fields: Mapping[str, str], name: str, body: bytes) -> str:
        """Start the import of a FEC that is added to what the year holds; its id."""
        data = {**fields, "operationType": OPERATION_TYPE, "fileName": name}
        files = {"file": (name, body, "text/plain")}
        return self._created_id(self._write(self.api, "POST", self._operations, data=data, files=files))

    def operation(self, operation_id: str) -> answers.Operation | None:
        """The state of an import; None when Inqom does not know it."""
        answer = self._read(self.api, f"{self._operations}/{operation_id}")
        return None if answer.status == 404 else self._one(answer, answers.Operation)

    def issues(self, operation_id: str) -> list[str]:
        """What keeps an import from being integrated, in Inqom's words; its shape is not documented."""
        answer = self._read(self.api, f"{self._operations}/{operation_id}/issues")
        if answer.status == 404:
            return []
        found = self._decoded(answer)
        try:
            items = answers.items_of(found)
        except ValueError:
            items = [found] if found else []
        return [answers.text_of(item) or "anomalie sans explication" for item in items]

    def integrate(self, operation_id: str) -> None:
        """Let Inqom book what was imported."""
        self._write(self.api, "POST", f"{self._operations}/{operation_id}/integrate")

    def delete_operation(self, operation_id: str) -> None:
        """Take an import away that was not integrated."""
        self._write(self.api, "DELETE", f"{self._operations}/{operation_id}")

    # -- one call --------------------------------------------------------------------------------------------------
    def _read(self, transport: Transport, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self._authorized(lambda headers: transport.read("GET", path, params=params, headers=headers))

    def _write(self, transport: Transport, method: str, path: str, **body: Any) -> Answer:
        return self._authorized(lambda headers: transport.write(method, path, headers=headers, **body))

    def _authorized(self, send: Any) -> Answer:
        """Send with the token; when it is refused (surely nothing was done then), once more with a fresh one."""
        for last in (False, True):
            try:
                answer: Answer = send({"Authorization": f"Bearer {self.tokens.token()}"})
            except TokenRefused:
                if last:
                    raise
                self.tokens.forget()
            else:
                return answer
        raise InvariantBroken("unreachable: the second try returned or raised")

    def _list(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> list[T]:
        return self._items(self._read(self.api, path, params), kind)

    def _items(self, answer: Answer, kind: type[T]) -> list[T]:
        if answer.status == 404:
            raise ConfigurationError(
                f"Inqom does not know {answer.url}: check the host and dossier_id of the Connection.",
                field="dossier_id",
                tool=TOOL,
            )
        try:
            return [answers.read_as(kind, item) for item in answers.items_of(answers.lowered(answer.json()))]
        except ValueError as error:
            raise TryLater(f"Inqom answered {answer.url} in another form: {error}.", tool=TOOL) from None

    def _one(self, answer: Answer, kind: type[T]) -> T:
        try:
            return answers.read_as(kind, answers.lowered(answer.json()))
        except ValueError as error:
            raise TryLater(f"Inqom answered {answer.url} in another form: {error}.", tool=TOOL) from None

    def _created_id(self, answer: Answer) -> str:
        found = self._decoded(answer)
        if isinstance(found, dict) and not answers.read_as(answers.Created, _ids(found)).any_id:
            found = next((value for value in found.values() if isinstance(value, list)), found)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if isinstance(found, (int, str)) and not isinstance(found, bool) and str(found).isdecimal():
            return str(found)
        created = answers.read_as(answers.Created, _ids(found)).any_id if isinstance(found, dict) else ""
        if not created:
            raise self._unusable(answer, "no id")
        return created

    def _decoded(self, answer: Answer) -> Any:
        """The lowered JSON of an answer, None when it is none."""
        try:
            return answers.lowered(answer.json())
        except ValueError:
            return None

    def _unusable(self, answer: Answer, what: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"Inqom answered {answer.status} to {answer.url} with {what}.", tool=TOOL, request_id=answer.request_id
        )


def _ids(found: Mapping[str, Any]) -> dict[str, Any]:
    """The usable ids among the fields of an answer."""
    return {
        name: found[name]
        for name in ("id", "entryid", "operationid")
        if isinstance(found.get(name), (int, str)) and not isinstance(found.get(name), bool)
    }
