"""Fourth step: the tool's customer or supplier of each document, found by the contract's order or created.

The ledger is this run's snapshot, never read again per batch. What was found or created is stored as a link at once,
so that a third party is created once, however many documents, batches or broken runs need it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec

from sellsy_ledger.core.capabilities import ThirdPartySupport
from sellsy_ledger.core.corrections import is_reversal
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Ledger
from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty, match, propose_auxiliary
from sellsy_ledger.errors import DocumentError, OutcomeUnknown, TryLater
from sellsy_ledger.pipeline.company import Company
from sellsy_ledger.pipeline.fetch import is_preview
from sellsy_ledger.pipeline.snapshot import read_ledger_once
from sellsy_ledger.pipeline.steps import Batch, Patience, Stage, StepReport, open_batch, reaches
from sellsy_ledger.register.store import DocumentRecord

__all__ = ["resolve_third_parties"]

CREATED_NOTE = "third_parties_created"
# Two of ours may propose the same account (homonyms); each try takes the next free one.
CREATE_TRIES = 5
CUT_NAME_LENGTH = 20


@dataclass
class _Refused:
    """Why a third party of the batch has no counterpart; asked for once, told to each of its documents."""

    reason: Reason
    detail: str
    note: str = ""


def resolve_third_parties(company: Company, batch: str) -> StepReport:
    """Give every document of the batch its third party in the tool; where only PDFs are handed over, none is needed.

    Raises:
        AccessError: the tool refuses us.
        TryLater: the tool did not answer several times in a row; what was resolved is stored.
    """
    with open_batch(company, batch, "resolve_third_parties") as step:
        if company.settings.document_only:
            step.pass_over()
            return step.close()
        resolver = _Resolver(step, read_ledger_once(company))
        for record in step.records():
            if not reaches(record, Stage.THIRD_PARTIES) or is_reversal(record.document):
                # A reversal names the third party of the entry that it reverses.
                continue
            third_party = record.third_party or _from_document(record)
            answer = resolver.resolve(third_party)
            if isinstance(answer, _Refused):
                step.wait(record, answer.reason, answer.detail, note=answer.note, third_party=third_party)
            else:
                _go_on(step, record, third_party, answer)
    return step.close()


@dataclass
class _Resolver:
    step: Batch
    ledger: Ledger
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self._answers: dict[str, LedgerThirdParty | _Refused] = {}
        self._created = _created_in_run(self.step.company)
        self._preview = is_preview(self.step.company)
        # The snapshot was read before this run created anything: without these, a homonym would get the same account.
        self._candidates = {direction: self._known(direction) for direction in Direction}

    def _known(self, direction: Direction) -> list[LedgerThirdParty]:
        return [known for known in (*self.ledger.third_parties, *self._created) if known.direction is direction]

    def resolve(self, third_party: ThirdParty) -> LedgerThirdParty | _Refused:
        """The answer for ``third_party``; the same for all its documents of the batch."""
        if third_party.key not in self._answers:
            self._answers[third_party.key] = self._resolve(third_party)
        return self._answers[third_party.key]

    def _resolve(self, third_party: ThirdParty) -> LedgerThirdParty | _Refused:
        company = self.step.company
        link = company.register.third_party_link(company.name, third_party.key)
        candidates = self._candidates[third_party.direction]
        if link is not None and not _is_held(link, candidates):
            # Deleted in the tool since: it is recognised anew, or created again.
            link = None
        found = match(third_party, candidates, link=link)
        if found.found is not None:
            if found.found != link:
                self._link(third_party, found.found)
            return found.found
        if found.candidates:
            names = ", ".join(f"{one.auxiliary_account} {one.name}" for one in found.candidates[:5])
            return _Refused(Reason.THIRD_PARTY_AMBIGUOUS, names)
        return self._create(third_party)

    def _create(self, third_party: ThirdParty) -> LedgerThirdParty | _Refused:
        if not third_party.name.strip():
            return _Refused(Reason.THIRD_PARTY_REFUSED, "la pièce ne porte aucun nom de tiers")
        capabilities = self.step.company.connector.capabilities
        if capabilities.third_parties is ThirdPartySupport.NONE:
            return _Refused(Reason.THIRD_PARTY_REFUSED, f"{capabilities.title} ne crée pas de tiers")
        self.step.hold_lease()
        try:
            if self._preview:
                return self._provisional(third_party)
            created = self._create_apart(third_party)
        except DocumentError as error:
            return _Refused(error.reason, error.facts.get("detail") or third_party.name, str(error)[:500])
        except OutcomeUnknown as error:
            # Perhaps created: the next run finds it again by its reference before creating anything.
            return _Refused(Reason.TOOL_UNAVAILABLE, " à la création du tiers", str(error)[:500])
        except TryLater as error:
            self.patience.lose(error)
            return _Refused(Reason.TOOL_UNAVAILABLE, " à la création du tiers", str(error)[:500])
        self.patience.win()
        self._link(third_party, created)
        self._candidates[third_party.direction].append(created)
        self._created.append(created)
        _remember_created(self.step.company, self._created)
        return created

    def _provisional(self, third_party: ThirdParty) -> LedgerThirdParty:
        """What a preview shows of a third party that does not exist yet: nothing is created, no link is stored."""
        account = self._propose(third_party, self._taken(third_party.direction))
        shown = LedgerThirdParty(auxiliary_account=account, name=third_party.name, direction=third_party.direction)
        self._candidates[third_party.direction].append(shown)
        return shown

    def _taken(self, direction: Direction) -> set[str]:
        taken = {known.auxiliary_account for known in self._candidates[direction]}
        return taken | {account.number for account in self.ledger.accounts}

    def _propose(self, third_party: ThirdParty, taken: set[str]) -> str:
        company = self.step.company
        control = _control_account(company, third_party.direction)
        return propose_auxiliary(third_party, company.connector.capabilities, taken, control)

    def _create_apart(self, third_party: ThirdParty) -> LedgerThirdParty:
        """Create under a free account; an answer that is visibly somebody else's account is not ours to take."""
        taken = self._taken(third_party.direction)
        for _ in range(CREATE_TRIES):
            proposed = self._propose(third_party, taken)
            created = self.step.company.connector.create_third_party(third_party, proposed)
            if _is_ours(third_party, created):
                return created
            taken |= {proposed, created.auxiliary_account}
        raise DocumentError(
            f"No free auxiliary account was found for {third_party.key}.",
            reason=Reason.THIRD_PARTY_REFUSED,
            facts={"detail": f"aucun compte auxiliaire libre pour {third_party.name}"},
        )

    def _link(self, third_party: ThirdParty, found: LedgerThirdParty) -> None:
        company = self.step.company
        company.register.store_third_party_link(company.name, third_party.key, found, who=company.who)


def _is_held(link: LedgerThirdParty, candidates: list[LedgerThirdParty]) -> bool:
    if link.tool_id:
        return any(held.tool_id == link.tool_id for held in candidates)
    return any(held.auxiliary_account == link.auxiliary_account for held in candidates)


def _is_ours(third_party: ThirdParty, created: LedgerThirdParty) -> bool:
    """False when what came back is visibly somebody else's account, which existed already."""
    if not created.name or match(third_party, [created], link=None).found is not None:
        return True
    return _is_cut(third_party.name, created.name)


def _is_cut(ours: str, theirs: str) -> bool:
    """True when ``theirs`` is the beginning of ``ours``, long enough to be a name that the tool cut."""
    whole, cut = _letters(ours), _letters(theirs)
    return len(cut) >= CUT_NAME_LENGTH and whole.startswith(cut)


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _control_account(company: Company, direction: Direction) -> str:
    accounts = company.settings.mappings.accounts
    if direction is Direction.SALES:
        return accounts.customers_control or "411"
    return accounts.suppliers_control or "401"


def _from_document(record: DocumentRecord) -> ThirdParty:
    """What the document itself says of a third party that Sellsy no longer holds."""
    document = record.document
    return ThirdParty(
        direction=document.kind.direction,
        type="snapshot",
        id=None,
        name=document.third_party_name,
        vat_number=document.third_party_vat_number,
    )


def _go_on(step: Batch, record: DocumentRecord, third_party: ThirdParty, found: LedgerThirdParty) -> None:
    own_reasons = (Reason.THIRD_PARTY_AMBIGUOUS, Reason.THIRD_PARTY_REFUSED)
    if record.state is State.WAITING and record.reason in own_reasons:
        step.change(record, state=State.SEEN, reason=None, detail="", third_party=third_party, ledger_third_party=found)
    else:
        step.change(record, third_party=third_party, ledger_third_party=found)


def _created_in_run(company: Company) -> list[LedgerThirdParty]:
    note = json.loads(company.register.note(company.name, CREATED_NOTE) or "{}")
    if note.get("run_id") != company.run_id:
        return []
    return [msgspec.convert(item, LedgerThirdParty) for item in note["created"]]


def _remember_created(company: Company, created: list[LedgerThirdParty]) -> None:
    note = {"run_id": company.run_id, "created": msgspec.to_builtins(created)}
    company.register.store_note(company.name, CREATED_NOTE, json.dumps(note))
