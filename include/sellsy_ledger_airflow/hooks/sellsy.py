"""The Sellsy hook: a Connection of type ``sellsy`` becomes the Sellsy client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from sellsy_ledger_airflow.hooks.base import ApiHook, text_field

if TYPE_CHECKING:
    from sellsy_ledger.core.access import AccessCheck
    from sellsy_ledger.sources.sellsy.client import SellsyClient
    from sellsy_ledger.sources.sellsy.reader import SellsyReader

__all__ = ["HOOK", "SellsyHook"]


class SellsyHook(ApiHook):
    """Client credentials of one Sellsy account. All hosts come from the Connection: the form proposes Sellsy's own,
    and another server (a sandbox) can be put in their place without the secret ever reaching the real one.
    """

    conn_type = "sellsy"
    default_conn_name = "sellsy_default"
    hook_name = "Sellsy"
    ui_fields: ClassVar[dict[str, Any]] = {
        "hidden-fields": ["port", "schema"],
        "relabeling": {
            "host": "Adresse de l'API V2",
            "login": "Identifiant client (client_id)",
            "password": "Secret client (client_secret)",
            "extra": "Options avancées (JSON)",
        },
        "placeholders": {"host": "https://api.sellsy.com/v2", "login": "affiché une fois à la création de l'accès API"},
    }
    conn_fields: ClassVar[dict[str, Any]] = {
        "login_url": text_field(
            "Adresse d'authentification",
            "Serveur qui délivre les jetons OAuth2.",
            default="https://login.sellsy.com",
        ),
        "v1_url": text_field(
            "Adresse de l'API V1",
            "Nécessaire pour les factures d'achat. L'accès API doit avoir le droit « api-v1 ».",
            default="https://apifeed.sellsy.com/0/",
        ),
        "file_hosts": text_field(
            "Hôtes des fichiers PDF",
            "Seuls hôtes d'où un justificatif peut être téléchargé, séparés par des virgules.",
            default="file.sellsy.com, www.sellsy.com",
        ),
    }

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
        )

    def reader(self) -> SellsyReader:
        """The reader of accounted documents over :meth:`client`."""
        from sellsy_ledger.sources.sellsy.reader import SellsyReader

        return SellsyReader(self.client())

    def access_checks(self) -> Sequence[AccessCheck]:
        """Probe the token and every scope the synchronisation needs."""
        checks: Sequence[AccessCheck] = self.reader().check_access()
        return checks


HOOK = SellsyHook
