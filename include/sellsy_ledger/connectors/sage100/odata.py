"""Sage 100 by its OData interface: entries are created at once, checked first, and found again by their content.

Nothing there is idempotent and no key of ours is kept, so that a lost answer is followed by a look at what is held:
invoice number and our reference (Sellsy's id), or journal, third party and amount.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar

from sellsy_ledger.connectors.base import BookedEntry, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.sage100 import mapper, reading
from sellsy_ledger.connectors.sage100.booked import booked, period
from sellsy_ledger.connectors.sage100.capabilities import ODATA
from sellsy_ledger.connectors.sage100.client import ODataClient, quoted, tells_success
from sellsy_ledger.connectors.sage100.connector import Sage100Connector
from sellsy_ledger.connectors.sage100.errors import error_rule
from sellsy_ledger.connectors.sage100.odata_access import access_checks
from sellsy_ledger.connectors.sage100.options import ODataOptions
from sellsy_ledger.connectors.sage100.tokens import Tokens
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.capabilities import Capabilities, kept_characters
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Ledger, PaddedNumbers
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import (
    AccessError,
    ConfigurationError,
    DocumentError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Transport

__all__ = ["ODataConnector"]

T = TypeVar("T")

# The service sleeps after 20 idle minutes; its first answer then takes long.
TIMEOUT_SECONDS = (10.0, 120.0)
SUFFIXES_MAX = 99
RELATIONS = ("journal", "compte", "tiers")
CHECK_WRITES = (
    "Sage a écrit l'écriture dès son contrôle (controle=true) : elle n'a pas été envoyée une seconde fois. "
    "Mettez l'option « check_first » à « no »."
)
_ROOTS = {Direction.SALES: "411", Direction.PURCHASES: "401"}


class ODataConnector(Sage100Connector):
    """One company of a Sage 100 with an OData interface.

    Args:
        client: the HTTP client.
        options: the Connection's options.
    """

    def __init__(self, client: ODataClient, options: ODataOptions) -> None:
        self.client = client
        self.options = options
        self.capabilities: Capabilities = ODATA
        self._controls: dict[Direction, str] = {}
        self._checks_write_nothing = False

    @classmethod
    def connect(
        cls, base_url: str, secrets: Mapping[str, str], options: Mapping[str, str], throttle: Throttle | None
    ) -> Self:
        """A connector from what a Connection holds; see :meth:`Sage100Connector.from_credentials`."""
        read = ODataOptions.read(options)
        limiter = throttle or Throttle([ODATA.rate_limit])
        transport = Transport(
            base_url=base_url.rstrip("/"),
            tool=ODATA.tool,
            throttle=limiter,
            error_rule=error_rule,
            headers={"Accept": "application/json"},
            timeout_seconds=TIMEOUT_SECONDS,
        )
        return cls(ODataClient(transport, Tokens(secrets, read, limiter), read.dataset), read)

    # -- before posting ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """Token, company, ``$metadata``, each list and the right to create entries."""
        return access_checks(self.client)

    def read_ledger(self) -> Ledger:
        """Accounts, journals, years and third parties, to the last page; Sage tells no VAT code that a line takes."""
        client = self.client
        _ = client.metadata
        years = client.company().get("exercices")
        return Ledger(
            accounts=_read(client.rows("comptes", order="numero"), reading.account_of),
            journals=_read(client.rows("journaux", order="code"), reading.journal_of),
            fiscal_years=_read(years if isinstance(years, list) else [], reading.fiscal_year_of),
            third_parties=_read(client.rows("tiers", order="numero"), reading.third_party_of),
            tool=ODATA.tool,
        )

    # -- third parties -------------------------------------------------------------------------------------------
    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Create the third party, or find the one that a lost answer already created.

        Numbers are unique among customers, suppliers and employees: one that is somebody else's is left, for the next.
        """
        for number in _numbers(kept_characters(auxiliary_account.upper(), ODATA.auxiliary_pattern)):
            row = self._holder_of(number)
            if row is None:
                return self._create(third_party, number)
            holder = reading.third_party_of(row)
            if holder is not None and _is_same(holder, third_party):
                return holder
        raise _third_party_refused(f"aucun numéro libre comme {auxiliary_account}")

    def _create(self, third_party: ThirdParty, number: str) -> LedgerThirdParty:
        metadata = self.client.metadata
        resource = "clients" if third_party.direction is Direction.SALES else "fournisseurs"
        control = self._control(third_party.direction)
        body = mapper.third_party_body(third_party, number, control, metadata)
        try:
            row = self.client.create(resource if metadata.has(resource) else "tiers", body)
        except PostingRefused as error:
            raise _third_party_refused(error.facts.get("detail", error.message), error.tool_code) from error
        found = reading.third_party_of(row) if reading.text(row.get("id")) else None
        if found is None:
            held = self._holder_of(number)
            found = reading.third_party_of(held) if held else None
        if found is None:
            raise OutcomeUnknown(f"Sage accepted third party {number} and does not list it.", tool=ODATA.tool)
        return found

    def _holder_of(self, number: str) -> reading.Row | None:
        """Whoever has this number, of any kind."""
        where = f"numero eq {quoted(number)}"
        rows = self.client.rows("tiers", where=where, order="numero", most=2)
        return next((row for row in rows if reading.text(row.get("numero")).upper() == number), None)

    def _control(self, direction: Direction) -> str:
        """Address of the collective account of new customers or suppliers."""
        if direction not in self._controls:
            option = "customers_account" if direction is Direction.SALES else "suppliers_account"
            wanted = getattr(self.options, option) or _ROOTS[direction]
            where = f"startswith(numero,{quoted(wanted.rstrip('0') or wanted)})"
            rows = self.client.rows("comptes", where=where, order="numero")
            accounts = [found for row in rows if (found := reading.account_of(row)) and found.active]
            account = PaddedNumbers((one.number, one) for one in accounts).find(wanted)
            if account is None and not getattr(self.options, option):
                account = next(iter(accounts), None)
            if account is None or not account.tool_id:
                raise ConfigurationError(
                    f"Sage has no account {wanted} for new third parties: fill in option {option}.",
                    field=option,
                    tool=ODATA.tool,
                )
            self._controls[direction] = self.client.bind("comptes", account.tool_id)
        return self._controls[direction]

    # -- entries -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """Journal and body; the hash of the PDF, which Sage does not take, seals which document was approved."""
        journal_id, body = self._entry(request)
        pdf = f"sha256:{hashlib.sha256(request.pdf).hexdigest()}" if request.pdf is not None else None
        return {"journal": journal_id, "body": body, "pdf": pdf}

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The entry among the lines of its invoice number."""
        client, metadata = self.client, self.client.metadata
        number = mapper.invoice_number(request, self.options, metadata)
        reference = mapper.reference_of(request, self.options, metadata)
        name, value = ("numeroFacture", number) if metadata.knows("numeroFacture") else ("reference", reference)
        if not metadata.knows(name):
            raise ConfigurationError(
                "This Sage keeps neither an invoice number nor a reference: entries cannot be found again.",
                field="host",
                tool=ODATA.tool,
            )
        rows = client.rows("ecritures", where=f"{name} eq {quoted(value)}", expand=RELATIONS)
        same = [row for row in rows if reading.text(row.get(name.lower())).upper() == value.upper()]
        # By its number all versions of a document are found; by Sellsy's id each has a number of its own.
        shared = name == "numeroFacture" and metadata.knows("reference") and self.options.invoice_number == "number"
        return reading.held_entry(same, request, reference, is_shared=shared and bool(label_of(request.posting_key)))

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Have the entry checked, then create it. The answer to that is not documented: only a look-up tells its id."""
        journal_id, body = self._entry(request)
        if self.options.check_first and self._was_booked_by_its_check(request, journal_id, body):
            return Receipt(entry_id="", warnings=(CHECK_WRITES,))
        answer = self.client.create_entry(journal_id, body)
        if not tells_success(answer) and self._is_absent(request):
            raise OutcomeUnknown("Sage's answer to an entry is none of its own.", tool=ODATA.tool)
        return Receipt(entry_id="")

    def _was_booked_by_its_check(self, request: PostingRequest, journal_id: str, body: dict[str, Any]) -> bool:
        """Have the entry checked. False as it should be; True where this Sage booked the entry for it.

        That a check writes nothing is Sage's word. It is seen once per connector, by a look before and one after the
        first check that passes; until then a check is a write, which is never repeated.
        """
        if self._checks_write_nothing:
            self.client.check_entry(journal_id, body)
            return False
        was_there = self.find_entry(request) is not None
        self.client.check_entry(journal_id, body, proven=False)
        if was_there:
            return False
        try:
            found = self.find_entry(request)
        except (ConfigurationError, TryLater) as error:
            raise OutcomeUnknown(
                "Whether Sage wrote an entry that it was only to check cannot be told.", tool=ODATA.tool
            ) from error
        self._checks_write_nothing = found is None
        return found is not None

    def _is_absent(self, request: PostingRequest) -> bool:
        """True when a look-up right after the write shows no entry, or fails."""
        try:
            return self.find_entry(request) is None
        except (ConfigurationError, TryLater):
            return True

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The entry's lines, by its content: Sage gives an entry no id."""
        return self.find_entry(request)

    # -- what is in the books ------------------------------------------------------------------------------------
    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """The period's ledger lines, to the last page; see :mod:`.booked`.

        A Sage that compares no dates in a filter is read from its first line on.
        """
        rows = self.client.rows
        try:
            found = list(rows("ecritures", where=period(first, last), expand=RELATIONS))
        except AccessError:
            raise
        except ConfigurationError as error:
            if error.tool_code != "400":
                raise
            found = [
                row
                for row in rows("ecritures", expand=RELATIONS)
                if (day := reading.day(row.get("date"))) is None or first <= day <= last
            ]
        return booked(found, direction, first, last, provenance=self.options.provenance)

    def _entry(self, request: PostingRequest) -> tuple[str, dict[str, Any]]:
        index = self._look_ups(request.ledger)
        body = mapper.entry_body(request, index, self.client.bind, self.options, self.client.metadata)
        journal = index.journal(request.entry.journal)
        if journal is None or not journal.tool_id:
            raise DocumentError(
                f"Journal {request.entry.journal} is not in Sage.",
                reason=Reason.JOURNAL_MISSING,
                facts={"detail": request.entry.journal},
                tool=ODATA.tool,
            )
        return journal.tool_id, body


def _read(rows: Iterable[Any], convert: Callable[[reading.Row], T | None]) -> tuple[T, ...]:
    return tuple(found for row in rows if isinstance(row, dict) and (found := convert(row)) is not None)


def _numbers(wanted: str) -> Iterator[str]:
    """``wanted`` within 17 characters, then the same with 2 … 99 at its end."""
    longest = ODATA.auxiliary_max or 17
    base = wanted[:longest]
    if base:
        yield base
        for suffix in range(2, SUFFIXES_MAX + 1):
            yield f"{base[: longest - len(str(suffix))]}{suffix}"


def _is_same(holder: LedgerThirdParty, third_party: ThirdParty) -> bool:
    """True when a number is this third party's: same side, and same SIRET, or same name where one has no SIRET."""
    if holder.direction is not third_party.direction:
        return False
    ours = "".join(third_party.siret.split())
    if ours and holder.siret:
        return ours == holder.siret
    names = [" ".join(name.upper().split())[: mapper.NAME_MAX].strip() for name in (holder.name, third_party.name)]
    # An older Sage keeps 35 characters of a name.
    return names[0] == names[1] or (len(names[0]) >= 35 and names[1].startswith(names[0]))


def _third_party_refused(detail: str, tool_code: str | None = None) -> DocumentError:
    return DocumentError(
        f"Sage did not take the third party: {detail}.",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": detail},
        tool=ODATA.tool,
        tool_code=tool_code,
    )
