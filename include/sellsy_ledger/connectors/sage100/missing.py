"""The third parties of a file that the accountant's list does not hold: what is needed to create them in Sage."""

from __future__ import annotations

import csv
import io

from sellsy_ledger.connectors.base import PostingRequest
from sellsy_ledger.connectors.sage100.manifest import harmless
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.entries import Role
from sellsy_ledger.core.ledger import Ledger

__all__ = ["COLUMNS", "MissingThirdParties"]

COLUMNS = (
    "compte_tiers",
    "type",
    "compte_collectif",
    "nom",
    "siret",
    "siren",
    "tva_intracom",
    "adresse",
    "code_postal",
    "ville",
    "pays",
)
_TYPES = {Direction.SALES: "client", Direction.PURCHASES: "fournisseur"}


class MissingThirdParties:
    """Collected while the file is written, one row per third party. False while none is missing."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[str, ...]] = {}
        self._ledger: Ledger | None = None
        self._known: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, request: PostingRequest) -> None:
        """Note the third party of an entry, unless the accountant's list holds it."""
        party = request.third_party
        account = party.auxiliary_account.upper()
        if account in self._rows or account in self._accounts(request.ledger):
            return
        source = request.source_third_party
        address = source.address if source else None
        collective = next((line.account for line in request.entry.lines if line.role is Role.THIRD_PARTY), "")
        self._rows[account] = (
            account,
            _TYPES[request.kind.direction],
            collective,
            party.name or (source.name if source else ""),
            (source.siret if source else "") or party.siret,
            (source.siren if source else "") or party.siren,
            (source.vat_number if source else "") or party.vat_number,
            address.line if address else "",
            address.postal_code if address else "",
            address.city if address else "",
            address.country_code if address else "",
        )

    def csv(self) -> bytes:
        """The list, sorted by account, as a spreadsheet opens it."""
        text = io.StringIO(newline="")
        rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
        rows.writerow(COLUMNS)
        rows.writerows([harmless(" ".join(value.split())) for value in self._rows[key]] for key in sorted(self._rows))
        return text.getvalue().encode("utf-8-sig")

    def _accounts(self, ledger: Ledger) -> frozenset[str]:
        if self._ledger is not ledger:
            self._ledger = ledger
            self._known = frozenset(known.auxiliary_account.upper() for known in ledger.third_parties)
        return self._known
