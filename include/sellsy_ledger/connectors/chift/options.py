"""What a Chift Connection holds, checked field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sellsy_ledger.connectors.chift.capabilities import BEHIND
from sellsy_ledger.errors import ConfigurationError

__all__ = ["Options", "options_of", "secrets_of"]

VAT_CHECKS = ("cent", "exact")
# Our name of a secret → the field of the token request.
SECRETS = {"client_id": "clientId", "client_secret": "clientSecret", "account_id": "accountId"}


class Options(NamedTuple):
    """The Connection's options; see ``ChiftConnector.from_credentials``."""

    consumer_id: str
    behind: str
    folder_id: str = ""
    connection_id: str = ""
    vat_check: str = "cent"
    file_hosts: tuple[str, ...] = ()


def options_of(options: Mapping[str, str] | None) -> Options:
    """The options, with their defaults.

    Raises:
        ConfigurationError: a required one is missing, or one has a value that does not exist.
    """
    given = {name: str(value).strip() for name, value in (options or {}).items()}
    behind = given.get("behind", "").casefold().replace(" ", "_").replace("-", "_")
    if behind not in BEHIND:
        raise ConfigurationError(
            f"The Chift connection must say which tool is behind: one of {', '.join(sorted(BEHIND))}.",
            field="behind",
            tool="chift",
        )
    consumer = given.get("consumer_id", "")
    if not consumer:
        raise ConfigurationError(
            "The Chift connection names no consumer: fill in the consumer's id.", field="consumer_id", tool="chift"
        )
    vat_check = given.get("vat_check") or VAT_CHECKS[0]
    if vat_check not in VAT_CHECKS:
        raise ConfigurationError(
            f"vat_check of the Chift connection must be {' or '.join(VAT_CHECKS)}.", field="vat_check", tool="chift"
        )
    for name in ("folder_id", "connection_id"):
        if "/" in given.get(name, ""):
            raise ConfigurationError(f"{name} of the Chift connection is no id.", field=name, tool="chift")
    return Options(
        consumer_id=consumer,
        behind=behind,
        folder_id=given.get("folder_id", ""),
        connection_id=given.get("connection_id", ""),
        vat_check=vat_check,
        file_hosts=tuple(host.strip() for host in given.get("file_hosts", "").split(",") if host.strip()),
    )


def secrets_of(secrets: Mapping[str, str]) -> dict[str, str]:
    """The body of the token request.

    Raises:
        ConfigurationError: one is missing; the field is named.
    """
    for name in SECRETS:
        if not (secrets.get(name) or "").strip():
            raise ConfigurationError(
                f"The Chift connection has no {name}: paste it from Chift's platform.", field=name, tool="chift"
            )
    return {field: secrets[name].strip() for name, field in SECRETS.items()}
