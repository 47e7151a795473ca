"""Customers' and suppliers' accounts: read by code, created, never taken from somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sellsy_ledger.connectors.acd import errors, mapper, reading
from sellsy_ledger.connectors.acd.capabilities import CAPABILITIES
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, PostingRefused

if TYPE_CHECKING:
    from sellsy_ledger.connectors.acd.client import AcdClient

__all__ = ["Parties"]

SUFFIXES_MAX = 99
# Names may be cut by the tool: a long common beginning is the same name.
LONG_NAME = 25


class Parties:
    """The third parties of one dossier.

    Args:
        client: the dossier.
    """

    def __init__(self, client: AcdClient) -> None:
        self.client = client
        self._by_code: dict[Direction, dict[str, LedgerThirdParty]] = {}

    def forget(self) -> None:
        """Read the lists again next time."""
        self._by_code.clear()

    def create(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Create the account of a third party, or find the one that a lost answer already created.

        An account that belongs to somebody else is never taken: the next free number is.
        """
        for code in _codes(auxiliary_account):
            holder = self.listed(third_party.direction).get(code)
            if holder is None:
                holder = self._create(third_party.name, third_party.direction, code)
            if not _is_same_name(holder.name, third_party.name):
                continue
            if not holder.active:
                raise _third_party_refused(f"le compte {code} est inactif dans ACD")
            return holder
        raise _third_party_refused(f"aucun compte libre comme {auxiliary_account}")

    def _create(self, name: str, direction: Direction, code: str) -> LedgerThirdParty:
        """The account of that code: a new one, or the one that ``compteExisteDeja`` is about."""
        try:
            self.client.create_account(direction, mapper.account_body(name, code))
        except OutcomeUnknown:
            self._by_code.clear()
            raise
        except PostingRefused as error:
            if error.tool_code != errors.ACCOUNT_EXISTS:
                raise _third_party_refused(error.facts.get("detail", error.message), error.tool_code) from error
            self._by_code.clear()
            if code in self.listed(Direction.PURCHASES if direction is Direction.SALES else Direction.SALES):
                raise _third_party_refused(f"{code} est un compte de l'autre sens", error.tool_code) from error
            listed = self.listed(direction).get(code)
            # The server's own word that the account is there; whose it is, the list would have told.
            return listed or LedgerThirdParty(auxiliary_account=code, name=name, direction=direction, tool_id=code)
        created = LedgerThirdParty(
            auxiliary_account=code, name=mapper.account_name(name) or code, direction=direction, tool_id=code
        )
        self.listed(direction)[code] = created
        return created

    def listed(self, direction: Direction) -> dict[str, LedgerThirdParty]:
        """The accounts of one direction by code, read once and kept up to date with what is created here."""
        if direction not in self._by_code:
            found = (reading.third_party_of(raw, direction) for raw in self.client.third_parties(direction))
            self._by_code[direction] = {party.auxiliary_account: party for party in found if party}
        return self._by_code[direction]

    def create_again(self, party: LedgerThirdParty) -> bool:
        """True when the account was missing, and is there now; an entry that it was refused for may go again."""
        try:
            self.client.create_account(party.direction, mapper.account_body(party.name, party.auxiliary_account))
        except (PostingRefused, OutcomeUnknown):
            return False
        return True


def _codes(wanted: str) -> Iterator[str]:
    """``wanted`` in ACD's length, then the same with 2 … 99 at its end."""
    limit = CAPABILITIES.auxiliary_max or 13
    base = wanted.upper()[:limit]
    yield base
    for suffix in range(2, SUFFIXES_MAX + 1):
        yield f"{base[: limit - len(str(suffix))]}{suffix}"


def _is_same_name(held: str, ours: str) -> bool:
    left, right = ("".join(name.upper().split()) for name in (held, mapper.account_name(ours)))
    short, long = sorted((left, right), key=len)
    return short == long or (len(short) >= LONG_NAME and long.startswith(short))


def _third_party_refused(detail: str, tool_code: str | None = None) -> DocumentError:
    return DocumentError(
        f"ACD did not take the third party: {detail}.",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": detail},
        tool=CAPABILITIES.tool,
        tool_code=tool_code,
    )
