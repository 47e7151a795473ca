"""The MyUnisoft hook: a Connection of type ``myunisoft`` becomes the MyUnisoft connector."""

from __future__ import annotations

from typing import Any, ClassVar

from sellsy_ledger_airflow.hooks.base import ToolHook, secret_field, text_field

__all__ = ["HOOK", "MyUnisoftHook"]


class MyUnisoftHook(ToolHook):
    """The token of one accounting folder, or of a firm with the folder's id."""

    conn_type = "myunisoft"
    default_conn_name = "myunisoft_default"
    hook_name = "MyUnisoft"
    ui_fields: ClassVar[dict[str, Any]] = {
        "hidden-fields": ["port", "schema", "login"],
        "relabeling": {
            "host": "Adresse de l'API",
            "password": "Jeton API du dossier ou du cabinet",
            "extra": "Options avancées (JSON)",
        },
        "placeholders": {
            "host": "https://api.myunisoft.fr/api/v1",
            "password": "Paramètres > Connecteurs > Générer",
        },
    }
    conn_fields: ClassVar[dict[str, Any]] = {
        "third_party_secret": secret_field(
            "Secret partenaire (X-Third-Party-Secret)",
            "Remis par MyUnisoft au partenaire, le même pour tous ses dossiers.",
        ),
        "society_id": text_field(
            "Identifiant du dossier (society-id)",
            "Seulement pour un jeton de cabinet : le dossier comptable à tenir. Laissez vide pour un jeton de dossier.",
            pattern="^[0-9]*$",
        ),
        "etablissement_id": text_field(
            "Identifiant de l'établissement",
            "Laissez vide : celui du dossier est utilisé. À remplir pour un établissement secondaire.",
            pattern="^[0-9]*$",
        ),
    }
    secrets: ClassVar[dict[str, str]] = {"third_party_secret": "third_party_secret", "api_token": "password"}
    options: ClassVar[tuple[str, ...]] = ("society_id", "etablissement_id")


HOOK = MyUnisoftHook
