"""The Sellsy hook: a Connection of type ``sellsy`` becomes the Sellsy client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sellsy_ledger_airflow.hooks.base import ApiHook

if TYPE_CHECKING:
    from sellsy_ledger.core.access import AccessCheck
    from sellsy_ledger.sources.sellsy.client import SellsyClient
    from sellsy_ledger.sources.sellsy.reader import SellsyReader

__all__ = ["SellsyHook"]


class SellsyHook(ApiHook):
    """Client credentials of one Sellsy account. All hosts come from the Connection: the form proposes Sellsy's own,
    and another server (a sandbox) can be put in their place without the secret ever reaching the real one.
    """

    conn_type = "sellsy"
    default_conn_name = "sellsy_default"
    hook_name = "Sellsy"

    def client(self) -> SellsyClient:
        """The Sellsy client of this Connection."""
        from sellsy_ledger.sources.sellsy.client import SellsyClient

        hosts = [host.strip() for host in self.required("file_hosts").split(",") if host.strip()]
        return SellsyClient.from_credentials(
            base_url_api=self.url("host"),
            base_url_login=self.url("login_url"),
            base_url_v1=self.url("v1_url"),
            client_id=self.required("login"),
            client_secret=self.required("password"),
            file_hosts=hosts,
            account=self.optional("account"),
        )

    def reader(self) -> SellsyReader:
        """The reader of accounted documents over :meth:`client`."""
        from sellsy_ledger.sources.sellsy.reader import SellsyReader

        return SellsyReader(self.client())

    def access_checks(self) -> Sequence[AccessCheck]:
        """Probe the token and every scope the synchronisation needs."""
        checks: Sequence[AccessCheck] = self.reader().check_access()
        return checks
