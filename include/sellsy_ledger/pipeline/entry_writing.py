"""An entry into the books: built, sealed, looked up, written, and its PDF attached where that comes after."""

from __future__ import annotations

import msgspec

from sellsy_ledger.connectors.base import LedgerConnector, PostedEntry, PostingRequest, Receipt
from sellsy_ledger.core.capabilities import KeySupport
from sellsy_ledger.core.corrections import later_versions
from sellsy_ledger.core.fingerprint import payload_hash
from sellsy_ledger.core.ledger import Ledger, LedgerIndex
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, PostingConflict, PostingRefused
from sellsy_ledger.http.last_check import checked_last
from sellsy_ledger.pipeline.comparison import differences
from sellsy_ledger.pipeline.posting_request import build_request
from sellsy_ledger.pipeline.relinking import as_held, as_linked
from sellsy_ledger.pipeline.replacing import reverse_instead
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch
from sellsy_ledger.pipeline.writing import IN_DOUBT, Writer
from sellsy_ledger.register.booked import DIFFERENT
from sellsy_ledger.register.store import DocumentRecord, Posting

__all__ = ["EntryWriter", "takes_pdf_later"]

TOLD_APART = (
    "l'outil ne sait pas distinguer cette pièce de l'écriture {entry}, dont une personne a dit que c'est une autre "
    "pièce : saisissez-la dans l'outil, puis dites-le (register resolve)"
)


class EntryWriter(Writer[PostingRequest, PostedEntry]):
    """Entries that the tool books at once, or takes into a queue (``asynchronous``)."""

    def __init__(self, step: Batch) -> None:
        super().__init__(step)
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """This run's ledger, read when the first document needs it."""
        if self._ledger is None:
            self._ledger = read_ledger_once(self.company)
        return self._ledger

    @property
    def draft(self) -> bool:
        """As the settings say."""
        return self.company.settings.posting == "draft"

    @property
    def can_ask(self) -> bool:
        """False for a tool that shows no entries."""
        return self.capabilities.key is not KeySupport.NONE

    def is_left_to_a_person(self, record: DocumentRecord) -> bool:
        """True when the tool cannot be asked for an entry."""
        return record.state in IN_DOUBT and not self.can_ask

    def prepare(self, record: DocumentRecord) -> PostingRequest:
        """The request, PDF included."""
        return build_request(self.company, record, self.ledger)

    def hand_over(self, record: DocumentRecord) -> None:
        """One document; in a restored register, with the third party that entries found tonight have named."""
        linked = (
            as_linked(self.company, record) if record.state is State.READY and self.is_forgotten(record) else record
        )
        if linked is not record:
            self.step.store(record, entry=linked.entry, ledger_third_party=linked.ledger_third_party)
        super().hand_over(linked)

    def seal(self, item: PostingRequest) -> str:
        """The hash of the payload."""
        return payload_hash(self.connector.payload(item))

    def find(self, item: PostingRequest, *, surely_absent: bool) -> PostedEntry | None:
        """The entry under our key.

        Raises:
            PostingConflict: a later version took its place there, which a register that was lost or restored forgot.
        """
        held = self.connector.find_entry(item)
        if held is not None or not self.capabilities.replaces:
            return held
        for key in later_versions(item.posting_key):
            later = self.connector.find_entry(msgspec.structs.replace(item, posting_key=key))
            if later is not None:
                raise PostingConflict(
                    f"{self.capabilities.title} holds {key} as {later.entry_id}, a later version, of which "
                    "the register knows nothing. Say that the document is posted as that entry (register resolve).",
                    tool=self.capabilities.tool,
                )
        return None

    def write(self, item: PostingRequest, posting: Posting) -> Receipt:
        """Book it, in the place of the entry that it corrects where that was agreed."""
        if posting.replaces:
            return self.connector.replace_entry(item, posting.replaces)
        return self.connector.post_entry(item)

    def refused(self, record: DocumentRecord, posting: Posting, error: DocumentError) -> None:
        """As ever; but an entry that was to be replaced and cannot be any more (validated, lettered) is reversed on its
        own day, and this one is booked beside it: the books end with what was agreed. On a day that is closed by now
        nothing is moved by itself: it waits until the period is open again.
        """
        if not posting.replaces or not isinstance(error, PostingRefused):
            super().refused(record, posting, error)
            return
        note = str(error)[:500]
        closed = reverse_instead(self.company, record, LedgerIndex(self.ledger), note=note)
        if closed is None:
            self.step.moved(record, State.READY)
        else:
            waits = {"state": State.WAITING, "reason": Reason.PERIOD_CLOSED, "detail": f"{closed:%d/%m/%Y}"}
            self.store(record, posting=posting, note=note, **waits)

    def found(self, record: DocumentRecord, item: PostingRequest, posting: Posting, held: PostedEntry) -> None:
        """An entry under our key: the one we would send, or a conflict that a person decides. A tool that keeps no key
        finds by number and third party; what a person told apart is never taken for ours.
        """
        if held.entry_id and held.entry_id in self._told_apart(record):
            detail = TOLD_APART.format(entry=held.entry_id)
            self.store(record, state=State.CONFLICT, reason=None, detail=detail, posting=posting, note=detail)
            return
        if held.lines is None and held.entry_id and self.capabilities.read_back:
            held = self.connector.read_back(item, held.entry_id) or held
        # An entry whose PDF was to follow and never did gets it now; it is no other entry for that.
        pdf_to_follow = held.pdf_present is False and takes_pdf_later(self.connector)
        expected_pdf = None if pdf_to_follow else _sha256(item)
        different = self._differences(item, held, expected_pdf)
        relinked = as_held(item, held) if different and self.is_forgotten(record) else None
        if relinked is not None and not self._differences(relinked, held, expected_pdf):
            self._relink(record, relinked)
            item, different = relinked, []
            posting = msgspec.structs.replace(posting, payload_hash=self.seal(item))
        if different:
            detail = " ; ".join(different[:5])
            self.store(record, state=State.CONFLICT, reason=None, detail=detail, posting=posting, note=detail)
            return
        self.looks_up_first_tries = self.looks_up_first_tries or posting.attempts == 1
        receipt = Receipt(
            entry_id=held.entry_id,
            ledger_entry_id=held.ledger_entry_id,
            draft=bool(held.draft),
            pdf_attached=bool(held.pdf_sha256 or held.pdf_present),
        )
        self.book(record, item, posting, receipt, note="found in the tool under its key; not written again")

    def _told_apart(self, record: DocumentRecord) -> set[str]:
        """Ids of the entries that a person said are another document."""
        doubles = self.company.register.doubles(self.company.name, [record.key])
        return {one.entry.entry_id for one in doubles if one.entry is not None and one.decision == DIFFERENT}

    def _differences(self, item: PostingRequest, held: PostedEntry, pdf_sha256: str | None) -> list[str]:
        return differences(item, held, self.capabilities, pdf_sha256=pdf_sha256, validated_meanwhile=True)

    def _relink(self, record: DocumentRecord, item: PostingRequest) -> None:
        """The entry found names the third party's account: the link that was lost is stored again, for all to come."""
        if record.third_party is not None:
            self.company.register.store_third_party_link(
                self.company.name, record.third_party.key, item.third_party, who=self.company.who
            )
        self.step.store(
            record, entry=item.entry, ledger_third_party=item.third_party, note="third party as in the entry found"
        )

    def written(self, record: DocumentRecord, item: PostingRequest, posting: Posting, receipt: Receipt) -> None:
        """Booked, or taken into the tool's queue: then its name there is committed at once, and asked for later."""
        if not self.capabilities.asynchronous:
            self.book(record, item, posting, receipt, note="; ".join(receipt.warnings)[:500])
        elif receipt.handle:
            taken = msgspec.structs.replace(posting, entry_id=receipt.entry_id, handle=receipt.handle)
            self.store(record, state=State.POSTING, posting=taken, note="taken into the tool's queue")
        elif receipt.entry_id:
            self.book(record, item, posting, receipt, note="; ".join(receipt.warnings)[:500])
        else:
            raise OutcomeUnknown(
                f"{self.capabilities.title} took {record.key} and named neither its import nor its entry.",
                tool=self.capabilities.tool,
            )

    def book(
        self, record: DocumentRecord, item: PostingRequest, posting: Posting, receipt: Receipt, *, note: str
    ) -> None:
        """It is in the books."""
        booked = msgspec.structs.replace(
            posting,
            entry_id=receipt.entry_id or posting.entry_id,
            ledger_entry_id=receipt.ledger_entry_id,
            draft=receipt.draft,
            pdf_sha256=(_sha256(item) or "") if receipt.pdf_attached else "",
            posted_at=self.company.now(),
        )
        self.store(record, state=State.POSTED, reason=None, detail="", posting=booked, note=note)

    def attach(self, key: str) -> None:
        """Hand the PDF over after the entry, unless the tool shows that it is there; until then it stays ``posted``."""
        (record,) = self.company.register.load(self.company.name, [key])
        posting, stored = record.posting, record.supporting_document
        if record.state is not State.POSTED or posting is None or stored is None or posting.pdf_sha256:
            return
        if record.entry is None:
            # A PDF that was handed over without entry.
            return
        self.step.hold_lease()
        try:
            request = build_request(self.company, record, self.ledger)
            held = self.connector.read_back(request, posting.entry_id) if self.capabilities.read_back else None
            if held is None or not held.pdf_present:
                with checked_last(self.step.check_lease):
                    self.connector.attach_document(request, posting.entry_id)
        except (DocumentError, OutcomeUnknown) as error:
            self.step.store(record, detail=error.message, note=str(error)[:500])
            return
        attached = msgspec.structs.replace(posting, pdf_sha256=stored.sha256)
        self.step.store(record, detail="", posting=attached, note="PDF attached")


def takes_pdf_later(connector: LedgerConnector) -> bool:
    """True when a PDF that did not go with its entry can still follow it."""
    return type(connector).attach_document is not LedgerConnector.attach_document


def _sha256(request: PostingRequest) -> str | None:
    return request.supporting_document.sha256 if request.supporting_document else None
