"""Sage 100 (France) as an accounting tool: by files that somebody imports, or by its OData interface.

Which of the two a Connection is follows from its address: without one, files are delivered to a folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self, cast

from sellsy_ledger.connectors.base import LedgerConnector
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.http.throttle import Throttle

__all__ = ["CONNECTOR", "Sage100Connector"]


class Sage100Connector(LedgerConnector):
    """What both ways share: choosing the way, and the look-ups in the run's ledger."""

    _index: LedgerIndex | None = None

    @classmethod
    def from_credentials(
        cls,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        options: Mapping[str, str] | None = None,
        throttle: Throttle | None = None,
    ) -> Self:
        """The connector of a Connection.

        Args:
            base_url: address of the OData interface; empty for files.
            secrets: OData only: ``client_id``, ``client_secret``, ``refresh_token``; or ``access_token`` alone.
            options: see :mod:`.options`.
            throttle: OData only: a limiter shared with others of the same account.

        Raises:
            ConfigurationError: an option or a secret is missing or unusable.
        """
        made: LedgerConnector
        if base_url.strip():
            from sellsy_ledger.connectors.sage100.odata import ODataConnector

            made = ODataConnector.connect(base_url.strip(), secrets, options or {}, throttle)
        else:
            from sellsy_ledger.connectors.sage100.files import FilesConnector

            made = FilesConnector.of_folder(options or {})
        return cast("Self", made)

    def _look_ups(self, ledger: Ledger) -> LedgerIndex:
        """The index of the run's ledger, built once."""
        if self._index is None or self._index.ledger is not ledger:
            self._index = LedgerIndex(ledger)
        return self._index


CONNECTOR = Sage100Connector
