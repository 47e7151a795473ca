"""Cegid Loop over HTTP: one method per route, decoded answers out. No accounting here.

Routes and headers are those of Cegid's "Loop API Management Docs". Every request carries two secrets: the subscription
key of the API gateway, and the firm's API key with its secret. An error may come with any status, 200 included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from sellsy_ledger.connectors.cegid_loop import answers, errors
from sellsy_ledger.connectors.cegid_loop.capabilities import CAPABILITIES
from sellsy_ledger.connectors.cegid_loop.uploads import FileDrop
from sellsy_ledger.errors import ConfigurationError, OutcomeUnknown, TryLater
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["MOST_LINES", "CegidLoopClient"]

Row = dict[str, Any]
# More than this many lines are never answered, and nothing says that some were left out.
MOST_LINES = 100
MOST_PAGES = 10_000


class CegidLoopClient:
    """One accounting folder.

    Args:
        transport: built with :func:`errors.error_rule` and the credentials' headers.
        dossier_code: the folder.
        drop: where files are put before their import.

    Attributes:
        page_size: rows asked for per page of a list.
    """

    def __init__(self, transport: Transport, dossier_code: str, drop: FileDrop) -> None:
        self.transport = transport
        self.dossier_code = dossier_code
        self.drop = drop
        self.page_size = 500

    @classmethod
    def from_credentials(
        cls,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        dossier_code: str,
        deposit_hosts: tuple[str, ...],
        throttle: Throttle | None = None,
    ) -> Self:
        """Build the client from a Connection's parts.

        Raises:
            ConfigurationError: a credential is missing; the field is named.
        """
        key, secret = _required(secrets, "api_key"), _required(secrets, "client_secret")
        headers = {
            "Ocp-Apim-Subscription-Key": _required(secrets, "subscription_key"),
            "x-apikey": f"{key}:{secret}",
            "Accept": "application/json",
        }
        transport = Transport(
            base_url=base_url,
            tool=CAPABILITIES.tool,
            throttle=throttle or Throttle([CAPABILITIES.rate_limit]),
            error_rule=errors.error_rule,
            headers=headers,
        )
        return cls(transport, dossier_code, FileDrop(transport, deposit_hosts))

    # -- lists ---------------------------------------------------------------------------------------------------
    def accounts(self) -> list[Row]:
        """Every account."""
        return list(self._pages("/compte", "numero"))

    def journals(self) -> list[Row]:
        """Every journal."""
        return list(self._pages("/journal", "code"))

    def vat_codes(self) -> list[Row]:
        """Every VAT code."""
        return list(self._pages("/tva", "code"))

    def customers(self) -> list[Row]:
        """Every customer."""
        return list(self._pages("/tiersClient", "code"))

    def suppliers(self) -> list[Row]:
        """Every supplier."""
        return list(self._pages("/tiersFournisseur", "code"))

    def by_code(self, route: str, code: str) -> list[Row]:
        """The rows of ``/tiersClient`` or ``/tiersFournisseur`` with this code; letters and digits only."""
        rows = self._list(route, {"filter": f'code=="{code}"'})
        return [row for row in rows if answers.text_of(row.get("code")).casefold() == code.casefold()]

    def probe(self, route: str) -> list[Row]:
        """The first row of a list: proves that it may be read."""
        return self._list(route, {"take": "1"})

    def lines(self, *, lettered: bool, piece: str = "", account: str = "", day: str = "") -> list[Row]:
        """Accounting lines, at most :data:`MOST_LINES`.

        Args:
            lettered: the filter that Loop insists on: lines with a lettering code, or lines without.
            piece: only this ``refPiece``, without quotes.
            account: only this general account.
            day: only this ISO day.
        """
        parts = [f"codeLettrage{'!=' if lettered else '=='}null"]
        parts += [f'refPiece=="{piece}"'] if piece else []
        parts += [f'compteNumero=="{account}"'] if account else []
        parts += [f'datePiece=="{day}"'] if day else []
        return self._list("/EcritureComptable", {"filter": " && ".join(parts)})

    # -- imports -------------------------------------------------------------------------------------------------
    def import_entries(self, route: str, body: Mapping[str, Any]) -> str:
        """Hand entries over (``/importJson``, ``/importFEC``…); the id of the import that will work them off.

        Raises:
            OutcomeUnknown: it was accepted and the answer names no id.
        """
        answer = self.transport.write("POST", route, json=body)
        found = answers.request_id(_decoded(answer))
        if not found:
            raise OutcomeUnknown(
                f"Cegid Loop answered {route} without the id of an import.",
                tool=CAPABILITIES.tool,
                request_id=answer.request_id,
            )
        return found

    def import_status(self, request_id: str) -> Any:
        """What became of an import, as Loop tells it."""
        return self.transport.read_json("GET", errors.STATUS_ROUTE, params={"accountingImportRequestId": request_id})

    def upload(self, name: str, body: bytes) -> str:
        """Put a file where the imports take it from; its URI. Books nothing, so that it may be repeated.

        Raises:
            TryLater: it did not get there.
            ConfigurationError: the address is not one that the Connection allows.
        """
        found = self.transport.read_json("GET", "/getFileUrlDeposit", params={"filename": name})
        address, uri = answers.upload_addresses(found)
        if not address or not uri:
            raise TryLater("Cegid Loop gave no address to put a file to.", tool=CAPABILITIES.tool)
        self.drop.put(address, body)
        return uri

    def store_document(self, *, name: str, transaction: str, body: bytes) -> str:
        """Hand a PDF to the accounting robot; its id, if the answer (of unknown shape) names one.

        Raises:
            OutcomeUnknown: the answer is not one of an API.
        """
        params = {
            "context": self.dossier_code,
            "filename": name,
            "transaction": transaction,
            "uploadMode": "API",
        }
        headers = {"Content-Type": "application/pdf"}
        answer = self.transport.write("POST", "/storeDocument", params=params, data=body, headers=headers)
        if not answer.body.strip():
            return ""
        try:
            return answers.document_id(answer.json())
        except ValueError:
            raise OutcomeUnknown(
                "Cegid Loop answered a deposited document with something that is not JSON.", tool=CAPABILITIES.tool
            ) from None

    # -- parts ---------------------------------------------------------------------------------------------------
    def _pages(self, route: str, sort: str) -> Iterator[Row]:
        """Every row of a list. A short page does not end it, because the largest page size is not documented."""
        seen: list[Row] = []
        skip = 0
        for _ in range(MOST_PAGES):
            params = {"sort": sort, "skip": str(skip), "take": str(self.page_size)}
            rows = self._list(route, params)
            # The same page again: this list knows no pages, and was whole the first time.
            if not rows or rows == seen:
                return
            yield from rows
            seen, skip = rows, skip + len(rows)
        raise TryLater(f"The pages of {route} at Cegid Loop do not end.", tool=CAPABILITIES.tool)

    def _list(self, route: str, params: Mapping[str, str]) -> list[Row]:
        found = self.transport.read_json("GET", route, params={"codeDossier": self.dossier_code, **params})
        if found is None:
            # Nothing at all is no empty list: taken for one, an entry that is there would be written again.
            raise TryLater(f"Cegid Loop gave no answer to {route}.", tool=CAPABILITIES.tool)
        try:
            return answers.rows_of(found, route)
        except ValueError as error:
            raise ConfigurationError(
                f"Cegid Loop: {error}.", tool=CAPABILITIES.tool, action="Check the host in the Connection."
            ) from None


def _required(secrets: Mapping[str, str], name: str) -> str:
    value = (secrets.get(name) or "").strip()
    if not value or not value.isprintable() or not value.isascii():
        raise ConfigurationError(
            f"The Cegid Loop connection has no usable {name}: paste it again.", field=name, tool=CAPABILITIES.tool
        )
    return value


def _decoded(answer: Answer) -> Any:
    """The answer of a write; None when it is not JSON (its outcome is then unknown)."""
    try:
        return answer.json()
    except ValueError:
        return None
