"""MyUnisoft as an accounting tool: the connector contract on top of client and mapper.

An entry is found again by ``entry_origin_partner_id``, our posting key; MyUnisoft does not say what it does with a
second entry of the same key, so nothing here relies on a refusal. The internal id changes when an accountant
validates a pending entry: every look-up goes by the key.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import msgspec

from sellsy_ledger.connectors.base import BookedEntry, LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.connectors.myunisoft import books, look_up, mapper, reading
from sellsy_ledger.connectors.myunisoft.access import check_access
from sellsy_ledger.connectors.myunisoft.capabilities import CAPABILITIES
from sellsy_ledger.connectors.myunisoft.client import MyUnisoftClient
from sellsy_ledger.core.access import AccessCheck
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.errors import (
    DocumentError,
    LedgerError,
    OutcomeUnknown,
    PostingRefused,
    TryLater,
)
from sellsy_ledger.http.redaction import short_text
from sellsy_ledger.http.throttle import Throttle

__all__ = ["CONNECTOR", "MyUnisoftConnector"]

# Base64 inside JSON costs four copies of the file in memory; larger files follow the entry by a request of their own.
INLINE_PDF_MAX_BYTES = 10 * 1024 * 1024
NUMBER_MAX = 20
SUFFIXES_MAX = 99


class MyUnisoftConnector(LedgerConnector):
    """One accounting folder of MyUnisoft."""

    capabilities = CAPABILITIES

    def __init__(self, client: MyUnisoftClient) -> None:
        self.client = client
        self._index: LedgerIndex | None = None
        self._files_readable = True

    @classmethod
    def from_credentials(
        cls,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        options: Mapping[str, str] | None = None,
        throttle: Throttle | None = None,
    ) -> Self:
        """Build the connector from a Connection's parts.

        Args:
            base_url: ``https://api.myunisoft.fr/api/v1``, or any other server.
            secrets: ``third_party_secret``, ``api_token``.
            options: ``society_id`` (only for a firm's token), ``etablissement_id``.
            throttle: a limiter shared with others of the same account.
        """
        client = MyUnisoftClient.from_credentials(
            base_url=base_url, secrets=secrets, options=options or {}, throttle=throttle
        )
        return cls(client)

    # -- reference data ------------------------------------------------------------------------------------------
    def check_access(self) -> Sequence[AccessCheck]:
        """Key, folder, routes, fiscal years and journals; see :mod:`.access`."""
        return check_access(self.client)

    def read_ledger(self) -> Ledger:
        """The whole ledger of the folder; no list of MyUnisoft's that is used here has pages."""
        accounts = [account for raw in self.client.accounts() if (account := reading.account_of(raw))]
        tiers = [raw for root in reading.ROOTS for raw in self.client.accounts(begin_by=root, details=True)]
        length = self._parameters.get("max_car_general_account")
        return Ledger(
            accounts=tuple(account for account in accounts if not reading.is_third_party(account.number)),
            journals=tuple(journal for raw in self.client.diaries() if (journal := reading.journal_of(raw))),
            vat_codes=tuple(code for raw in self.client.vat_params() if (code := reading.vat_code_of(raw))),
            fiscal_years=tuple(year for raw in self.client.fiscal_years() if (year := reading.fiscal_year_of(raw))),
            third_parties=tuple(found for raw in tiers if (found := reading.third_party_of(raw))),
            account_length=int(length) if length else None,
            tool=CAPABILITIES.tool,
        )

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return self.client.accounting_parameters()

    # -- third parties -------------------------------------------------------------------------------------------
    def create_third_party(self, third_party: ThirdParty, auxiliary_account: str) -> LedgerThirdParty:
        """Create the account of a third party, or find the one that a lost answer already created.

        ``POST /account`` finds or creates by number only. A number that belongs to somebody else (or would be cut to
        one that does) is therefore never sent: the next free number is.
        """
        for number in self._numbers(auxiliary_account):
            holder = self._holder_of(number)
            if holder is None:
                return self._create(third_party, number)
            if _is_same(holder, third_party):
                return holder
        raise _third_party_refused(f"no free account number like {auxiliary_account}")

    def _create(self, third_party: ThirdParty, number: str) -> LedgerThirdParty:
        try:
            answer = self.client.find_or_create_account(mapper.account_body(third_party, number))
        except PostingRefused as error:
            raise _third_party_refused(error.facts.get("detail", error.message), error.tool_code) from error
        created = reading.third_party_of(answer)
        if created is None or not created.tool_id:
            found = self._holder_of(number)
            if found is None:
                raise OutcomeUnknown(
                    f"MyUnisoft accepted account {number} and does not list it.", tool=CAPABILITIES.tool
                )
            return found
        if not _is_same_name(created.name, mapper.account_label(third_party.name, number)):
            raise _third_party_refused(f"{created.auxiliary_account} ({short_text(created.name, 60)})")
        siren = mapper.siren_of(third_party)
        return LedgerThirdParty(
            auxiliary_account=created.auxiliary_account,
            name=created.name,
            direction=third_party.direction,
            siren=siren,
            tool_id=created.tool_id,
            account_tool_id=created.tool_id,
        )

    def _numbers(self, wanted: str) -> Iterator[str]:
        """``wanted`` cut to the folder's limit, then the same with 2 … 99 at its end."""
        limit = min(NUMBER_MAX, int(self._parameters.get("max_car_third_p_account") or NUMBER_MAX))
        base = wanted[:limit]
        yield base
        for suffix in range(2, SUFFIXES_MAX + 1):
            yield f"{base[: limit - len(str(suffix))]}{suffix}"

    def _holder_of(self, number: str) -> LedgerThirdParty | None:
        """Whoever has this number, compared as the folder would pad it."""
        wanted = self._padded(number)
        holders = (reading.third_party_of(raw) for raw in self.client.accounts(begin_by=number, details=True))
        return next((each for each in holders if each and self._padded(each.auxiliary_account) == wanted), None)

    def _padded(self, number: str) -> str:
        limit = int(self._parameters.get("max_car_third_p_account") or 0)
        return number.upper().ljust(limit, "0") if self._parameters.get("auto_complete_account") else number.upper()

    # -- entries -------------------------------------------------------------------------------------------------
    def payload(self, request: PostingRequest) -> Mapping[str, Any]:
        """The body of the entry; the PDF, inline or following, is named by its hash."""
        return self._body(request, mapper.pdf_seal(request.pdf) if request.pdf is not None else None)

    def find_entry(self, request: PostingRequest) -> PostedEntry | None:
        """The entry that carries our key, with its lines; see :func:`look_up.find`."""
        held = look_up.find(self.client, request, self._look_ups(request))
        return self._read(held) if held else None

    def post_entry(self, request: PostingRequest) -> Receipt:
        """Book the entry; a large PDF follows it at once.

        A failure of that second request does not undo the entry: the receipt then says that the PDF is missing and
        :meth:`attach_document` may be called again.
        """
        inline = request.pdf is not None and len(request.pdf) <= INLINE_PDF_MAX_BYTES
        body = self._body(request, mapper.pdf_content(request.pdf) if inline and request.pdf is not None else None)
        answer = self.client.post_entry(body, draft=request.draft)
        entry_id = _entry_id(answer) or self._id_by_origin(request)
        warnings = _warnings(answer)
        if request.pdf is None or inline:
            return Receipt(
                entry_id=entry_id, draft=request.draft, pdf_attached=request.pdf is not None, warnings=warnings
            )
        try:
            self.attach_document(request, entry_id)
        except LedgerError as error:
            missing = f"Le justificatif n'a pas encore été joint ({error.tool_code or type(error).__name__})."
            return Receipt(entry_id=entry_id, draft=request.draft, pdf_attached=False, warnings=(*warnings, missing))
        return Receipt(entry_id=entry_id, draft=request.draft, pdf_attached=True, warnings=warnings)

    def read_back(self, request: PostingRequest, entry_id: str) -> PostedEntry | None:
        """The entry by our key: ``entry_id`` itself changes when an accountant validates a pending entry.

        Raises:
            TryLater: MyUnisoft names the entry and does not give it.
        """
        held = look_up.by_key(self.client, request)
        if held is None and look_up.ids_of(self.client, request):
            raise TryLater(f"MyUnisoft names entry {entry_id} and does not give it.", tool=CAPABILITIES.tool)
        return self._read(held) if held else None

    def attach_document(self, request: PostingRequest, entry_id: str) -> None:
        """Attach the PDF to the booked entry, unless it is there already."""
        if request.pdf is None:
            return
        held = look_up.by_key(self.client, request)
        if held is None:
            raise TryLater(f"MyUnisoft does not give entry {entry_id}; its PDF waits.", tool=CAPABILITIES.tool)
        raw, draft = held
        if reading.attachments(raw):
            return
        current_id = reading.posted_entry(raw, draft=draft).entry_id or entry_id
        self.client.attach(entry_id=current_id, draft=draft, name=mapper.pdf_name(request), body=request.pdf)

    # -- the books -----------------------------------------------------------------------------------------------
    def booked_entries(self, direction: Direction, first: dt.date, last: dt.date) -> Iterator[BookedEntry]:
        """Posted and pending entries, whoever wrote them; see :mod:`.books`."""
        return books.booked_entries(self.client, direction, first, last)

    # -- parts ---------------------------------------------------------------------------------------------------
    def _body(self, request: PostingRequest, pdf: str | None) -> dict[str, Any]:
        return mapper.entry_body(request, self._look_ups(request), self.client.etablissement_id, pdf=pdf)

    def _look_ups(self, request: PostingRequest) -> LedgerIndex:
        """The index of the run's ledger, built once."""
        if self._index is None or self._index.ledger is not request.ledger:
            self._index = LedgerIndex(request.ledger)
        return self._index

    def _id_by_origin(self, request: PostingRequest) -> str:
        """The id of an entry whose answer named none. The write happened or not: only finding it is a success."""
        try:
            ids = look_up.ids_of(self.client, request)
        except LedgerError as error:
            raise OutcomeUnknown(
                "MyUnisoft's answer to an entry named no id, and the look-up failed.", tool=CAPABILITIES.tool
            ) from error
        if len(ids) != 1:
            raise OutcomeUnknown("MyUnisoft's answer to an entry named no id.", tool=CAPABILITIES.tool)
        return ids[0]

    def _read(self, held: look_up.Held) -> PostedEntry:
        return _with_hash(reading.posted_entry(held.raw, draft=held.draft), self._pdf_hash(held.raw))

    def _pdf_hash(self, raw: Mapping[str, Any]) -> str | None:
        """SHA-256 of the one attached PDF; None when there is not exactly one, or its bytes are not given."""
        files = reading.attachments(raw) or []
        if len(files) != 1 or not self._files_readable:
            return None
        kind, value = files[0]
        try:
            body = base64.b64decode(value) if kind == "Base64" else self._fetch(kind, value)
        except (LedgerError, ValueError):
            # One refusal is enough to know that this host does not give files without a login.
            self._files_readable = False
            return None
        return hashlib.sha256(body).hexdigest() if body.startswith(b"%PDF-") else None

    def _fetch(self, kind: str, value: str) -> bytes:
        return self.client.file(value, CAPABILITIES.pdf_max_bytes or 0) if kind == "URL" else b""


CONNECTOR = MyUnisoftConnector


def _with_hash(entry: PostedEntry, pdf_sha256: str | None) -> PostedEntry:
    return msgspec.structs.replace(entry, pdf_sha256=pdf_sha256)


def _first(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = answer.get("entry_array")
    return entries[0] if isinstance(entries, list) and entries and isinstance(entries[0], dict) else answer


def _entry_id(answer: Mapping[str, Any]) -> str:
    """The id in the answer to an entry, wherever it stands; the shape for direct entries is not documented."""
    for holder in (answer, _first(answer)):
        for name in ("entry_id", "id_entry"):
            if holder.get(name) is not None:
                return str(holder[name])
    return ""


def _warnings(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """MyUnisoft's own hints: a probable duplicate, an alert."""
    entry = _first(answer)
    found = []
    if entry.get("doublon"):
        found.append("MyUnisoft signale un doublon probable.")
    if alert := short_text(entry.get("alerte") or ""):
        found.append(f"MyUnisoft signale : {alert}")
    return tuple(found)


def _is_same_name(left: str, right: str) -> bool:
    return "".join(left.upper().split()) == "".join(right.upper().split())


def _is_same(holder: LedgerThirdParty, third_party: ThirdParty) -> bool:
    """True when an account is this third party's: same SIREN, or same name where one of them has no SIREN."""
    siren = mapper.siren_of(third_party)
    if siren and holder.siren:
        return siren == holder.siren
    return _is_same_name(holder.name, short_text(third_party.name, 100)) or _is_same_name(
        holder.name, mapper.account_label(third_party.name, "")
    )


def _third_party_refused(detail: str, tool_code: str | None = None) -> DocumentError:
    return DocumentError(
        f"MyUnisoft did not take the third party: {detail}.",
        reason=Reason.THIRD_PARTY_REFUSED,
        facts={"detail": detail},
        tool=CAPABILITIES.tool,
        tool_code=tool_code,
    )
