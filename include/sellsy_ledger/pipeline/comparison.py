"""Is the entry that the tool holds the one we sent? Line by line, with what the tool is known to decide by itself.

Pure. Used twice, by posting (an entry found under our key) and by verification (an entry read back). Account numbers
are compared without their padding (411 = 411000), a third-party line in any form the tool may give it: auxiliary alone,
control and auxiliary together.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from sellsy_ledger.connectors.base import PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.core.capabilities import Capabilities, PdfSupport
from sellsy_ledger.core.entries import EntryLine, JournalEntry, Role
from sellsy_ledger.core.ledger import unpadded
from sellsy_ledger.core.money import cents_to_text

__all__ = ["differences", "third_party_cents"]

_Totals = Counter[tuple[str, str]]
THIRD_PARTY = "third party"
VAT = "VAT"


def differences(
    request: PostingRequest,
    posted: PostedEntry,
    capabilities: Capabilities,
    *,
    pdf_sha256: str | None,
    validated_meanwhile: bool = False,
) -> list[str]:
    """What differs between the entry sent and the entry held, in French, one fact per item; empty = the same.

    Args:
        request: what was, or would have been, sent.
        posted: what the tool holds.
        capabilities: what the tool decides by itself, so that it may differ.
        pdf_sha256: hash of the supporting document that went with the entry; None when none did.
        validated_meanwhile: True when an accountant may have validated the draft since.
    """
    entry = request.entry
    return [
        *_date_differences(entry, posted.date),
        *_journal_differences(entry, posted, capabilities),
        *_line_differences(request, posted.lines, capabilities),
        *_draft_differences(request, posted, validated_meanwhile=validated_meanwhile),
        *_pdf_differences(posted, capabilities, pdf_sha256),
    ]


def third_party_cents(request: PostingRequest, held: Iterable[PostedLine]) -> int:
    """Debit minus credit of the third-party lines of an entry as the tool holds it."""
    forms = _third_party_forms(request)
    return sum(line.debit_cents - line.credit_cents for line in held if _bare(line.account) in forms)


def _date_differences(entry: JournalEntry, held: dt.date | None) -> Iterable[str]:
    if held is not None and held != entry.date:
        yield f"date {held.isoformat()} au lieu de {entry.date.isoformat()}"


def _journal_differences(entry: JournalEntry, posted: PostedEntry, capabilities: Capabilities) -> Iterable[str]:
    if posted.journal and not capabilities.chooses_journal and posted.journal.strip() != entry.journal:
        yield f"journal {posted.journal} au lieu de {entry.journal}"
    if posted.piece and posted.piece.strip() not in (entry.piece, entry.number):
        yield f"pièce {posted.piece.strip()} au lieu de {entry.piece}"


def _draft_differences(request: PostingRequest, posted: PostedEntry, *, validated_meanwhile: bool) -> Iterable[str]:
    if posted.draft is True and not request.draft:
        yield "écriture en attente alors qu'elle devait être validée"
    if posted.draft is False and request.draft and not validated_meanwhile:
        yield "écriture validée alors qu'elle devait rester en attente"


def _pdf_differences(posted: PostedEntry, capabilities: Capabilities, sha256: str | None) -> Iterable[str]:
    if sha256 is None or capabilities.pdf is PdfSupport.NEVER:
        return
    if posted.pdf_sha256 is not None and posted.pdf_sha256 != sha256:
        yield "le PDF n'est pas celui qui a été envoyé"
    elif posted.pdf_sha256 is None and posted.pdf_present is False:
        yield "le PDF est absent"


def _line_differences(
    request: PostingRequest, held: tuple[PostedLine, ...] | None, capabilities: Capabilities
) -> Iterable[str]:
    if held is None:
        return
    vat_anywhere = capabilities.chooses_vat_accounts
    third_party_forms = _third_party_forms(request)
    ours = _totals(
        (_our_account(line, vat_anywhere=vat_anywhere), line.debit_cents, line.credit_cents)
        for line in request.entry.lines
    )
    known = {account for account, _ in ours}
    theirs = _totals(
        (
            _their_account(line.account, known, third_party_forms, vat_anywhere=vat_anywhere),
            line.debit_cents,
            line.credit_cents,
        )
        for line in held
    )
    if capabilities.computes_vat:
        _drop_self_assessed_pair(theirs, ours)
    if capabilities.merges_lines:
        ours, theirs = _netted(ours), _netted(theirs)
    for account, side in sorted(set(ours) | set(theirs)):
        sent, found = ours[account, side], theirs[account, side]
        if sent != found:
            yield f"{account} {side} {cents_to_text(found)} au lieu de {cents_to_text(sent)}"


def _totals(lines: Iterable[tuple[str, int, int]]) -> _Totals:
    """Cents per account and side, whatever the number of lines: tools merge and split lines."""
    totals: _Totals = Counter()
    for account, debit_cents, credit_cents in lines:
        totals[account, "débit"] += debit_cents
        totals[account, "crédit"] += credit_cents
    return +totals


def _netted(totals: _Totals) -> _Totals:
    """Each account on its heavier side only: a tool that merges lines has no trace of the other one."""
    net: _Totals = Counter()
    for account in {account for account, _ in totals}:
        balance = totals[account, "débit"] - totals[account, "crédit"]
        net[account, "débit" if balance > 0 else "crédit"] = abs(balance)
    return +net


def _our_account(line: EntryLine, *, vat_anywhere: bool) -> str:
    if line.role is Role.THIRD_PARTY:
        return THIRD_PARTY
    if line.role is Role.VAT and vat_anywhere:
        return VAT
    return _bare(line.account)


def _their_account(account: str, known: set[str], third_party_forms: set[str], *, vat_anywhere: bool) -> str:
    bare = _bare(account)
    if bare in third_party_forms:
        return THIRD_PARTY
    if vat_anywhere and bare not in known and bare.startswith("445"):
        return VAT
    return bare


def _third_party_forms(request: PostingRequest) -> set[str]:
    forms = {request.third_party.auxiliary_account}
    for line in request.entry.lines:
        if line.role is Role.THIRD_PARTY:
            if line.auxiliary_account:
                forms |= {line.auxiliary_account, line.account + line.auxiliary_account}
            else:
                forms.add(line.account)
    return {_bare(form) for form in forms if form}


def _drop_self_assessed_pair(theirs: _Totals, ours: _Totals) -> None:
    """A tool that adds the reverse-charge pair itself holds the same VAT on both sides where we sent none."""
    if ours[VAT, "débit"] == ours[VAT, "crédit"] == 0 and theirs[VAT, "débit"] == theirs[VAT, "crédit"]:
        theirs.pop((VAT, "débit"), None)
        theirs.pop((VAT, "crédit"), None)


def _bare(account: str) -> str:
    return unpadded(account.strip().upper())
