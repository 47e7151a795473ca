"""Inqom's answers → our values: reference data, and entries put together from their lines. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from sellsy_ledger.connectors.base import BookedEntry, PostedEntry, PostedLine, PostingRequest
from sellsy_ledger.connectors.inqom import answers, mapper
from sellsy_ledger.core.corrections import label_of
from sellsy_ledger.core.documents import Direction
from sellsy_ledger.core.ledger import Account, FiscalYear, Journal, LedgerIndex, unpadded
from sellsy_ledger.core.money import NotAnAmount, to_cents
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import PostingConflict, TryLater

__all__ = [
    "HeldEntry",
    "account_of",
    "booked",
    "fiscal_years",
    "grouped",
    "is_third_party",
    "journal_of",
    "key_of",
    "may_be_ours",
    "moved_among",
    "ours_among",
    "posted",
    "third_party",
    "third_party_of",
]

ROOTS = {"411": Direction.SALES, "401": Direction.PURCHASES}
KINDS = {"sell": "sales", "buy": "purchases"}
MONTH_DAYS = 31
MONTHS_IN_A_YEAR = 12
_ONE_DAY = dt.timedelta(days=1)


# -- reference data ------------------------------------------------------------------------------------------------
def is_third_party(account: answers.Account) -> bool:
    """True for an account below 411 or 401 that takes entries; 411000 and 4111 are collective."""
    behind = account.number[3:].strip("0")
    return account.isimpactable and account.number[:3] in ROOTS and behind not in ("", "1")


def account_of(account: answers.Account) -> Account:
    """A general account; one that takes no entry counts as inactive."""
    return Account(number=account.number, label=account.name or "", active=account.isimpactable)


def third_party_of(account: answers.Account) -> LedgerThirdParty:
    """A customer or supplier account: Inqom knows its number and name, nothing else."""
    return third_party(account.number, account.name or "", ROOTS[account.number[:3]])


def third_party(number: str, name: str, direction: Direction) -> LedgerThirdParty:
    """A third party of that account; below 4111 and 4011 its code is what follows, ``DUPONT`` of ``4111DUPONT``."""
    behind = number[4:] if number.startswith(tuple(mapper.REWRITTEN.values())) else ""
    code = behind if behind and not behind.isdecimal() else ""
    return LedgerThirdParty(auxiliary_account=number, name=name, direction=direction, code=code)


def journal_of(journal: answers.Journal) -> Journal:
    """A journal; its name is the code."""
    return Journal(
        code=journal.name.strip(),
        label=journal.description or "",
        kind=KINDS.get((journal.type or "").lower(), "other"),
        tool_id=str(journal.id),
    )


def fiscal_years(periods: Iterable[answers.Period]) -> tuple[FiscalYear, ...]:
    """The fiscal years of a folder's accounting periods.

    A period is a year as observed, and a locked one is closed. Should a folder have monthly periods, adjacent months
    are one year (of 12 at most): its locked months at the start are ``locked_until``; a locked month behind an open
    one begins another year, because only the start of a year can be locked. ``tool_id`` is the period's id, empty for
    merged months.
    """
    known = [
        FiscalYear(
            start=start,
            end=end,
            closed=period.locked,
            locked_until=end if period.locked else None,
            tool_id=str(period.id),
        )
        for period in periods
        if (start := answers.day_of(period.begindate)) and (end := answers.day_of(period.enddate)) and start <= end
    ]
    years: list[list[FiscalYear]] = []
    for period in sorted(known, key=lambda one: (one.start, one.end)):
        if years and _goes_on(years[-1], period):
            years[-1].append(period)
        else:
            years.append([period])
    return tuple(_merged(year) for year in years)


def _goes_on(year: Sequence[FiscalYear], period: FiscalYear) -> bool:
    return (
        all(_is_month(each) for each in (*year[-1:], period))
        and period.start == year[-1].end + _ONE_DAY
        and len(year) < MONTHS_IN_A_YEAR
        and not (period.closed and not year[-1].closed)
    )


def _is_month(period: FiscalYear) -> bool:
    return (period.end - period.start).days < MONTH_DAYS


def _merged(months: Sequence[FiscalYear]) -> FiscalYear:
    if len(months) == 1:
        return months[0]
    locked = [month.end for month in months if month.closed]
    return FiscalYear(
        start=months[0].start,
        end=months[-1].end,
        closed=len(locked) == len(months),
        locked_until=locked[-1] if locked else None,
    )


# -- entries out of their lines ------------------------------------------------------------------------------------
class HeldEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as its lines show it; what a line does not tell is empty."""

    entry_id: str
    date: dt.date | None
    journal: str
    document_id: str
    reference: str
    external_ids: frozenset[str]
    lines: tuple[PostedLine, ...]
    line_ids: tuple[str, ...] = ()
    lettered: bool | None = None


def grouped(lines: Iterable[answers.EntryLine]) -> list[HeldEntry]:
    """The entries that these lines make.

    Raises:
        TryLater: a line does not say which entry it belongs to, or an amount is none.
    """
    by_entry: dict[str, list[answers.EntryLine]] = {}
    for line in lines:
        entry_id = line.entry.id if line.entry else None
        if entry_id in (None, ""):
            raise TryLater("Inqom gave an entry line without its entry.", tool="inqom")
        by_entry.setdefault(str(entry_id), []).append(line)
    return [_held(entry_id, own) for entry_id, own in by_entry.items()]


def _held(entry_id: str, lines: Sequence[answers.EntryLine]) -> HeldEntry:
    documents = [line.accountingdocument for line in lines if line.accountingdocument]
    externals = [line.externalid for line in lines] + [line.entryexternalid for line in lines]
    externals += [line.entry.externalid for line in lines if line.entry]
    return HeldEntry(
        entry_id=entry_id,
        date=next((day for line in lines if line.entry and (day := answers.day_of(line.entry.date))), None),
        journal=next((line.journal.code for line in lines if line.journal and line.journal.code), ""),
        document_id=next((str(each.id) for each in documents if each.id not in (None, "", 0)), ""),
        reference=next((text for each in documents if (text := (each.reference or "").strip())), ""),
        external_ids=frozenset(each.strip() for each in externals if each and each.strip()),
        lines=tuple(_line(line) for line in lines),
        line_ids=tuple(str(line.id) for line in lines),
        lettered=_any(line.lettered for line in lines),
    )


def _any(told: Iterable[bool | None]) -> bool | None:
    """True when one is; None when none is and one is not told."""
    found = set(told)
    return True if True in found else None if None in found else False


def _line(line: answers.EntryLine) -> PostedLine:
    try:
        debit, credit = (0 if each is None else to_cents(each) for each in (line.debitamount, line.creditamount))
    except NotAnAmount:
        raise TryLater("Inqom gave an entry line whose amount is none.", tool="inqom") from None
    return PostedLine(
        account=line.accountnumber.strip(), debit_cents=debit, credit_cents=credit, label=line.label or ""
    )


def posted(held: HeldEntry, request: PostingRequest, *, pdf_sha256: str | None, in_open_period: bool) -> PostedEntry:
    """The entry as the pipeline compares it; a reference in other letters is told in ours."""
    ours = mapper.reference_of(request.entry)
    forms = (ours, mapper.correction_reference(request))
    return PostedEntry(
        entry_id=held.entry_id,
        date=held.date,
        journal=held.journal or None,
        piece=ours if any(mapper.same_reference(form, held.reference) for form in forms) else held.reference or None,
        lines=held.lines,
        draft=False,
        pdf_sha256=pdf_sha256,
        pdf_present=bool(held.document_id),
        editable=False if held.lettered or not in_open_period else None if held.lettered is None else True,
    )


def ours_among(entries: Sequence[HeldEntry], request: PostingRequest, index: LedgerIndex) -> HeldEntry | None:
    """The entry of this request among those of its journal and day.

    In this order: our key, where Inqom shows it; our document number (as the entry's reference, or at the end of a
    label) on an entry of the same third party and side, and among several of these the one with our lines. Somebody
    else's entry with the same number (two suppliers may both write « 1 ») is not ours.

    Raises:
        PostingConflict: several are ours; or one has exactly our lines and shows nothing that says whose it is.
    """
    by_key = [held for held in entries if _has_key(held, request.posting_key)]
    if by_key:
        return _only(by_key, request)
    others = [held for held in entries if not _has_another_key(held)]
    by_number = [held for held in others if _has_number(held, request) and _has_third_party(held, request)]
    same = [held for held in by_number if _same_lines(held, request, index)]
    if by_number:
        return _only(same or by_number, request)
    if any(not held.reference and _same_lines(held, request, index) and not _has_mark(held) for held in others):
        raise PostingConflict(
            f"Inqom holds an entry with the lines of {request.posting_key} and without any reference.", tool="inqom"
        )
    return None


def moved_among(entries: Sequence[HeldEntry], request: PostingRequest, index: LedgerIndex) -> HeldEntry | None:
    """The entry of this request on another day or in another journal, where an accountant has moved it: our key, or
    our number with exactly our lines.

    Raises:
        PostingConflict: several are ours.
    """
    ours = [
        held
        for held in entries
        if _has_key(held, request.posting_key)
        or (not _has_another_key(held) and _has_number(held, request) and _same_lines(held, request, index))
    ]
    return _only(ours, request) if ours else None


def may_be_ours(held: HeldEntry, request: PostingRequest) -> bool:
    """True when an entry, of which perhaps only some lines are known, has our key or our number."""
    return _has_key(held, request.posting_key) or _has_number(held, request)


def key_of(held: HeldEntry) -> str:
    """Our posting key, where Inqom shows it; lines have their position behind it."""
    ours = sorted(each for each in held.external_ids if each.startswith("sellsy:"))
    return ":".join(ours[0].split(":")[:4]) if ours else ""


def booked(held: HeldEntry, root: str, names: Mapping[str, str]) -> Iterator[BookedEntry]:
    """An entry of the books, once per line on an account below ``root`` (411, 401); ``names``: account → label.

    Raises:
        TryLater: it has no date.
    """
    if held.date is None:
        raise TryLater(f"Inqom gave entry {held.entry_id} without a date.", tool="inqom")
    texts = dict.fromkeys([held.reference, *(line.label for line in held.lines)])
    for line in held.lines:
        if line.account.startswith(root):
            yield BookedEntry(
                entry_id=held.entry_id,
                journal=held.journal,
                date=held.date,
                third_party_account=line.account,
                third_party_name=names.get(line.account, ""),
                gross_cents=line.debit_cents - line.credit_cents,
                numbers=tuple(filter(None, texts)),
                key=key_of(held),
            )


def _only(found: Sequence[HeldEntry], request: PostingRequest) -> HeldEntry:
    if len(found) > 1:
        ids = ", ".join(held.entry_id for held in found[:5])
        raise PostingConflict(f"Inqom holds {len(found)} entries like {request.posting_key}: {ids}.", tool="inqom")
    return found[0]


def _has_key(held: HeldEntry, posting_key: str) -> bool:
    wanted = posting_key.casefold()
    return any(each.casefold() == wanted or each.casefold().startswith(f"{wanted}:") for each in held.external_ids)


def _has_another_key(held: HeldEntry) -> bool:
    """True when Inqom shows the key of another document of ours."""
    return any(each.casefold().startswith("sellsy:") for each in held.external_ids)


def _has_number(held: HeldEntry, request: PostingRequest) -> bool:
    """True when the entry has our number; that of a correction has its label behind it, that of an original none."""
    ours, wanted = mapper.reference_of(request.entry), mapper.correction_reference(request)
    marks = [mark[1:-1] for line in held.lines if (mark := _mark(line.label))]
    if any(mapper.same_reference(wanted, mark) for mark in marks):
        return True
    if any(
        mapper.same_reference(ours + label_of(mark.casefold()), mark) for mark in marks if label_of(mark.casefold())
    ):
        return False
    return mapper.same_reference(wanted, held.reference)


def _mark(label: str) -> str:
    """What a label ends with in brackets, brackets included; empty when there is none."""
    label = label.rstrip()
    return label[label.rfind("[") :] if label.endswith("]") and "[" in label else ""


def _has_mark(held: HeldEntry) -> bool:
    return any(_mark(line.label) for line in held.lines)


def _has_third_party(held: HeldEntry, request: PostingRequest) -> bool:
    """True when the third party's account is there, on our side."""
    theirs: dict[str, int] = {}
    for line in held.lines:
        bare = _bare(line.account)
        theirs[bare] = theirs.get(bare, 0) + line.debit_cents - line.credit_cents
    return any(
        theirs.get(_bare(form), 0) * cents > 0
        for account, cents in mapper.third_party_accounts(request).items()
        for form in mapper.account_forms(account)
    )


def _same_lines(held: HeldEntry, request: PostingRequest, index: LedgerIndex) -> bool:
    ours = sorted(
        (_bare(account), debit, credit) for account, debit, credit in mapper.sent_accounts(request.entry, index)
    )
    return sorted((_bare(line.account), line.debit_cents, line.credit_cents) for line in held.lines) == ours


def _bare(account: str) -> str:
    return unpadded(account.strip().upper())
